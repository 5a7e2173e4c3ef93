#include "audit/domain_decisions.h"

namespace escrow::audit {
namespace {

constexpr std::size_t kCommandBytesMax = 32'768;

}  // namespace

Complaint CheckTransition(const Occasion& occasion, const std::string& resource, const std::string& state) {
  constexpr std::string_view kPrefix = "STATE_";
  const std::string name = state.starts_with(kPrefix) ? state.substr(kPrefix.size()) : state;
  const std::string method(MethodOf(occasion.command));
  const std::string_view refusal = occasion.tables.RefusalIn(resource, name, method);
  return refusal.empty() ? Complaint()
                         : method + " is not allowed while the " + resource + " is " + name +
                               " (published table: " + std::string(refusal) + ")";
}

Complaint FillDecision(const Occasion& occasion, v1::Event& event) {
  const v1::Command& command = occasion.command;
  if (command.ByteSizeLong() > kCommandBytesMax) {
    return "the command is larger than 32,768 bytes";
  }
  switch (command.payload_case()) {
    case v1::Command::kCreatePlatform:
      return Decide(occasion, command.create_platform(), event);
    case v1::Command::kCreateParty:
      return Decide(occasion, command.create_party(), event);
    case v1::Command::kCreateCredential:
      return Decide(occasion, command.create_credential(), event);
    case v1::Command::kRevokeCredential:
      return Decide(occasion, command.revoke_credential(), event);
    case v1::Command::kAdvanceClock:
      return Decide(occasion, command.advance_clock(), event);
    case v1::Command::kRotateSigningKey:
      return Decide(occasion, command.rotate_signing_key(), event);
    case v1::Command::kCreateAgreement:
      return Decide(occasion, command.create_agreement(), event);
    case v1::Command::kAcceptAgreement:
      return Decide(occasion, command.accept_agreement(), event);
    case v1::Command::kCancelAgreement:
      return Decide(occasion, command.cancel_agreement(), event);
    case v1::Command::kRecordDeposit:
      return Decide(occasion, command.record_deposit(), event);
    case v1::Command::kConfirmMilestone:
      return Decide(occasion, command.confirm_milestone(), event);
    case v1::Command::kReleaseMilestone:
      return Decide(occasion, command.release_milestone(), event);
    case v1::Command::kRefundMilestone:
      return Decide(occasion, command.refund_milestone(), event);
    case v1::Command::kRequestPayout:
      return Decide(occasion, command.request_payout(), event);
    case v1::Command::kSendPayout:
      return Decide(occasion, command.send_payout(), event);
    case v1::Command::kSettlePayout:
      return Decide(occasion, command.settle_payout(), event);
    case v1::Command::kFailPayout:
      return Decide(occasion, command.fail_payout(), event);
    case v1::Command::kReturnPayout:
      return Decide(occasion, command.return_payout(), event);
    case v1::Command::kCommitRecord:
      return Decide(occasion, command.commit_record(), event);
    case v1::Command::kEraseSubject:
      return Decide(occasion, command.erase_subject(), event);
    case v1::Command::kPlaceLegalHold:
      return Decide(occasion, command.place_legal_hold(), event);
    case v1::Command::kReleaseLegalHold:
      return Decide(occasion, command.release_legal_hold(), event);
    case v1::Command::PAYLOAD_NOT_SET:
      break;
  }
  return "the command has no payload";
}

}  // namespace escrow::audit
