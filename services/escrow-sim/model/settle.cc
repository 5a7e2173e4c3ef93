#include "model/settle.h"

#include <algorithm>

#include "base/assert.h"
#include "model/form.h"
#include "model/names.h"
#include "model/shares.h"

namespace escrow::model {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

std::int64_t Small(Wide amount) { return static_cast<std::int64_t>(amount); }

std::string CustodyOf(const Key& key, std::size_t index) { return key.second + "#" + std::to_string(index); }

void EndOpen(Agreement& agreement, v1::Milestone::State state, bool pending_only) {
  for (Milestone& milestone : agreement.milestones) {
    const bool pending = milestone.state == v1::Milestone::STATE_PENDING;
    if (pending || (milestone.state == v1::Milestone::STATE_FUNDED && !pending_only)) {
      milestone.state = state;
    }
  }
}

// Notes money that leaves by itself later, where the policy is so.
void NoteDues(Agreement& agreement, const v1::Event& event, Nanos now) {
  if (agreement.contract->policies.payout() != v1::Policies::PAYOUT_AUTOMATIC) {
    return;
  }
  for (const v1::Posting& posting : event.postings()) {
    if (posting.account() == v1::ACCOUNT_KIND_PAYABLE || posting.account() == v1::ACCOUNT_KIND_REFUNDABLE) {
      agreement.dues.push_back({.at = now + agreement.contract->policies.payout_delay().seconds() * kSecond,
                                .source = posting.account(),
                                .party = posting.party_id(),
                                .amount = posting.minor_units()});
    }
  }
}

// Gives `amount` of the unallocated money back to the buyer.
void GiveBack(World& world, const Key& key, Wide amount, Nanos now, v1::Event& event) {
  Agreement& agreement = world.agreements.at(key);
  Post(world, event, v1::ACCOUNT_KIND_UNALLOCATED, key.second, -amount);
  Post(world, event, v1::ACCOUNT_KIND_REFUNDABLE, FirstInRole(agreement, v1::ROLE_BUYER), amount);
  agreement.unallocated -= amount;
  agreement.refunded += amount;
  NoteDues(agreement, event, now);
}

bool AllDecidersIn(const Agreement& agreement, const std::set<std::string>& who) {
  const std::set<std::string> deciders = Deciders(agreement);
  return std::includes(who.begin(), who.end(), deciders.begin(), deciders.end());
}

bool Holds(const v1::Condition& condition, const Milestone& milestone, std::size_t& requirement) {
  int holding = 0;
  const auto visit = [&](const auto& children) {
    for (const v1::Condition& child : children) {
      holding += Holds(child, milestone, requirement) ? 1 : 0;
    }
  };
  switch (condition.form_case()) {
    case v1::Condition::kAllOf:
      visit(condition.all_of().conditions());
      return holding == condition.all_of().conditions_size();
    case v1::Condition::kAnyOf:
      visit(condition.any_of().conditions());
      return holding > 0;
    case v1::Condition::kAtLeast:
      visit(condition.at_least().conditions());
      return holding >= condition.at_least().count();
    default:
      return milestone.met.count(requirement++) == 1;
  }
}

// When this timer of the milestone goes off; nothing when it has not started.
std::optional<Nanos> RunsOut(const v1::Timer& timer, const Agreement& agreement, const Milestone& milestone) {
  std::optional<Moment> start;
  switch (timer.start()) {
    case v1::Timer::START_FIXED_TIME:
      return agreement.activated ? std::optional(ToNanos(timer.fixed_time())) : std::nullopt;
    case v1::Timer::START_AGREEMENT_ACTIVATED:
      start = agreement.activated;
      break;
    case v1::Timer::START_MILESTONE_FUNDED:
      start = milestone.funded;
      break;
    case v1::Timer::START_CONFIRMATION_RECORDED:
      if (milestone.recorded.count(timer.confirmation_kind()) == 1) {
        start = milestone.recorded.at(timer.confirmation_kind());
      }
      break;
    default:
      base::AssertFailed("a timer has a start", __FILE__, __LINE__);
  }
  return start ? std::optional(start->at + timer.duration().seconds() * kSecond) : std::nullopt;
}

std::uint64_t StartedBy(const v1::Timer& timer, const Agreement& agreement, const Milestone& milestone) {
  switch (timer.start()) {
    case v1::Timer::START_AGREEMENT_ACTIVATED:
      return agreement.activated->sequence;
    case v1::Timer::START_MILESTONE_FUNDED:
      return milestone.funded->sequence;
    case v1::Timer::START_CONFIRMATION_RECORDED:
      return milestone.recorded.at(timer.confirmation_kind()).sequence;
    default:
      return 0;  // "0 for a fixed time" (event.proto)
  }
}

// ---- What follows, one kind after the other. Each returns whether anything did.

bool LateGoesBack(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(key);
  if (agreement.late == 0) {
    return false;
  }
  v1::Event& event = AddEvent(key, now, events);
  event.mutable_unallocated_returned()->set_cause(v1::UnallocatedReturned::CAUSE_LATE);
  GiveBack(world, key, agreement.late, now, event);
  agreement.late = 0;
  return true;
}

bool CancelsOrActivates(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(key);
  if (!agreement.ended() && !agreement.cancelled && AllDecidersIn(agreement, agreement.consented)) {
    AddEvent(key, now, events).mutable_agreement_cancelled();
    agreement.cancelled = true;
    EndOpen(agreement, v1::Milestone::STATE_CANCELLED, /*pending_only=*/false);
    return true;
  }
  const bool accepted = agreement.contract->policies.acceptance() == v1::Policies::ACCEPTANCE_BY_PLATFORM ||
                        AllDecidersIn(agreement, agreement.accepted);
  if (agreement.state == v1::Agreement::STATE_PROPOSED && !agreement.cancelled && !agreement.expired && accepted) {
    AddEvent(key, now, events).mutable_agreement_activated();
    agreement.state = v1::Agreement::STATE_ACTIVE;
    agreement.activated = Moment{.at = now};
    return true;
  }
  return false;
}

bool EndedIsRefunded(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  const Agreement& agreement = world.agreements.at(key);
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const Milestone& milestone = agreement.milestones[i];
    if (!milestone.ended() || milestone.held == 0) {
      continue;
    }
    v1::MoveCause cause = v1::MOVE_CAUSE_DEADLINE_MISSED;
    if (milestone.state == v1::Milestone::STATE_CANCELLED) {
      cause = v1::MOVE_CAUSE_CANCELLED;
    } else if (agreement.long_stop_reached) {
      cause = v1::MOVE_CAUSE_LONG_STOP;
    }
    Refund(world, key, i, milestone.held, cause, now, AddEvent(key, now, events));
    return true;
  }
  return false;
}

