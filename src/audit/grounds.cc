#include "audit/grounds.h"

#include <algorithm>
#include <string>

#include "audit/domain_agreement.h"

namespace escrow::audit {
namespace {

std::string Named(std::uint64_t sequence) { return "event " + std::to_string(sequence); }

// The event with this number, among the event that is proven and its history.
const v1::Event* Find(const v1::Event& event, const std::vector<v1::Event>& history, std::uint64_t sequence) {
  if (event.sequence() == sequence) {
    return &event;
  }
  const auto found = std::ranges::find(history, sequence, [](const v1::Event& before) { return before.sequence(); });
  return found == history.end() ? nullptr : &*found;
}

std::optional<std::uint32_t> ConfirmedMilestone(const v1::Event& event) {
  if (event.has_confirmation_recorded()) {
    return event.confirmation_recorded().milestone_index();
  }
  if (event.has_confirmation_deemed()) {
    return event.confirmation_deemed().milestone_index();
  }
  return std::nullopt;
}

// The timer that the agreement has for what was deemed; nothing when it has none.
const v1::Timer* AgreedTimer(const v1::Agreement& agreement, const v1::ConfirmationDeemed& deemed) {
  if (deemed.milestone_index() >= static_cast<std::uint32_t>(agreement.milestones_size())) {
    return nullptr;
  }
  std::vector<const v1::Requirement*> requirements;
  AddRequirements(agreement.milestones(static_cast<int>(deemed.milestone_index())).release_when(), requirements);
  if (deemed.requirement_index() >= requirements.size()) {
    return nullptr;
  }
  const v1::Requirement& requirement = *requirements[deemed.requirement_index()];
  const bool agreed =
      requirement.kind() == deemed.kind() && requirement.role() == deemed.role() && requirement.has_deemed_after();
  return agreed ? &requirement.deemed_after() : nullptr;
}

// REQUIRES: `event` is a deemed confirmation, and `history` goes from the one before some later event, or itself, back
// to the agreement's creation.
Complaint FindDeeming(const v1::Event& event, const std::vector<v1::Event>& history, Deeming& deeming) {
  const v1::ConfirmationDeemed& deemed = event.confirmation_deemed();
  const std::string name = Named(event.sequence());
  const v1::Timer* timer = AgreedTimer(history.back().command().create_agreement().agreement(), deemed);
  if (timer == nullptr) {
    return name + ": the agreement has no timer by which this counts as confirmed";
  }
  deeming.start_sequence = deemed.start_sequence();
  const bool fixed = timer->start() == v1::Timer::START_FIXED_TIME;
  if (fixed != (deemed.start_sequence() == 0)) {
    return name +
           (fixed ? ": a timer with a fixed time has no start" : ": the event that started the timer is not named");
  }
  if (fixed) {
    if (!IsTime(timer->fixed_time())) {
      return name + ": the fixed time of its timer is no time";
    }
    deeming.deadline = NanosOf(timer->fixed_time());
  } else {
    const v1::Event* start = Find(event, history, deemed.start_sequence());
    if (start == nullptr || start->sequence() >= event.sequence()) {
      return name + ": " + Named(deemed.start_sequence()) + ", which started its timer, is not in the history";
    }
    deeming.start = EffectiveTimeOf(*start);
    deeming.duration_seconds = timer->duration().seconds();
    if (deeming.duration_seconds <= 0) {
      return name + ": its timer has no duration";
    }
    deeming.deadline = After(deeming.start, deeming.duration_seconds);
  }
  const v1::Event* before = Find(event, history, event.previous_sequence());
  const Nanos expiry = before == nullptr ? deeming.deadline : std::max(deeming.deadline, EffectiveTimeOf(*before));
  return EffectiveTimeOf(event) == expiry
             ? Complaint()
             : Complaint(name + ": its effective time is not when its timer expires: start and duration give another");
}

std::vector<std::uint64_t> GroundsNamed(const v1::Event& event) {
  if (event.has_milestone_released()) {
    const auto& named = event.milestone_released().confirmation_sequences();
    return {named.begin(), named.end()};
  }
  return ConfirmedMilestone(event) ? std::vector{event.sequence()} : std::vector<std::uint64_t>();
}

}  // namespace

Complaint FindGrounds(const v1::Event& event, const std::vector<v1::Event>& history, bool whole,
                      std::vector<Ground>& grounds) {
  const v1::Event& first = history.empty() ? event : history.back();
  if (whole && !event.agreement_id().empty() &&
      !(first.has_agreement_created() && first.command().has_create_agreement())) {
    return Named(first.sequence()) + " is the first of its agreement and does not create it";
  }
  const std::optional<std::uint32_t> milestone =
      event.has_milestone_released() ? event.milestone_released().milestone_index() : ConfirmedMilestone(event);
  for (const std::uint64_t sequence : GroundsNamed(event)) {
    Ground& ground = grounds.emplace_back(Ground{.sequence = sequence, .event = {}, .deeming = {}});
    const v1::Event* found = Find(event, history, sequence);
    const std::string name =
        "the confirmation that " + Named(event.sequence()) + " rests on, " + Named(sequence) + ", ";
    if (found == nullptr) {
      if (whole) {
        return name + "is not in the history";
      }
      continue;
    }
    if (!ConfirmedMilestone(*found) || ConfirmedMilestone(*found) != milestone) {
      return name + "is no confirmation of its milestone";
    }
    ground.event = *found;
    if (found->has_confirmation_deemed() && whole) {
      if (Complaint wrong = FindDeeming(*found, history, ground.deeming.emplace())) {
        return wrong;
      }
    }
  }
  return {};
}

}  // namespace escrow::audit
