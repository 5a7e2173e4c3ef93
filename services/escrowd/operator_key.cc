#include "operator_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>

#include "core/names.h"
#include "crypto/hex.h"
#include "crypto/random.h"
#include "crypto/sha256.h"

namespace escrow::daemon {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyTextMin = 32;  // shorter ones could be guessed

absl::Status IoError(const std::string& what) { return absl::UnavailableError(what + ": " + std::strerror(errno)); }

absl::Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const absl::Status status = synced ? absl::OkStatus() : IoError("cannot sync the folder " + folder);
  if (fd >= 0) {
    ::close(fd);
  }
  return status;
}

// Writes the key beside its place and moves it there, so that no start ever sees a part of a key.
absl::Status WriteKey(const std::string& folder, const std::string& path, const std::string& key) {
  const std::string draft = path + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return IoError("cannot create " + draft);
  }
  const std::string text = key + "\n";
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const absl::Status status = written ? absl::OkStatus() : IoError("cannot write " + draft);
  ::close(fd);
  if (!status.ok()) {
    return status;
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    return IoError("cannot rename " + draft);
  }
  return SyncFolder(folder);
}

absl::StatusOr<std::string> ReadKey(const std::string& path) {
  std::ifstream file(path);
  std::string key;
  if (!(file >> key)) {
    return absl::UnavailableError("cannot read a key from " + path);
  }
  if (key.size() < kKeyTextMin) {
    return absl::InvalidArgumentError(path + ": the key must have at least " + std::to_string(kKeyTextMin) +
                                      " characters");
  }
  return key;
}

std::string RandomUuid() {
  std::string bytes = crypto::RandomBytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // RFC 9562 variant
  std::string text = crypto::HexEncode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
    text.insert(dash, "-");
  }
  return text;
}

// The command that makes the credential.
class KeySubmission final : public engine::Submission {
 public:
  explicit KeySubmission(const crypto::Digest& sha256) {
    actor_.set_kind(v1::Principal::KIND_OPERATOR);
    v1::CreateCredentialRequest& create = *command_.mutable_create_credential();
    create.set_credential_id("operator-" + crypto::HexEncode(sha256).substr(0, 16));
    create.set_request_id(RandomUuid());
    create.mutable_credential()->mutable_principal()->set_kind(v1::Principal::KIND_OPERATOR);
    create.mutable_credential()->set_api_key_sha256(std::string(sha256.begin(), sha256.end()));
    requests.push_back({.command = &command_, .actor = &actor_});
  }

  std::future<v1::Reason> reason() { return reason_.get_future(); }
  void Done() override { reason_.set_value(outcomes[0].reason); }

 private:
  v1::Principal actor_;
  v1::Command command_;
  std::promise<v1::Reason> reason_;
};

absl::Status Refused(v1::Reason reason) {
  return absl::FailedPreconditionError("the engine refuses the operator's credential: " + v1::Reason_Name(reason));
}

}  // namespace

absl::StatusOr<OperatorKey> EnsureOperatorKey(engine::Engine& engine, const std::string& data_dir) {
  const std::string path = data_dir + "/operator.key";
  bool any_credential = false;
  std::optional<crypto::Digest> sha256;
  if (std::filesystem::exists(path)) {
    const absl::StatusOr<std::string> key = ReadKey(path);
    if (!key.ok()) {
      return key.status();
    }
    sha256 = crypto::Sha256Of(*key);
  }
  bool known = false;
  v1::Reason reason = engine.QueryAndWait([&](const core::Machine& machine, base::Time) {
    any_credential = machine.state().credential_count() != 0;
    known = sha256 && machine.state().FindProof(std::string(sha256->begin(), sha256->end())).has_value();
  });
  if (reason != v1::REASON_UNSPECIFIED) {
    return Refused(reason);
  }
  if (known || (!sha256 && any_credential)) {
    return OperatorKey::kKnown;
  }
  if (!sha256) {
    const std::string random = crypto::RandomBytes(kKeyBytes);
    const std::string key =
        "escrow-" + crypto::HexEncode({reinterpret_cast<const std::uint8_t*>(random.data()), random.size()});
    if (const absl::Status status = WriteKey(data_dir, path, key); !status.ok()) {
      return status;
    }
    sha256 = crypto::Sha256Of(key);
  }
  auto submission = std::make_unique<KeySubmission>(*sha256);
  std::future<v1::Reason> done = submission->reason();
  std::unique_ptr<engine::Submission> work = std::move(submission);
  reason = engine.Submit(work);
  if (reason == v1::REASON_UNSPECIFIED) {
    reason = done.get();
  }
  if (reason != v1::REASON_UNSPECIFIED) {
    return Refused(reason);
  }
  return OperatorKey::kCreated;
}

}  // namespace escrow::daemon