bool NextIsFunded(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(key);
  const v1::Policies& policies = agreement.contract->policies;
  std::vector<std::size_t> pending;
  Wide all = 0;
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    if (agreement.milestones[i].state == v1::Milestone::STATE_PENDING) {
      pending.push_back(i);
      all += agreement.milestones[i].required;
    }
  }
  if (agreement.state != v1::Agreement::STATE_ACTIVE || pending.empty() || agreement.unallocated == 0) {
    return false;
  }
  Milestone& next = agreement.milestones[pending.front()];
  const bool in_full = policies.funding() == v1::Policies::FUNDING_IN_FULL;
  Wide needed = in_full ? all : next.required;
  if (in_full || pending.size() == 1) {
    needed -= policies.underfunding_tolerance_minor_units();
  }
  if (agreement.unallocated < needed) {
    return false;
  }
  const Wide amount = std::min(agreement.unallocated, next.required);
  v1::Event& event = AddEvent(key, now, events);
  event.mutable_milestone_funded()->set_milestone_index(static_cast<std::uint32_t>(pending.front()));
  event.mutable_milestone_funded()->set_shortfall_minor_units(Small(next.required - amount));
  Post(world, event, v1::ACCOUNT_KIND_UNALLOCATED, key.second, -amount);
  Post(world, event, v1::ACCOUNT_KIND_CUSTODY, CustodyOf(key, pending.front()), amount);
  agreement.unallocated -= amount;
  next.held = amount;
  next.state = v1::Milestone::STATE_FUNDED;
  next.funded = Moment{.at = now};
  return true;
}

bool ReadyIsReleased(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  const Agreement& agreement = world.agreements.at(key);
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const v1::Milestone& text = agreement.contract->text.milestones(static_cast<int>(i));
    const Milestone& milestone = agreement.milestones[i];
    if (milestone.state != v1::Milestone::STATE_FUNDED) {
      continue;
    }
    std::size_t requirement = 0;
    v1::MoveCause cause = v1::MOVE_CAUSE_UNSPECIFIED;
    if (agreement.long_stop_reached) {
      cause = v1::MOVE_CAUSE_LONG_STOP;
    } else if (IsOpen(agreement, i) && text.release_on_funding()) {
      cause = v1::MOVE_CAUSE_FUNDED;
    } else if (IsOpen(agreement, i) && Holds(text.release_when(), milestone, requirement)) {
      cause = v1::MOVE_CAUSE_CONDITIONS_MET;
    }
    if (cause != v1::MOVE_CAUSE_UNSPECIFIED) {
      Release(world, key, i, milestone.held, cause, now, AddEvent(key, now, events));
      return true;
    }
  }
  return false;
}

