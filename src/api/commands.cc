#include "api/commands.h"

#include "base/assert.h"

namespace escrow::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Calls `visit` with the payload, which must be set.
template <class Visitor>
auto Visit(const v1::Command& command, const Visitor& visit) {
  using enum v1::Command::PayloadCase;
  switch (command.payload_case()) {
    case kCreatePlatform:
      return visit(command.create_platform());
    case kCreateParty:
      return visit(command.create_party());
    case kCreateCredential:
      return visit(command.create_credential());
    case kRevokeCredential:
      return visit(command.revoke_credential());
    case kAdvanceClock:
      return visit(command.advance_clock());
    case kCreateAgreement:
      return visit(command.create_agreement());
    case kAcceptAgreement:
      return visit(command.accept_agreement());
    case kCancelAgreement:
      return visit(command.cancel_agreement());
    case kRecordDeposit:
      return visit(command.record_deposit());
    case kConfirmMilestone:
      return visit(command.confirm_milestone());
    case kReleaseMilestone:
      return visit(command.release_milestone());
    case kRefundMilestone:
      return visit(command.refund_milestone());
    case kRequestPayout:
      return visit(command.request_payout());
    case kSendPayout:
      return visit(command.send_payout());
    case kSettlePayout:
      return visit(command.settle_payout());
    case kFailPayout:
      return visit(command.fail_payout());
    case kReturnPayout:
      return visit(command.return_payout());
    case PAYLOAD_NOT_SET:
      break;
  }
  ESCROW_ASSERT(false);
  return decltype(visit(command.create_platform())){};
}

// The resource of each payload: a new one's parent and id, or the name of an old one.
struct Resource {
  std::string operator()(const v1::CreatePlatformRequest& p) const { return "platforms/" + p.platform_id(); }
  std::string operator()(const v1::CreatePartyRequest& p) const { return p.parent() + "/parties/" + p.party_id(); }
  std::string operator()(const v1::CreateCredentialRequest& p) const { return "credentials/" + p.credential_id(); }
  std::string operator()(const v1::CreateAgreementRequest& p) const {
    return p.parent() + "/agreements/" + p.agreement_id();
  }
  std::string operator()(const v1::RequestPayoutRequest& p) const { return p.parent() + "/payouts/" + p.payout_id(); }
  std::string operator()(const auto& p) const { return p.name(); }
};

}  // namespace

std::string RequestIdOf(const v1::Command& command) {
  if (command.payload_case() == v1::Command::PAYLOAD_NOT_SET) {
    return {};
  }
  return Visit(command, [](const auto& payload) { return payload.request_id(); });
}

bool IsDryRun(const v1::Command& command) {
  return command.payload_case() != v1::Command::PAYLOAD_NOT_SET &&
         Visit(command, [](const auto& payload) { return payload.validate_only(); });
}

std::string ResourceOf(const v1::Command& command) {
  return command.payload_case() == v1::Command::PAYLOAD_NOT_SET ? std::string() : Visit(command, Resource());
}

void SetPayload(const Message& payload, v1::Command& command) {
  const google::protobuf::OneofDescriptor& oneof = *v1::Command::descriptor()->oneof_decl(0);
  for (int i = 0; i < oneof.field_count(); ++i) {
    const FieldDescriptor& field = *oneof.field(i);
    if (field.message_type() == payload.GetDescriptor()) {
      v1::Command::GetReflection()->MutableMessage(&command, &field)->CopyFrom(payload);
      return;
    }
  }
  ESCROW_ASSERT(false);
}

}  // namespace escrow::api
