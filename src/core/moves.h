#pragma once

#include <cstdint>

#include "core/state.h"
#include "escrow/v1/event.pb.h"

// Bookings that commands, timers and reactions share: each fills the fact and the postings of an event.
namespace escrow::core {

void AddPosting(v1::Event& event, v1::AccountKind account, std::int64_t minor_units);
void AddPartyPosting(v1::Event& event, v1::AccountKind account, std::string_view party_id, std::int64_t minor_units);

// Custody of milestone `index` to its payees and fees: `amount` in (0, held]. What each line gets is in proportion to
// what it has still to get, so that parts add up to the schedule and nobody gets more than that.
void FillRelease(const State& state, const Agreement& agreement, std::size_t index, std::int64_t amount,
                 v1::MoveCause cause, v1::Event& event);

// Custody of milestone `index` back to the buyer: `amount` in (0, held].
void FillRefund(const State& state, const Agreement& agreement, std::size_t index, std::int64_t amount,
                v1::MoveCause cause, v1::Event& event);

// Unallocated money back to the buyer; adds postings only.
void AddReturnOfUnallocated(const State& state, const Agreement& agreement, std::int64_t amount, v1::Event& event);

// An account into transit; `party_id` for PAYABLE and REFUNDABLE only.
void AddPayoutPostings(v1::AccountKind source, std::string_view party_id, std::int64_t amount, v1::Event& event);

// The milestone with this id.
[[nodiscard]] std::optional<std::size_t> FindMilestone(const Terms& terms, std::string_view milestone_id);

// Whether every milestone that `index` waits for has ended.
[[nodiscard]] bool IsOpen(const Terms& terms, const Agreement& agreement, std::size_t index);

[[nodiscard]] inline bool HasEnded(const Milestone& milestone) {
  return milestone.state != v1::Milestone::STATE_PENDING && milestone.state != v1::Milestone::STATE_FUNDED;
}

// The only party in this role. REQUIRES: there is one.
[[nodiscard]] PartySlot FirstInRole(const Agreement& agreement, v1::Role role);

}  // namespace escrow::core