bool AllEndedCloses(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(key);
  std::size_t ended = 0;
  std::size_t expired = 0;
  for (const Milestone& milestone : agreement.milestones) {
    ended += milestone.ended() ? 1U : 0U;
    expired += milestone.state == v1::Milestone::STATE_EXPIRED ? 1U : 0U;
  }
  if (agreement.ended() || ended != agreement.milestones.size()) {
    return false;
  }
  v1::Event& event = AddEvent(key, now, events);
  agreement.state = agreement.cancelled                     ? v1::Agreement::STATE_CANCELLED
                    : agreement.expired || expired == ended ? v1::Agreement::STATE_EXPIRED
                                                            : v1::Agreement::STATE_SETTLED;
  event.mutable_agreement_closed()->set_state(agreement.state);
  if (agreement.unallocated > 0) {
    GiveBack(world, key, agreement.unallocated, now, event);
  }
  agreement.late = 0;
  return true;
}

bool UselessGoesBack(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  const Agreement& agreement = world.agreements.at(key);
  const v1::Policies& policies = agreement.contract->policies;
  if (agreement.state != v1::Agreement::STATE_ACTIVE || agreement.unallocated == 0) {
    return false;
  }
  const bool more_to_fund =
      std::any_of(agreement.milestones.begin(), agreement.milestones.end(),
                  [](const Milestone& milestone) { return milestone.state == v1::Milestone::STATE_PENDING; });
  v1::UnallocatedReturned::Cause cause = v1::UnallocatedReturned::CAUSE_UNSPECIFIED;
  if (more_to_fund && policies.partial_deposit() == v1::Policies::PARTIAL_DEPOSIT_RETURN) {
    cause = v1::UnallocatedReturned::CAUSE_PARTIAL;
  } else if (!more_to_fund && policies.overfunding() == v1::Policies::OVERFUNDING_RETURN) {
    cause = v1::UnallocatedReturned::CAUSE_OVERFUNDED;
  } else {
    return false;
  }
  v1::Event& event = AddEvent(key, now, events);
  event.mutable_unallocated_returned()->set_cause(cause);
  GiveBack(world, key, agreement.unallocated, now, event);
  return true;
}

bool DueLeaves(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(key);
  if (agreement.dues.empty() || agreement.dues.front().at > now) {
    return false;
  }
  const Due due = agreement.dues.front();
  agreement.dues.erase(agreement.dues.begin());
  v1::Event& event = AddEvent(key, now, events);
  v1::PayoutRequested& fact = *event.mutable_payout_requested();
  fact.set_source(due.source);
  fact.set_party_id(due.party);
  fact.set_minor_units(Small(due.amount));
  Post(world, event, due.source, due.party, -due.amount);
  Post(world, event, v1::ACCOUNT_KIND_IN_TRANSIT, "", due.amount);
  return true;
}

// Notes what an account got. The book knows accounts only: two fees of one account fill up in their order.
void Pay(Milestone& milestone, v1::AccountKind account, const std::string& party, Wide amount) {
  for (Share& share : milestone.shares) {
    if (share.account == account && share.party == party) {
      const Wide part = std::min(amount, share.amount - share.paid);
      share.paid += part;
      amount -= part;
    }
  }
  ESCROW_ASSERT(amount == 0);
}

}  // namespace

void Post(World& world, v1::Event& event, v1::AccountKind kind, const std::string& whose, Wide amount) {
  const std::string platform = *ReadTopName(event.platform(), "platforms");
  if (event.currency_code().empty()) {
    event.set_currency_code(world.agreements.at({platform, event.agreement_id()}).contract->text.currency_code());
  }
  v1::Posting& posting = *event.add_postings();
  posting.set_account(kind);
  posting.set_minor_units(Small(amount));
  if (kind == v1::ACCOUNT_KIND_PAYABLE || kind == v1::ACCOUNT_KIND_REFUNDABLE) {
    posting.set_party_id(whose);
  }
  if (kind == v1::ACCOUNT_KIND_CUSTODY) {
    posting.set_milestone_index(static_cast<std::uint32_t>(std::stoul(whose.substr(whose.find('#') + 1))));
  }
  world.book[{platform, event.currency_code(), kind, whose}] += amount;
}

