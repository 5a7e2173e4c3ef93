#include "core/reasons.h"

#include <array>

#include "base/assert.h"

namespace escrow::core {
namespace {

// Values of google.rpc.Code.
constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;
constexpr int kAlreadyExists = 6;
constexpr int kPermissionDenied = 7;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kAborted = 10;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

// Row i is reason i + 1. A refusal burns its request id when the same command could succeed later in another state:
// something may be created, funded, opened or sent. It does not when no later state would help (something ended,
// exists, was done).
constexpr auto kTable = std::to_array<ReasonRow>({
    {v1::REASON_INVALID_REQUEST_ID, "INVALID_REQUEST_ID", kInvalidArgument, false,
     "request_id is not a lower-case UUID."},
    {v1::REASON_INVALID_NAME, "INVALID_NAME", kInvalidArgument, false,
     "A resource name or id does not have its documented form."},
    {v1::REASON_MISSING_FIELD, "MISSING_FIELD", kInvalidArgument, false, "A required field is not set."},
    {v1::REASON_INVALID_FIELD, "INVALID_FIELD", kInvalidArgument, false,
     "A field has a value outside its documented form or range."},
    {v1::REASON_UNKNOWN_CURRENCY, "UNKNOWN_CURRENCY", kInvalidArgument, false,
     "The currency code is not an ISO 4217 code with a minor unit."},
    {v1::REASON_CURRENCY_MISMATCH, "CURRENCY_MISMATCH", kInvalidArgument, false,
     "The amount is not in the currency of the agreement or account."},
    {v1::REASON_AMOUNT_OUT_OF_RANGE, "AMOUNT_OUT_OF_RANGE", kInvalidArgument, false,
     "An amount is not between 1 and 10^15 minor units, or a sum of amounts would pass 10^15."},
    {v1::REASON_TOO_MANY_ITEMS, "TOO_MANY_ITEMS", kInvalidArgument, false,
     "A list or tree is larger than its documented limit."},
    {v1::REASON_SHARES_DO_NOT_ADD_UP, "SHARES_DO_NOT_ADD_UP", kInvalidArgument, false,
     "The shares of the payees do not add up to the milestone's amount."},
    {v1::REASON_FEES_EXCEED_AMOUNT, "FEES_EXCEED_AMOUNT", kInvalidArgument, false,
     "The fees are more than the amount that bears them."},
    {v1::REASON_EMPTY_CONDITION, "EMPTY_CONDITION", kInvalidArgument, false, "A condition has no form or no children."},
    {v1::REASON_CONDITION_TOO_DEEP, "CONDITION_TOO_DEEP", kInvalidArgument, false,
     "A condition is deeper than 8 levels."},
    {v1::REASON_MILESTONE_CYCLE, "MILESTONE_CYCLE", kInvalidArgument, false,
     "Milestones wait for each other in a cycle."},
    {v1::REASON_UNKNOWN_MILESTONE, "UNKNOWN_MILESTONE", kInvalidArgument, false,
     "The agreement has no milestone of this id."},
    {v1::REASON_DUPLICATE_ITEM, "DUPLICATE_ITEM", kInvalidArgument, false,
     "Two items of a list have the same id where each must be unique."},
    {v1::REASON_PARTY_NOT_PARTICIPANT, "PARTY_NOT_PARTICIPANT", kFailedPrecondition, false,
     "The party does not take part in the agreement, or not in the role that is needed."},
    {v1::REASON_PROTECTION_UNCLEAR, "PROTECTION_UNCLEAR", kInvalidArgument, false,
     "A milestone needs either release_when or release_on_funding, the latter only as the single milestone."},
    {v1::REASON_POLICY_CONFLICT, "POLICY_CONFLICT", kInvalidArgument, false,
     "Two settings of the agreement exclude each other."},
    {v1::REASON_TIMER_INVALID, "TIMER_INVALID", kInvalidArgument, false,
     "A timer has no start, no length, or a start that is not allowed there."},
    {v1::REASON_NOT_A_SANDBOX, "NOT_A_SANDBOX", kFailedPrecondition, false,
     "Only a sandbox platform has a clock that can be advanced."},
    {v1::REASON_CLOCK_NOT_MONOTONE, "CLOCK_NOT_MONOTONE", kFailedPrecondition, false, "The clock cannot go back."},
    {v1::REASON_TIME_IN_FUTURE, "TIME_IN_FUTURE", kFailedPrecondition, true,
     "The time lies after the platform's present time."},
    {v1::REASON_EVIDENCE_MISSING, "EVIDENCE_MISSING", kFailedPrecondition, false,
     "The requirement asks for evidence that the confirmation does not carry."},
    {v1::REASON_CONFIRMATION_NOT_ASKED, "CONFIRMATION_NOT_ASKED", kFailedPrecondition, false,
     "No requirement of the milestone asks for this confirmation from this role."},
    {v1::REASON_BATCH_SIZE, "BATCH_SIZE", kInvalidArgument, false, "A batch has 1 to 1,024 commands."},
    {v1::REASON_EMPTY_COMMAND, "EMPTY_COMMAND", kInvalidArgument, false, "A command has no payload."},
    {v1::REASON_PAGE_TOKEN_INVALID, "PAGE_TOKEN_INVALID", kInvalidArgument, false,
     "The page token is not one that this method gave for these arguments."},
    {v1::REASON_FILTER_INVALID, "FILTER_INVALID", kInvalidArgument, false,
     "The filter is not in the documented language."},
    {v1::REASON_MESSAGE_TOO_LARGE, "MESSAGE_TOO_LARGE", kInvalidArgument, false,
     "The command is larger than 32,768 bytes."},
    {v1::REASON_UNAUTHENTICATED, "UNAUTHENTICATED", kUnauthenticated, false, "No valid credential was presented."},
    {v1::REASON_PERMISSION_DENIED, "PERMISSION_DENIED", kPermissionDenied, false, "The principal may not do this."},
    {v1::REASON_PARTY_MUST_ACT, "PARTY_MUST_ACT", kPermissionDenied, false,
     "The agreement demands the party's own credential."},
    {v1::REASON_PLATFORM_NOT_FOUND, "PLATFORM_NOT_FOUND", kNotFound, true, "No such platform."},
    {v1::REASON_PARTY_NOT_FOUND, "PARTY_NOT_FOUND", kNotFound, true, "No such party."},
    {v1::REASON_AGREEMENT_NOT_FOUND, "AGREEMENT_NOT_FOUND", kNotFound, true, "No such agreement."},
    {v1::REASON_PAYOUT_NOT_FOUND, "PAYOUT_NOT_FOUND", kNotFound, true, "No such payout."},
    {v1::REASON_CREDENTIAL_NOT_FOUND, "CREDENTIAL_NOT_FOUND", kNotFound, true, "No such credential."},
    {v1::REASON_REQUEST_NOT_FOUND, "REQUEST_NOT_FOUND", kNotFound, false,
     "No command with this request id is in the log."},
    {v1::REASON_EVENT_NOT_FOUND, "EVENT_NOT_FOUND", kNotFound, false, "The log has no event at this position."},
    {v1::REASON_PLATFORM_EXISTS, "PLATFORM_EXISTS", kAlreadyExists, false, "A platform of this id exists."},
    {v1::REASON_PARTY_EXISTS, "PARTY_EXISTS", kAlreadyExists, false, "A party of this id exists."},
    {v1::REASON_AGREEMENT_EXISTS, "AGREEMENT_EXISTS", kAlreadyExists, false, "An agreement of this id exists."},
    {v1::REASON_PAYOUT_EXISTS, "PAYOUT_EXISTS", kAlreadyExists, false, "A payout of this id exists."},
    {v1::REASON_CREDENTIAL_EXISTS, "CREDENTIAL_EXISTS", kAlreadyExists, false,
     "A credential of this id exists, or the same proof is in use."},
    {v1::REASON_DEPOSIT_EXISTS, "DEPOSIT_EXISTS", kAlreadyExists, false, "The agreement has a deposit of this id."},
    {v1::REASON_AGREEMENT_NOT_ACTIVE, "AGREEMENT_NOT_ACTIVE", kFailedPrecondition, true,
     "The agreement has not been accepted by all yet."},
    {v1::REASON_AGREEMENT_NOT_PROPOSED, "AGREEMENT_NOT_PROPOSED", kFailedPrecondition, false,
     "The agreement is not waiting for acceptance."},
    {v1::REASON_AGREEMENT_CLOSED, "AGREEMENT_CLOSED", kFailedPrecondition, false, "The agreement has ended."},
    {v1::REASON_ALREADY_ACCEPTED, "ALREADY_ACCEPTED", kFailedPrecondition, false, "The party has accepted before."},
    {v1::REASON_ALREADY_CONSENTED, "ALREADY_CONSENTED", kFailedPrecondition, false,
     "Every named party has consented before."},
    {v1::REASON_MILESTONE_NOT_FUNDED, "MILESTONE_NOT_FUNDED", kFailedPrecondition, true,
     "The milestone's money is not in custody."},
    {v1::REASON_MILESTONE_NOT_OPEN, "MILESTONE_NOT_OPEN", kFailedPrecondition, true,
     "A milestone that this one waits for has not ended."},
    {v1::REASON_MILESTONE_ENDED, "MILESTONE_ENDED", kFailedPrecondition, false, "The milestone has ended."},
    {v1::REASON_ALREADY_CONFIRMED, "ALREADY_CONFIRMED", kFailedPrecondition, false,
     "The requirement has been met before."},
    {v1::REASON_INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS", kFailedPrecondition, true,
     "The account holds less than the amount."},
    {v1::REASON_PARTIAL_RELEASE_FORBIDDEN, "PARTIAL_RELEASE_FORBIDDEN", kFailedPrecondition, false,
     "The agreement does not allow release in parts."},
    {v1::REASON_NOT_SOLE_SELLER, "NOT_SOLE_SELLER", kFailedPrecondition, false,
     "Only the only seller can give a refund; several cancel together or the platform refunds."},
    {v1::REASON_PAYOUT_WRONG_STATE, "PAYOUT_WRONG_STATE", kFailedPrecondition, true,
     "The payout is not in a state that allows this."},
    {v1::REASON_ETAG_MISMATCH, "ETAG_MISMATCH", kAborted, true, "The agreement has changed since the etag was read."},
    {v1::REASON_CREDENTIAL_REVOKED, "CREDENTIAL_REVOKED", kFailedPrecondition, false,
     "The credential has been revoked before."},
    {v1::REASON_REQUEST_ID_REUSED, "REQUEST_ID_REUSED", kAlreadyExists, false,
     "The request id was used before with another body; the first field that differs is named."},
    {v1::REASON_REQUEST_ID_BURNT, "REQUEST_ID_BURNT", kFailedPrecondition, false,
     "The request id was refused before; it cannot succeed any more. The first reason is named."},
    {v1::REASON_BATCH_ABORTED, "BATCH_ABORTED", kAborted, false,
     "Another command of the atomic batch was refused; nothing of the batch happened."},
    {v1::REASON_OVERLOADED, "OVERLOADED", kResourceExhausted, false,
     "The server is at one of its bounds: commands, reads or streams in flight; try again after the hint."},
    {v1::REASON_DISK_ALMOST_FULL, "DISK_ALMOST_FULL", kResourceExhausted, false,
     "The log's disk is almost full; writes are refused until the operator makes room."},
    {v1::REASON_DRAINING, "DRAINING", kUnavailable, false, "The server is shutting down; nothing was accepted."},
    {v1::REASON_NOT_PUBLISHED, "NOT_PUBLISHED", kUnavailable, false,
     "No checkpoint covers this yet; ask again in a second."},
    {v1::REASON_LEGAL_HOLD, "LEGAL_HOLD", kFailedPrecondition, true,
     "A legal hold is in force: the party cannot be erased. The hold is named."},
    {v1::REASON_SUBJECT_ERASED, "SUBJECT_ERASED", kFailedPrecondition, false,
     "The party was erased: it gets no records and no holds any more."},
    {v1::REASON_RECORD_EXISTS, "RECORD_EXISTS", kAlreadyExists, false, "The party has a record of this id."},
    {v1::REASON_RECORD_NOT_FOUND, "RECORD_NOT_FOUND", kNotFound, false, "The party has no such record."},
    {v1::REASON_LEGAL_HOLD_EXISTS, "LEGAL_HOLD_EXISTS", kAlreadyExists, false,
     "The party had a legal hold of this id before."},
    {v1::REASON_LEGAL_HOLD_NOT_FOUND, "LEGAL_HOLD_NOT_FOUND", kNotFound, true,
     "The party has no such legal hold that was not released."},
    {v1::REASON_NO_VAULT, "NO_VAULT", kFailedPrecondition, false,
     "The server has no vault: no key file is configured."},
    {v1::REASON_SIGNING_KEY_EXISTS, "SIGNING_KEY_EXISTS", kAlreadyExists, false,
     "The log has had this signing key before."},
    {v1::REASON_SIGNING_KEY_NOT_FOUND, "SIGNING_KEY_NOT_FOUND", kFailedPrecondition, false,
     "The server holds no private key for this verifier key, or publishes nothing."},
});

static_assert(kTable.size() == v1::Reason_ARRAYSIZE - 1);

constexpr bool RowsAreInOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].reason) != i + 1) {
      return false;
    }
  }
  return true;
}
static_assert(RowsAreInOrder());

}  // namespace

std::span<const ReasonRow> ReasonTable() { return kTable; }

const ReasonRow& FindReason(v1::Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  ESCROW_ASSERT(index >= 1 && index <= kTable.size());
  return kTable[index - 1];
}

}  // namespace escrow::core
