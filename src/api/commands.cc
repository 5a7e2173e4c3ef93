#include "api/commands.h"

#include "base/assert.h"
#include "core/situation.h"

namespace escrow::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

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
  return core::VisitPayload(command, [](const auto& payload) { return payload.request_id(); });
}

bool IsDryRun(const v1::Command& command) {
  return command.payload_case() != v1::Command::PAYLOAD_NOT_SET &&
         core::VisitPayload(command, [](const auto& payload) { return payload.validate_only(); });
}

std::string ResourceOf(const v1::Command& command) {
  return command.payload_case() == v1::Command::PAYLOAD_NOT_SET ? std::string()
                                                                : core::VisitPayload(command, Resource());
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
