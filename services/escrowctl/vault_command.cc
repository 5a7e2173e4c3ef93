#include "escrowctl/vault_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/vault_service.pb.h"
#include "escrowctl/read_file.h"
#include "escrowctl/render.h"
#include "escrowctl/values.h"

namespace escrow::ctl {
namespace {

void Show(const google::protobuf::Message& message, Output output) {
  output.json ? RenderJson(message, false, output.out) : Render(message, output.out);
}

// A new file for its owner alone.
absl::Status WriteNewFile(const std::string& path, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  bool good = file >= 0;
  for (std::size_t at = 0; good && at < bytes.size();) {
    const ssize_t written = ::write(file, bytes.data() + at, bytes.size() - at);
    good = written > 0 || (written < 0 && errno == EINTR);
    at += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  const std::string cause = std::strerror(errno);
  good = (file < 0 || ::close(file) == 0) && good;
  return good ? absl::OkStatus() : absl::InvalidArgumentError(fmt::format("{} cannot be written: {}", path, cause));
}

}  // namespace

absl::Status PutRecord(Client& client, const PutOptions& options, Output output) {
  const auto kind = ParseEnum(*v1::RecordKind_descriptor(), options.kind);
  if (!kind.ok()) {
    return absl::InvalidArgumentError(fmt::format("--kind: {}", std::string(kind.status().message())));
  }
  absl::StatusOr<std::string> content = ReadFile(options.file);
  if (!content.ok()) {
    return content.status();
  }
  v1::PutRecordRequest request;
  request.set_parent(options.party);
  request.set_record_id(options.record_id);
  request.mutable_record()->set_kind(static_cast<v1::RecordKind>((*kind)->number()));
  request.mutable_record()->set_content(*std::move(content));
  request.set_request_id(options.request_id.empty() ? NewRequestId() : options.request_id);
  fmt::print(stderr, "request id {}\n", request.request_id());
  v1::CommandReply reply;
  const absl::Status status = client.Call(request, reply);
  if (status.ok()) {
    Show(reply, output);
  }
  return status;
}

absl::Status GetRecord(Client& client, const std::string& name, const std::string& file, Output output) {
  v1::GetRecordRequest request;
  request.set_name(name);
  v1::Record record;
  absl::Status status = client.Call(request, record);
  if (status.ok()) {
    status = WriteNewFile(file, record.content());
  }
  if (status.ok()) {
    record.clear_content();
    Show(record, output);
  }
  return status;
}

}  // namespace escrow::ctl