v1::Event& AddEvent(const Key& key, Nanos now, std::vector<v1::Event>& events) {
  v1::Event& event = events.emplace_back();
  event.set_platform("platforms/" + key.first);
  event.set_agreement_id(key.second);
  event.mutable_effective_time()->set_seconds(now / kSecond);
  event.mutable_effective_time()->set_nanos(static_cast<std::int32_t>(now % kSecond));
  return event;
}

void Release(World& world, const Key& key, std::size_t index, Wide amount, v1::MoveCause cause, Nanos now,
             v1::Event& event) {
  Agreement& agreement = world.agreements.at(key);
  Milestone& milestone = agreement.milestones[index];
  v1::MilestoneReleased& fact = *event.mutable_milestone_released();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_minor_units(Small(amount));
  fact.set_cause(cause);
  fact.set_rules_version(1);
  fact.set_final(amount == milestone.held);
  for (const auto& [requirement, sequence] : milestone.met) {
    fact.add_confirmation_sequences(sequence);
  }
  std::vector<Wide> open;
  for (const Share& share : milestone.shares) {
    open.push_back(share.amount - share.paid);
  }
  const std::vector<Wide> parts = Divide(amount, open, agreement.contract->policies.rounding(), /*capped=*/true);
  Post(world, event, v1::ACCOUNT_KIND_CUSTODY, CustodyOf(key, index), -amount);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Share& share = milestone.shares[i];
    Pay(milestone, share.account, share.party, parts[i]);
    if (parts[i] != 0) {
      Post(world, event, share.account, share.party, parts[i]);
    }
    (share.account == v1::ACCOUNT_KIND_PAYABLE ? agreement.released : agreement.fees) += parts[i];
  }
  milestone.held -= amount;
  milestone.released += amount;
  if (milestone.held == 0) {
    milestone.state = v1::Milestone::STATE_RELEASED;
  }
  NoteDues(agreement, event, now);
}

void Refund(World& world, const Key& key, std::size_t index, Wide amount, v1::MoveCause cause, Nanos now,
            v1::Event& event) {
  Agreement& agreement = world.agreements.at(key);
  Milestone& milestone = agreement.milestones[index];
  v1::MilestoneRefunded& fact = *event.mutable_milestone_refunded();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_minor_units(Small(amount));
  fact.set_cause(cause);
  fact.set_final(amount == milestone.held);
  Post(world, event, v1::ACCOUNT_KIND_CUSTODY, CustodyOf(key, index), -amount);
  Post(world, event, v1::ACCOUNT_KIND_REFUNDABLE, FirstInRole(agreement, v1::ROLE_BUYER), amount);
  milestone.held -= amount;
  milestone.refunded += amount;
  agreement.refunded += amount;
  if (milestone.held == 0 && milestone.state == v1::Milestone::STATE_FUNDED) {
    milestone.state = v1::Milestone::STATE_REFUNDED;
  }
  NoteDues(agreement, event, now);
}

std::vector<Alarm> AlarmsOf(const Agreement& agreement) {
  std::vector<Alarm> alarms;
  const auto add = [&](std::optional<Nanos> at, AlarmKind kind, std::size_t milestone, std::size_t requirement) {
    if (at) {
      alarms.push_back({.at = *at, .kind = kind, .milestone = milestone, .requirement = requirement});
    }
  };
  if (!agreement.dues.empty()) {
    add(agreement.dues.front().at, AlarmKind::kPayout, 0, 0);
  }
  if (agreement.ended()) {
    return alarms;
  }
  if (!agreement.long_stop_reached) {
    add(agreement.created.at + agreement.contract->policies.long_stop().seconds() * kSecond, AlarmKind::kLongStop, 0,
        0);
  }
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const Milestone& milestone = agreement.milestones[i];
    const v1::Milestone& text = agreement.contract->text.milestones(static_cast<int>(i));
    if (milestone.ended()) {
      continue;
    }
    if (text.has_funding_deadline() && milestone.state == v1::Milestone::STATE_PENDING && !milestone.funding_missed) {
      add(RunsOut(text.funding_deadline(), agreement, milestone), AlarmKind::kFundingDeadline, i, 0);
    }
    const int met_by = text.delivery_deadline_met_by();
    const bool delivered = milestone.recorded.count(met_by) == 1 || milestone.deemed.count(met_by) == 1;
    if (text.has_delivery_deadline() && !delivered && !milestone.delivery_missed) {
      add(RunsOut(text.delivery_deadline(), agreement, milestone), AlarmKind::kDeliveryDeadline, i, 0);
    }
    const std::vector<const v1::Requirement*>& asked = agreement.contract->asked[i];
    for (std::size_t j = 0; j < asked.size(); ++j) {
      if (asked[j]->has_deemed_after() && milestone.met.count(j) == 0) {
        add(RunsOut(asked[j]->deemed_after(), agreement, milestone), AlarmKind::kDeemed, i, j);
      }
    }
  }
  return alarms;
}

