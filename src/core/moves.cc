#include "core/moves.h"

#include <algorithm>
#include <vector>

#include "base/assert.h"
#include "base/mutant.h"
#include "core/allocation.h"
#include "core/limits.h"

namespace escrow::core {
namespace {

void AddCustodyPosting(v1::Event& event, std::size_t index, std::int64_t minor_units) {
  AddPosting(event, v1::ACCOUNT_KIND_CUSTODY, minor_units);
  event.mutable_postings(event.postings_size() - 1)->set_milestone_index(static_cast<std::uint32_t>(index));
}

}  // namespace

void AddPosting(v1::Event& event, v1::AccountKind account, std::int64_t minor_units) {
  ESCROW_ASSERT(minor_units != 0);
  v1::Posting& posting = *event.add_postings();
  posting.set_account(account);
  posting.set_minor_units(minor_units);
}

void AddPartyPosting(v1::Event& event, v1::AccountKind account, std::string_view party_id, std::int64_t minor_units) {
  AddPosting(event, account, minor_units);
  event.mutable_postings(event.postings_size() - 1)->set_party_id(std::string(party_id));
}

void FillRelease(const State& state, const Agreement& agreement, std::size_t index, std::int64_t amount,
                 v1::MoveCause cause, v1::Event& event) {
  const Milestone& milestone = agreement.milestones[index];
  ESCROW_ASSERT(amount > 0 && amount <= milestone.held);
  v1::MilestoneReleased& fact = *event.mutable_milestone_released();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_minor_units(amount);
  fact.set_cause(cause);
  fact.set_rules_version(kRulesVersion);
  fact.set_final(amount == milestone.held);
  for (const std::uint64_t sequence : milestone.met_by) {
    if (sequence != 0) {
      fact.add_confirmation_sequences(sequence);
    }
  }
  std::vector<std::int64_t> open;
  for (std::size_t i = milestone.line_begin; i < milestone.line_end; ++i) {
    open.push_back(agreement.lines[i].amount - agreement.lines[i].released);
  }
  const v1::Policies::Rounding rounding = state.terms(agreement.terms).policies.rounding;
  const std::vector<std::int64_t> shares = AllocateWithin(amount, open, rounding);
  AddCustodyPosting(event, index, -amount);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Line& line = agreement.lines[milestone.line_begin + i];
    if (shares[i] == 0 || (ESCROW_MUTANT(PostingDropped) && i > 0)) {
      continue;
    }
    if (line.account == v1::ACCOUNT_KIND_PAYABLE) {
      AddPartyPosting(event, line.account, state.party(line.party).id, shares[i]);
    } else {
      AddPosting(event, line.account, shares[i]);
    }
  }
}

void FillRefund(const State& state, const Agreement& agreement, std::size_t index, std::int64_t amount,
                v1::MoveCause cause, v1::Event& event) {
  const Milestone& milestone = agreement.milestones[index];
  ESCROW_ASSERT(amount > 0 && amount <= milestone.held);
  v1::MilestoneRefunded& fact = *event.mutable_milestone_refunded();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_minor_units(amount);
  fact.set_cause(cause);
  fact.set_final(amount == milestone.held);
  AddCustodyPosting(event, index, -amount);
  AddPartyPosting(event, v1::ACCOUNT_KIND_REFUNDABLE, state.party(FirstInRole(agreement, v1::ROLE_BUYER)).id, amount);
}

void AddReturnOfUnallocated(const State& state, const Agreement& agreement, std::int64_t amount, v1::Event& event) {
  ESCROW_ASSERT(amount > 0 && amount <= agreement.unallocated);
  AddPosting(event, v1::ACCOUNT_KIND_UNALLOCATED, -amount);
  AddPartyPosting(event, v1::ACCOUNT_KIND_REFUNDABLE, state.party(FirstInRole(agreement, v1::ROLE_BUYER)).id, amount);
}

void AddPayoutPostings(v1::AccountKind source, std::string_view party_id, std::int64_t amount, v1::Event& event) {
  if (party_id.empty()) {
    AddPosting(event, source, -amount);
  } else {
    AddPartyPosting(event, source, party_id, -amount);
  }
  AddPosting(event, v1::ACCOUNT_KIND_IN_TRANSIT, amount);
}

std::optional<std::size_t> FindMilestone(const Terms& terms, std::string_view milestone_id) {
  const auto found = std::ranges::find(terms.milestones, milestone_id, &MilestoneTerms::id);
  return found == terms.milestones.end() ? std::nullopt
                                         : std::optional(static_cast<std::size_t>(found - terms.milestones.begin()));
}

bool IsOpen(const Terms& terms, const Agreement& agreement, std::size_t index) {
  return std::ranges::all_of(terms.milestones[index].opens_after,
                             [&](std::uint8_t other) { return HasEnded(agreement.milestones[other]); });
}

PartySlot FirstInRole(const Agreement& agreement, v1::Role role) {
  const auto found = std::ranges::find(agreement.participants, role, &Participant::role);
  ESCROW_ASSERT(found != agreement.participants.end());
  return found->party;
}

}  // namespace escrow::core
