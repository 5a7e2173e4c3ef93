#pragma once

#include "core/refusal.h"
#include "core/situation.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"

namespace escrow::core {

// Checks the form of a command: everything that can be said without looking at the state. Such a refusal never reaches
// the log. REQUIRES: payload is set.
[[nodiscard]] Check CheckForm(const v1::Command& command);

// Decides a command whose form, target and actor's scope have been checked. When nothing is refused, `event` has the
// fact and the postings of what happens first; what follows from it is React's business. After that nothing can be
// refused any more: applying `event` must succeed. Pure.
[[nodiscard]] Check Decide(const Situation& situation, const v1::Command& command, v1::Event& event);

// The parts of Decide, a file per subject.
[[nodiscard]] Check Decide(const Situation& situation, const v1::CreatePlatformRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::CreatePartyRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::CreateCredentialRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::RevokeCredentialRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::AdvanceClockRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::RotateSigningKeyRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::CreateAgreementRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::AcceptAgreementRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::CancelAgreementRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::RecordDepositRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::ConfirmMilestoneRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::ReleaseMilestoneRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::RefundMilestoneRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::RequestPayoutRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::SendPayoutRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::SettlePayoutRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::FailPayoutRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::ReturnPayoutRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::CommitRecordRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::EraseSubjectRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::PlaceLegalHoldRequest& request, v1::Event& event);
[[nodiscard]] Check Decide(const Situation& situation, const v1::ReleaseLegalHoldRequest& request, v1::Event& event);

}  // namespace escrow::core
