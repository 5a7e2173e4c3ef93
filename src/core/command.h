#pragma once

#include <string>
#include <string_view>

#include "base/assert.h"
#include "escrow/v1/command.pb.h"

// What every layer asks of a command, whatever its payload is. Any thread.
namespace escrow::core {

// Calls `visit` with the payload, a const reference to its request message. REQUIRES: payload is set.
template <class Visit>
decltype(auto) VisitPayload(const v1::Command& command, Visit&& visit) {
  switch (command.payload_case()) {
    case v1::Command::kCreatePlatform:
      return visit(command.create_platform());
    case v1::Command::kCreateParty:
      return visit(command.create_party());
    case v1::Command::kCreateCredential:
      return visit(command.create_credential());
    case v1::Command::kRevokeCredential:
      return visit(command.revoke_credential());
    case v1::Command::kAdvanceClock:
      return visit(command.advance_clock());
    case v1::Command::kCreateAgreement:
      return visit(command.create_agreement());
    case v1::Command::kAcceptAgreement:
      return visit(command.accept_agreement());
    case v1::Command::kCancelAgreement:
      return visit(command.cancel_agreement());
    case v1::Command::kRecordDeposit:
      return visit(command.record_deposit());
    case v1::Command::kConfirmMilestone:
      return visit(command.confirm_milestone());
    case v1::Command::kReleaseMilestone:
      return visit(command.release_milestone());
    case v1::Command::kRefundMilestone:
      return visit(command.refund_milestone());
    case v1::Command::kRequestPayout:
      return visit(command.request_payout());
    case v1::Command::kSendPayout:
      return visit(command.send_payout());
    case v1::Command::kSettlePayout:
      return visit(command.settle_payout());
    case v1::Command::kFailPayout:
      return visit(command.fail_payout());
    case v1::Command::kReturnPayout:
      return visit(command.return_payout());
    case v1::Command::kCommitRecord:
      return visit(command.commit_record());
    case v1::Command::kEraseSubject:
      return visit(command.erase_subject());
    case v1::Command::kPlaceLegalHold:
      return visit(command.place_legal_hold());
    case v1::Command::kReleaseLegalHold:
      return visit(command.release_legal_hold());
    case v1::Command::kRotateSigningKey:
      return visit(command.rotate_signing_key());
    case v1::Command::PAYLOAD_NOT_SET:
      break;
  }
  base::AssertFailed("payload is set", __FILE__, __LINE__);
}

// The request id; empty without a payload.
[[nodiscard]] std::string_view RequestIdOf(const v1::Command& command);

// Whether it asks what would happen only.
[[nodiscard]] bool IsDryRun(const v1::Command& command);

// Resource name of what the command creates or changes; empty without a payload. Of a command that was not validated,
// it may be no valid name.
[[nodiscard]] std::string ResourceNameOf(const v1::Command& command);

}  // namespace escrow::core
