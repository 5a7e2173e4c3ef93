#include "core/timers.h"

#include <algorithm>

#include "base/assert.h"

namespace escrow::core {
namespace {

void Insert(Agreement& agreement, const Timer& timer) {
  agreement.timers.insert(std::ranges::upper_bound(agreement.timers, timer), timer);
}

// When a timer that starts now expires.
base::Time Deadline(const Agreement& agreement, const TimerTerms& terms, const TimerStart& start) {
  if (terms.start == v1::Timer::START_FIXED_TIME) {
    const auto position = static_cast<std::size_t>(terms.seconds);
    ESCROW_ASSERT(position < agreement.fixed_times.size());
    return agreement.fixed_times[position];
  }
  return base::AddSeconds(start.now, terms.seconds);
}

// Whether the confirmation that meets the delivery deadline is there, recorded or deemed.
bool IsDelivered(const MilestoneTerms& terms, const Milestone& milestone) {
  for (std::size_t i = 0; i < terms.requirements.size(); ++i) {
    if (terms.requirements[i].kind == terms.delivery_met_by && (milestone.met >> i & 1U) != 0) {
      return true;
    }
  }
  return false;
}

// Starts every timer of milestone `index` whose terms `starts_now` picks, unless what it waits for has happened
// already.
template <class Predicate>
void StartMatching(Agreement& agreement, const Terms& terms, std::size_t index, const TimerStart& start,
                   Predicate starts_now) {
  const MilestoneTerms& milestone_terms = terms.milestones[index];
  const Milestone& milestone = agreement.milestones[index];
  const auto begin = [&](TimerKind kind, const TimerTerms& timer, std::size_t requirement) {
    Insert(agreement, {.deadline = Deadline(agreement, timer, start),
                       .kind = kind,
                       .milestone = static_cast<std::uint8_t>(index),
                       .index = static_cast<std::uint8_t>(requirement),
                       .start_sequence = timer.start == v1::Timer::START_FIXED_TIME ? 0 : start.sequence});
  };
  if (starts_now(milestone_terms.funding_deadline) && milestone.state == v1::Milestone::STATE_PENDING) {
    begin(TimerKind::kFundingDeadline, milestone_terms.funding_deadline, 0);
  }
  if (starts_now(milestone_terms.delivery_deadline) && !IsDelivered(milestone_terms, milestone)) {
    begin(TimerKind::kDeliveryDeadline, milestone_terms.delivery_deadline, 0);
  }
  for (std::size_t i = 0; i < milestone_terms.requirements.size(); ++i) {
    const TimerTerms& deemed = milestone_terms.requirements[i].deemed;
    if (starts_now(deemed) && (milestone.met >> i & 1U) == 0) {
      begin(TimerKind::kDeemed, deemed, i);
    }
  }
}

}  // namespace

void StartLongStop(Agreement& agreement, const Terms& terms, const TimerStart& start) {
  Insert(agreement, {.deadline = base::AddSeconds(start.now, terms.policies.long_stop_seconds),
                     .kind = TimerKind::kLongStop,
                     .start_sequence = start.sequence});
}

void StartAtActivation(Agreement& agreement, const Terms& terms, const TimerStart& start) {
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    StartMatching(agreement, terms, i, start, [](const TimerTerms& timer) {
      return timer.start == v1::Timer::START_FIXED_TIME || timer.start == v1::Timer::START_AGREEMENT_ACTIVATED;
    });
  }
}

void StartAtFunding(Agreement& agreement, const Terms& terms, std::size_t index, const TimerStart& start) {
  StartMatching(agreement, terms, index, start,
                [](const TimerTerms& timer) { return timer.start == v1::Timer::START_MILESTONE_FUNDED; });
}

void StartAtConfirmation(Agreement& agreement, const Terms& terms, std::size_t index, v1::ConfirmationKind kind,
                         const TimerStart& start) {
  StartMatching(agreement, terms, index, start, [kind](const TimerTerms& timer) {
    return timer.start == v1::Timer::START_CONFIRMATION_RECORDED && timer.kind == kind;
  });
}

void StopTimer(Agreement& agreement, TimerKind kind, std::size_t index) {
  std::erase_if(agreement.timers, [=](const Timer& timer) { return timer.kind == kind && timer.milestone == index; });
}

void StopDeemed(Agreement& agreement, std::size_t index, std::size_t requirement) {
  std::erase_if(agreement.timers, [=](const Timer& timer) {
    return timer.kind == TimerKind::kDeemed && timer.milestone == index && timer.index == requirement;
  });
}

void StopMilestone(Agreement& agreement, std::size_t index) {
  std::erase_if(agreement.timers,
                [=](const Timer& timer) { return timer.kind != TimerKind::kLongStop && timer.milestone == index; });
}

}  // namespace escrow::core
