#pragma once

#include <string>

#include "audit/complaint.h"
#include "audit/domain_actors.h"
#include "audit/domain_world.h"
#include "audit/rule_tables.h"
#include "escrow/v1/event.pb.h"

// What a command that was carried out must have made. Pure.
namespace escrow::audit {

// A command at its position. Borrowed.
struct Occasion {
  const World& world;
  const RuleTables& tables;
  const v1::Principal& actor;
  const v1::Command& command;
  const Target& target;
  const AgreementNow* agreement = nullptr;  // what it is about, if that is one
  const PayoutNow* payout = nullptr;
  Nanos now = 0;
};

// Fills fact, postings and currency of the command's own event, and for commands about no platform its platform.
// Wrong: a command that the rules do not let happen here. REQUIRES: the actor may call the method; the target exists.
[[nodiscard]] Complaint FillDecision(const Occasion& occasion, v1::Event& event);

// The parts of FillDecision, a file per subject.
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::CreatePlatformRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::CreatePartyRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::CreateCredentialRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::RevokeCredentialRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::AdvanceClockRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::RotateSigningKeyRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::CreateAgreementRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::AcceptAgreementRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::CancelAgreementRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::ConfirmMilestoneRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::ReleaseMilestoneRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::RefundMilestoneRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::RecordDepositRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::RequestPayoutRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::SendPayoutRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::SettlePayoutRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::FailPayoutRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::ReturnPayoutRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::CommitRecordRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::EraseSubjectRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::PlaceLegalHoldRequest& request, v1::Event& event);
[[nodiscard]] Complaint Decide(const Occasion& occasion, const v1::ReleaseLegalHoldRequest& request, v1::Event& event);

// What the published table says to this command in a state; `state` is the name of the value, "STATE_ACTIVE".
[[nodiscard]] Complaint CheckTransition(const Occasion& occasion, const std::string& resource,
                                        const std::string& state);

}  // namespace escrow::audit