bool IsOpen(const Agreement& agreement, std::size_t index) {
  const v1::Agreement& text = agreement.contract->text;
  for (const std::string& id : text.milestones(static_cast<int>(index)).opens_after()) {
    for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
      if (text.milestones(static_cast<int>(i)).milestone_id() == id && !agreement.milestones[i].ended()) {
        return false;
      }
    }
  }
  return true;
}

void Settle(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events) {
  while (LateGoesBack(world, key, now, events) || CancelsOrActivates(world, key, now, events) ||
         EndedIsRefunded(world, key, now, events) || NextIsFunded(world, key, now, events) ||
         ReadyIsReleased(world, key, now, events) || AllEndedCloses(world, key, now, events) ||
         UselessGoesBack(world, key, now, events) || DueLeaves(world, key, now, events)) {
  }
}

void GoOff(World& world, const Key& key, const Alarm& alarm, std::uint64_t sequence, std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(key);
  const Nanos now = std::max(alarm.at, agreement.updated);
  agreement.updated = now;
  if (alarm.kind == AlarmKind::kPayout) {
    return Settle(world, key, now, events);
  }
  const v1::Policies& policies = agreement.contract->policies;
  v1::Event& event = AddEvent(key, now, events);
  Milestone& milestone = agreement.milestones[alarm.milestone];
  if (alarm.kind == AlarmKind::kLongStop) {
    event.mutable_long_stop_reached()->set_action(policies.long_stop_action());
    agreement.long_stop_reached = true;
    agreement.expired = true;
    EndOpen(agreement, v1::Milestone::STATE_EXPIRED,
            /*pending_only=*/policies.long_stop_action() == v1::Policies::LONG_STOP_ACTION_RELEASE);
  } else if (alarm.kind == AlarmKind::kDeemed) {
    const v1::Requirement& requirement = *agreement.contract->asked[alarm.milestone][alarm.requirement];
    v1::ConfirmationDeemed& fact = *event.mutable_confirmation_deemed();
    fact.set_milestone_index(static_cast<std::uint32_t>(alarm.milestone));
    fact.set_requirement_index(static_cast<std::uint32_t>(alarm.requirement));
    fact.set_kind(requirement.kind());
    fact.set_role(requirement.role());
    fact.set_start_sequence(StartedBy(requirement.deemed_after(), agreement, milestone));
    milestone.met[alarm.requirement] = sequence;
    milestone.deemed.insert(requirement.kind());
  } else {
    const bool funding = alarm.kind == AlarmKind::kFundingDeadline;
    v1::DeadlineMissed& fact = *event.mutable_deadline_missed();
    fact.set_milestone_index(static_cast<std::uint32_t>(alarm.milestone));
    fact.set_kind(funding ? v1::DEADLINE_KIND_FUNDING : v1::DEADLINE_KIND_DELIVERY);
    fact.set_policy(policies.missed_milestone());
    (funding ? milestone.funding_missed : milestone.delivery_missed) = true;
    if (policies.missed_milestone() == v1::Policies::MISSED_MILESTONE_CEASE_ALL) {
      agreement.expired = true;
      EndOpen(agreement, v1::Milestone::STATE_EXPIRED, /*pending_only=*/false);
    } else if (policies.missed_milestone() == v1::Policies::MISSED_MILESTONE_CEASE_THIS) {
      milestone.state = v1::Milestone::STATE_EXPIRED;
    }
  }
  Settle(world, key, now, events);
}

std::string FirstInRole(const Agreement& agreement, v1::Role role) {
  for (const v1::Participant& participant : agreement.contract->text.participants()) {
    if (participant.role() == role) {
      return ReadName(participant.party(), "parties")->id;
    }
  }
  base::AssertFailed("somebody has the role", __FILE__, __LINE__);
}

std::set<std::string> Deciders(const Agreement& agreement) {
  std::set<std::string> deciders;
  for (const v1::Participant& participant : agreement.contract->text.participants()) {
    if (participant.role() == v1::ROLE_BUYER || participant.role() == v1::ROLE_SELLER) {
      deciders.insert(ReadName(participant.party(), "parties")->id);
    }
  }
  return deciders;
}

}  // namespace escrow::model
