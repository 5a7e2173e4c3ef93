#include "core/command.h"

#include "core/names.h"

namespace escrow::core {
namespace {

// What is created is named by its parent and id; what is changed, by its name.
struct NameReader {
  std::string operator()(const v1::CreatePlatformRequest& request) const {
    return "platforms/" + request.platform_id();
  }
  std::string operator()(const v1::CreatePartyRequest& request) const {
    return request.parent() + "/parties/" + request.party_id();
  }
  std::string operator()(const v1::CreateCredentialRequest& request) const {
    return "credentials/" + request.credential_id();
  }
  std::string operator()(const v1::CreateAgreementRequest& request) const {
    return request.parent() + "/agreements/" + request.agreement_id();
  }
  std::string operator()(const v1::RequestPayoutRequest& request) const {
    return request.parent() + "/payouts/" + request.payout_id();
  }
  std::string operator()(const v1::CommitRecordRequest& request) const {
    return RecordNameIn(request.parent(), request.record_id());
  }
  std::string operator()(const v1::RotateSigningKeyRequest&) const { return {}; }
  std::string operator()(const auto& request) const { return request.name(); }
};

bool HasPayload(const v1::Command& command) { return command.payload_case() != v1::Command::PAYLOAD_NOT_SET; }

}  // namespace

std::string_view RequestIdOf(const v1::Command& command) {
  if (!HasPayload(command)) {
    return {};
  }
  return VisitPayload(command, [](const auto& request) -> std::string_view { return request.request_id(); });
}

bool IsDryRun(const v1::Command& command) {
  return HasPayload(command) && VisitPayload(command, [](const auto& request) { return request.validate_only(); });
}

std::string ResourceNameOf(const v1::Command& command) {
  return HasPayload(command) ? VisitPayload(command, NameReader()) : std::string();
}

}  // namespace escrow::core
