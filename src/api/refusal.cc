#include "api/refusal.h"

#include <algorithm>

#include "base/assert.h"
#include "core/reasons.h"
#include "google/rpc/error_details.pb.h"

namespace escrow::api {
namespace {

// How long a caller that was refused for load should wait: a few groups of the log.
constexpr std::int32_t kRetryDelayNs = 50'000'000;

constexpr std::size_t kShownBytesMax = 128;

// `text` with every {key} replaced by its variable.
std::string FillIn(std::string_view text, const Variables& variables) {
  std::string filled(text);
  for (const auto& [key, value] : variables) {
    const std::string mark = "{" + key + "}";
    for (std::size_t at = filled.find(mark); at != std::string::npos; at = filled.find(mark, at + value.size())) {
      filled.replace(at, mark.size(), value);
    }
  }
  return filled;
}

}  // namespace

std::string Shown(std::string_view text) {
  std::size_t size = std::min(text.size(), kShownBytesMax);
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U; };
  while (size > 0 && size < text.size() && continues(size)) {
    --size;
  }
  return std::string(text.substr(0, size));
}

google::rpc::Status RefusalStatus(v1::Reason reason, const Variables& variables) {
  const core::ReasonRow& row = core::FindReason(reason);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(row.name));
  info.set_domain(kErrorDomain);
  for (const auto& [key, value] : variables) {
    (*info.mutable_metadata())[key] = value;
  }
  google::rpc::Status status;
  status.set_code(row.status_code);
  status.set_message(FillIn(row.text, variables));
  status.add_details()->PackFrom(info);
  if (reason == v1::REASON_OVERLOADED) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_nanos(kRetryDelayNs);
    status.add_details()->PackFrom(retry);
  }
  return status;
}

grpc::Status Refuse(v1::Reason reason, const Variables& variables) { return ToGrpc(RefusalStatus(reason, variables)); }

grpc::Status ToGrpc(const google::rpc::Status& status) {
  ESCROW_ASSERT(status.code() != 0);
  return {static_cast<grpc::StatusCode>(status.code()), status.message(), status.SerializeAsString()};
}

grpc::Status LogFailure(const absl::Status& status) {
  ESCROW_ASSERT(!status.ok());
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

}  // namespace escrow::api
