#include "core/rules.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/payout.pb.h"

namespace escrow::core {
namespace {

constexpr auto kPermissions = std::to_array<PermissionRow>({
    // method, operator, platform, party, auditor
    {"CreatePlatform", Scope::kAlways, Scope::kNever, Scope::kNever, Scope::kNever},
    {"GetPlatform", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListPlatforms", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"AdvanceClock", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"CreateParty", Scope::kNever, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"GetParty", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListParties", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"CreateCredential", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"GetCredential", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kAlways},
    {"ListCredentials", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kAlways},
    {"RevokeCredential", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"CreateAgreement", Scope::kNever, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"GetAgreement", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListAgreements", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"AcceptAgreement", Scope::kNever, Scope::kOwnPlatformForParty, Scope::kSelf, Scope::kNever},
    {"CancelAgreement", Scope::kNever, Scope::kOwnPlatformForParty, Scope::kSelf, Scope::kNever},
    {"RecordDeposit", Scope::kAlways, Scope::kOwnPlatformOnRail, Scope::kNever, Scope::kNever},
    {"ConfirmMilestone", Scope::kNever, Scope::kOwnPlatformForParty, Scope::kSelf, Scope::kNever},
    {"ReleaseMilestone", Scope::kNever, Scope::kOwnPlatformForParty, Scope::kSelf, Scope::kNever},
    {"RefundMilestone", Scope::kNever, Scope::kOwnPlatformForParty, Scope::kSelf, Scope::kNever},
    {"ExplainAgreement", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListDeposits", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListConfirmations", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListReleases", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListRefunds", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"RequestPayout", Scope::kOperatorFees, Scope::kOwnPlatform, Scope::kSelf, Scope::kNever},
    {"GetPayout", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListPayouts", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"SendPayout", Scope::kAlways, Scope::kOwnPlatformOnRail, Scope::kNever, Scope::kNever},
    {"SettlePayout", Scope::kAlways, Scope::kOwnPlatformOnRail, Scope::kNever, Scope::kNever},
    {"FailPayout", Scope::kAlways, Scope::kOwnPlatformOnRail, Scope::kNever, Scope::kNever},
    {"ReturnPayout", Scope::kAlways, Scope::kOwnPlatformOnRail, Scope::kNever, Scope::kNever},
    {"GetTrialBalance", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kAlways},
    {"ListPartyBalances", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"GetEvent", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListEvents", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"StreamEvents", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"GetCheckpoint", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
    {"GetInclusionProof", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
    {"GetConsistencyProof", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
    {"GetReceipt", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"ListEntries", Scope::kAlways, Scope::kNever, Scope::kNever, Scope::kAlways},
    {"RotateSigningKey", Scope::kAlways, Scope::kNever, Scope::kNever, Scope::kNever},
    {"PutRecord", Scope::kNever, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"GetRecord", Scope::kNever, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kNever},
    {"ListRecords", Scope::kAlways, Scope::kOwnPlatform, Scope::kSelfReading, Scope::kAlways},
    {"EraseSubject", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"PlaceLegalHold", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"ReleaseLegalHold", Scope::kAlways, Scope::kOwnPlatform, Scope::kNever, Scope::kNever},
    {"ExecuteBatch", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kNever},
    {"StreamCommands", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kNever},
    {"GetRequest", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kNever},
    {"GetServerStatus", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
    {"VerifyReplay", Scope::kAlways, Scope::kNever, Scope::kNever, Scope::kAlways},
    {"ListRules", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
    {"ListReasons", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
    {"WhoAmI", Scope::kAlways, Scope::kAlways, Scope::kAlways, Scope::kAlways},
});

using enum v1::Command::PayloadCase;

// The only state in which the table is not the whole truth: a PENDING milestone takes a confirmation when the
// agreement's policy is EARLY_CONFIRMATION_RECORD.
constexpr auto kTransitions = std::to_array<TransitionRow>({
    {"Agreement", v1::Agreement::STATE_PROPOSED, kAcceptAgreement, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_PROPOSED, kCancelAgreement, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_PROPOSED, kRecordDeposit, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_PROPOSED, kConfirmMilestone, v1::REASON_AGREEMENT_NOT_ACTIVE},
    {"Agreement", v1::Agreement::STATE_PROPOSED, kReleaseMilestone, v1::REASON_AGREEMENT_NOT_ACTIVE},
    {"Agreement", v1::Agreement::STATE_PROPOSED, kRefundMilestone, v1::REASON_AGREEMENT_NOT_ACTIVE},
    {"Agreement", v1::Agreement::STATE_ACTIVE, kAcceptAgreement, v1::REASON_AGREEMENT_NOT_PROPOSED},
    {"Agreement", v1::Agreement::STATE_ACTIVE, kCancelAgreement, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_ACTIVE, kRecordDeposit, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_ACTIVE, kConfirmMilestone, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_ACTIVE, kReleaseMilestone, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_ACTIVE, kRefundMilestone, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_SETTLED, kAcceptAgreement, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_SETTLED, kCancelAgreement, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_SETTLED, kRecordDeposit, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_SETTLED, kConfirmMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_SETTLED, kReleaseMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_SETTLED, kRefundMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_CANCELLED, kAcceptAgreement, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_CANCELLED, kCancelAgreement, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_CANCELLED, kRecordDeposit, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_CANCELLED, kConfirmMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_CANCELLED, kReleaseMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_CANCELLED, kRefundMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_EXPIRED, kAcceptAgreement, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_EXPIRED, kCancelAgreement, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_EXPIRED, kRecordDeposit, v1::REASON_UNSPECIFIED},
    {"Agreement", v1::Agreement::STATE_EXPIRED, kConfirmMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_EXPIRED, kReleaseMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Agreement", v1::Agreement::STATE_EXPIRED, kRefundMilestone, v1::REASON_AGREEMENT_CLOSED},
    {"Milestone", v1::Milestone::STATE_PENDING, kConfirmMilestone, v1::REASON_MILESTONE_NOT_FUNDED},
    {"Milestone", v1::Milestone::STATE_PENDING, kReleaseMilestone, v1::REASON_MILESTONE_NOT_FUNDED},
    {"Milestone", v1::Milestone::STATE_PENDING, kRefundMilestone, v1::REASON_MILESTONE_NOT_FUNDED},
    {"Milestone", v1::Milestone::STATE_FUNDED, kConfirmMilestone, v1::REASON_UNSPECIFIED},
    {"Milestone", v1::Milestone::STATE_FUNDED, kReleaseMilestone, v1::REASON_UNSPECIFIED},
    {"Milestone", v1::Milestone::STATE_FUNDED, kRefundMilestone, v1::REASON_UNSPECIFIED},
    {"Milestone", v1::Milestone::STATE_RELEASED, kConfirmMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_RELEASED, kReleaseMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_RELEASED, kRefundMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_REFUNDED, kConfirmMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_REFUNDED, kReleaseMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_REFUNDED, kRefundMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_EXPIRED, kConfirmMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_EXPIRED, kReleaseMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_EXPIRED, kRefundMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_CANCELLED, kConfirmMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_CANCELLED, kReleaseMilestone, v1::REASON_MILESTONE_ENDED},
    {"Milestone", v1::Milestone::STATE_CANCELLED, kRefundMilestone, v1::REASON_MILESTONE_ENDED},
    {"Payout", v1::Payout::STATE_REQUESTED, kSendPayout, v1::REASON_UNSPECIFIED},
    {"Payout", v1::Payout::STATE_REQUESTED, kSettlePayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_REQUESTED, kFailPayout, v1::REASON_UNSPECIFIED},
    {"Payout", v1::Payout::STATE_REQUESTED, kReturnPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_SENT, kSendPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_SENT, kSettlePayout, v1::REASON_UNSPECIFIED},
    {"Payout", v1::Payout::STATE_SENT, kFailPayout, v1::REASON_UNSPECIFIED},
    {"Payout", v1::Payout::STATE_SENT, kReturnPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_SETTLED, kSendPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_SETTLED, kSettlePayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_SETTLED, kFailPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_SETTLED, kReturnPayout, v1::REASON_UNSPECIFIED},
    {"Payout", v1::Payout::STATE_FAILED, kSendPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_FAILED, kSettlePayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_FAILED, kFailPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_FAILED, kReturnPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_RETURNED, kSendPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_RETURNED, kSettlePayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_RETURNED, kFailPayout, v1::REASON_PAYOUT_WRONG_STATE},
    {"Payout", v1::Payout::STATE_RETURNED, kReturnPayout, v1::REASON_PAYOUT_WRONG_STATE},
});

struct MethodRow {
  v1::Command::PayloadCase payload;
  std::string_view method;
};

constexpr auto kMethods = std::to_array<MethodRow>({
    {kCreatePlatform, "CreatePlatform"},     {kCreateParty, "CreateParty"},
    {kCreateCredential, "CreateCredential"}, {kRevokeCredential, "RevokeCredential"},
    {kAdvanceClock, "AdvanceClock"},         {kCreateAgreement, "CreateAgreement"},
    {kAcceptAgreement, "AcceptAgreement"},   {kCancelAgreement, "CancelAgreement"},
    {kRecordDeposit, "RecordDeposit"},       {kConfirmMilestone, "ConfirmMilestone"},
    {kReleaseMilestone, "ReleaseMilestone"}, {kRefundMilestone, "RefundMilestone"},
    {kRequestPayout, "RequestPayout"},       {kSendPayout, "SendPayout"},
    {kSettlePayout, "SettlePayout"},         {kFailPayout, "FailPayout"},
    {kReturnPayout, "ReturnPayout"},         {kCommitRecord, "PutRecord"},
    {kEraseSubject, "EraseSubject"},         {kPlaceLegalHold, "PlaceLegalHold"},
    {kReleaseLegalHold, "ReleaseLegalHold"}, {kRotateSigningKey, "RotateSigningKey"},
});

// Position in kPermissions of the method of each payload; the values of PayloadCase are dense.
constexpr std::array<std::size_t, kMethods.size() + 1> kPermissionOf = [] {
  std::array<std::size_t, kMethods.size() + 1> positions{};
  for (const MethodRow& row : kMethods) {
    const auto found = std::ranges::find(kPermissions, row.method, &PermissionRow::method);
    positions[static_cast<std::size_t>(row.payload)] = static_cast<std::size_t>(found - kPermissions.begin());
  }
  return positions;
}();

}  // namespace

std::string_view ScopeText(Scope scope) {
  switch (scope) {
    case Scope::kNever:
      return "never";
    case Scope::kAlways:
      return "always";
    case Scope::kOperatorFees:
      return "from the operator's fees";
    case Scope::kOwnPlatform:
      return "on its own platform";
    case Scope::kOwnPlatformOnRail:
      return "on its own platform, if that has rail access";
    case Scope::kOwnPlatformForParty:
      return "for a party of its own platform, unless the agreement demands the party's own credential";
    case Scope::kSelf:
      return "for itself, in a role that the agreement gives it";
    case Scope::kSelfReading:
      return "what concerns itself";
  }
  ESCROW_ASSERT(false);
  return {};
}

std::span<const PermissionRow> PermissionTable() { return kPermissions; }

const PermissionRow* FindPermission(std::string_view method) {
  const auto row = std::ranges::find(kPermissions, method, &PermissionRow::method);
  return row == kPermissions.end() ? nullptr : &*row;
}

const PermissionRow& PermissionFor(v1::Command::PayloadCase payload) {
  ESCROW_ASSERT(payload != v1::Command::PAYLOAD_NOT_SET);
  return kPermissions[kPermissionOf[static_cast<std::size_t>(payload)]];
}

Scope ScopeFor(const PermissionRow& row, v1::Principal::Kind kind) {
  switch (kind) {
    case v1::Principal::KIND_OPERATOR:
      return row.by_operator;
    case v1::Principal::KIND_PLATFORM:
      return row.by_platform;
    case v1::Principal::KIND_PARTY:
      return row.by_party;
    case v1::Principal::KIND_AUDITOR:
      return row.by_auditor;
    default:
      return Scope::kNever;
  }
}

std::string_view MethodOf(v1::Command::PayloadCase payload) {
  const auto row = std::ranges::find(kMethods, payload, &MethodRow::payload);
  ESCROW_ASSERT(row != kMethods.end());
  return row->method;
}

std::span<const TransitionRow> TransitionTable() { return kTransitions; }

v1::Reason ReasonIn(std::string_view resource, int state, v1::Command::PayloadCase command) {
  for (const TransitionRow& row : kTransitions) {
    if (row.command == command && row.state == state && row.resource == resource) {
      return row.reason;
    }
  }
  ESCROW_ASSERT(false);
  return v1::REASON_UNSPECIFIED;
}

}  // namespace escrow::core
