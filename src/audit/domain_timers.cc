#include "audit/domain_timers.h"

namespace escrow::audit {
namespace {

Nanos DeadlineOf(const v1::Timer& timer, Nanos now) {
  return timer.start() == v1::Timer::START_FIXED_TIME ? NanosOf(timer.fixed_time())
                                                      : After(now, timer.duration().seconds());
}

// Whether the confirmation that the delivery deadline waits for is there, recorded or deemed.
bool IsDelivered(const v1::Milestone& terms, const MilestoneNow& milestone) {
  for (std::size_t i = 0; i < milestone.requirements.size(); ++i) {
    if (milestone.met_by[i] != 0 && milestone.requirements[i]->kind() == terms.delivery_deadline_met_by()) {
      return true;
    }
  }
  return false;
}

// Starts each timer of the milestone for which `starts` holds, unless what it waits for is there.
template <class Predicate>
void Start(AgreementNow& agreement, std::size_t index, const Moment& moment, Predicate starts) {
  const v1::Milestone& terms = agreement.terms->milestones(static_cast<int>(index));
  const MilestoneNow& milestone = agreement.milestones[index];
  const auto run = [&](TimerKind kind, const v1::Timer& timer, std::size_t requirement) {
    agreement.timers.insert({.deadline = DeadlineOf(timer, moment.now),
                             .kind = kind,
                             .milestone = index,
                             .requirement = requirement,
                             .start_sequence = timer.start() == v1::Timer::START_FIXED_TIME ? 0 : moment.sequence});
  };
  if (terms.has_funding_deadline() && starts(terms.funding_deadline()) &&
      milestone.state == v1::Milestone::STATE_PENDING) {
    run(TimerKind::kFundingDeadline, terms.funding_deadline(), 0);
  }
  if (terms.has_delivery_deadline() && starts(terms.delivery_deadline()) && !IsDelivered(terms, milestone)) {
    run(TimerKind::kDeliveryDeadline, terms.delivery_deadline(), 0);
  }
  for (std::size_t i = 0; i < milestone.requirements.size(); ++i) {
    const v1::Requirement& requirement = *milestone.requirements[i];
    if (requirement.has_deemed_after() && starts(requirement.deemed_after()) && milestone.met_by[i] == 0) {
      run(TimerKind::kDeemed, requirement.deemed_after(), i);
    }
  }
}

}  // namespace

void StartLongStop(AgreementNow& agreement, const Moment& moment) {
  agreement.timers.insert({.deadline = After(moment.now, agreement.policies.long_stop().seconds()),
                           .kind = TimerKind::kLongStop,
                           .milestone = 0,
                           .requirement = 0,
                           .start_sequence = moment.sequence});
}

void StartAtActivation(AgreementNow& agreement, const Moment& moment) {
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    Start(agreement, i, moment, [](const v1::Timer& timer) {
      return timer.start() == v1::Timer::START_FIXED_TIME || timer.start() == v1::Timer::START_AGREEMENT_ACTIVATED;
    });
  }
}

void StartAtFunding(AgreementNow& agreement, std::size_t milestone, const Moment& moment) {
  Start(agreement, milestone, moment,
        [](const v1::Timer& timer) { return timer.start() == v1::Timer::START_MILESTONE_FUNDED; });
}

void StartAtConfirmation(AgreementNow& agreement, std::size_t milestone, v1::ConfirmationKind kind,
                         const Moment& moment) {
  Start(agreement, milestone, moment, [kind](const v1::Timer& timer) {
    return timer.start() == v1::Timer::START_CONFIRMATION_RECORDED && timer.confirmation_kind() == kind;
  });
}

void StopTimers(AgreementNow& agreement, TimerKind kind, std::size_t milestone) {
  std::erase_if(agreement.timers,
                [=](const RunningTimer& timer) { return timer.kind == kind && timer.milestone == milestone; });
}

void StopDeemed(AgreementNow& agreement, std::size_t milestone, std::size_t requirement) {
  std::erase_if(agreement.timers, [=](const RunningTimer& timer) {
    return timer.kind == TimerKind::kDeemed && timer.milestone == milestone && timer.requirement == requirement;
  });
}

void StopAllOf(AgreementNow& agreement, std::size_t milestone) {
  std::erase_if(agreement.timers, [=](const RunningTimer& timer) {
    return timer.kind != TimerKind::kLongStop && timer.milestone == milestone;
  });
}

}  // namespace escrow::audit
