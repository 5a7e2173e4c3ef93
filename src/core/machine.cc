#include "core/machine.h"

#include <algorithm>

#include "base/assert.h"
#include "base/mutant.h"
#include "base/prefetch.h"
#include "core/apply.h"
#include "core/decide.h"
#include "core/limits.h"
#include "core/names.h"
#include "core/react.h"
#include "core/reasons.h"
#include "core/situation.h"
#include "core/state_edit.h"
#include "core/validate.h"

namespace escrow::core {

namespace {

constexpr std::size_t kEventBytesMax = 4'096;  // of memory; few events take more

google::protobuf::ArenaOptions ArenaAt(char* block, std::size_t bytes) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = bytes;
  return options;
}

}  // namespace

EventBuffer::EventBuffer(std::size_t events)
    : first_block_(new char[events * kEventBytes]), arena_(ArenaAt(first_block_.get(), events * kEventBytes)) {}

v1::Event& EventBuffer::Add() {
  if (size_ == events_.size()) {
    events_.push_back(google::protobuf::Arena::CreateMessage<v1::Event>(&arena_));
  } else {
    events_[size_]->Clear();
  }
  return *events_[size_++];
}

void EventBuffer::Prefetch(std::size_t index) const {
  // The parts of an event lie behind it, up to the next one; where that is in another block of the arena, a few lines
  // hold what is read first.
  const auto begin = reinterpret_cast<std::uintptr_t>(events_[index]);
  const std::uintptr_t next = index + 1 < size_ ? reinterpret_cast<std::uintptr_t>(events_[index + 1]) : begin;
  base::PrefetchToRead(events_[index], next - begin <= kEventBytesMax ? next - begin : sizeof(v1::Event));
}

void EventBuffer::Refer(v1::Event& event, const Request& request) {
  ESCROW_ASSERT(event.GetArena() != nullptr);
  // An event in an arena neither changes nor deletes what it is given; protobuf has no word for that.
  event.unsafe_arena_set_allocated_actor(const_cast<v1::Principal*>(request.actor));
  event.unsafe_arena_set_allocated_command(const_cast<v1::Command*>(request.command));
}

void EventBuffer::Clear() {
  events_.clear();
  size_ = 0;
  arena_.Reset();
}

void EventBuffer::Truncate(std::size_t size) {
  ESCROW_ASSERT(size <= size_);
  size_ = size;
}

struct Machine::Impl {
  explicit Impl(const MachineOptions& options) : state(options.agreements_open_max) {}

  State state;
  StateEdit edit{state};

  // One request. Refusals that do not burn leave no event.
  Outcome Run(const Request& request, base::Time log_time, EventBuffer& events);

  // The checks before the decision; on success `situation` is complete and `repeated` says whether the id is known.
  Check Prepare(const Request& request, Situation& situation, Target& target, std::uint64_t& repeated_sequence);

  v1::Event& NewEvent(base::Time log_time, std::optional<PlatformSlot> platform, base::Time now, EventBuffer& events);
  void AboutAgreement(v1::Event& event, AgreementSlot slot) const;

  // Everything that follows from the agreement's state at `now`. `cause` is the event that it follows from.
  void React(AgreementSlot slot, base::Time log_time, base::Time now, std::uint64_t cause, EventBuffer& events);
  // Fires the agreement's earliest timer or scheduled payout, which is due, at its own moment, and what follows.
  void Fire(AgreementSlot slot, base::Time log_time, EventBuffer& events);
  [[nodiscard]] bool Due(AgreementSlot slot, base::Time log_time) const;
  // Fires everything of the agreement that is due.
  void CatchUp(AgreementSlot slot, base::Time log_time, EventBuffer& events);

  // The etag that the command asks for, if any, is the agreement's.
  Check CheckEtag(const v1::Command& command, AgreementSlot slot) const;
  // Makes the command's own event, complete but not applied; none when it is refused.
  Check DecideEvent(const Request& request, Situation& situation, EventBuffer& events);
  // Applies the command's own event, the last of `events`, and all that follows.
  Outcome Carry(Situation& situation, EventBuffer& events);

  void Burn(const Request& request, const Refusal& refusal, const Situation& situation, EventBuffer& events);
  Outcome Refused(const Refusal& refusal) const;
};

namespace {

// The etag of a request that has one; empty when it is not asked for.
std::string_view EtagOf(const v1::Command& command) {
  return VisitPayload(command, [](const auto& request) -> std::string_view {
    if constexpr (requires { request.etag(); }) {
      return request.etag();
    } else {
      return {};
    }
  });
}

// Whether the command, which has passed Prepare, could be executed in some state as part of a batch. If not, the end of
// its batch does not burn its id: it may hold values that the contract does not know, and the log must not.
bool IsConceivable(const v1::Command& command) {
  if (IsDryRun(command)) {
    return false;
  }
  if (!command.has_create_agreement()) {
    return true;
  }
  const v1::CreateAgreementRequest& request = command.create_agreement();
  const auto platform_id = ParsePlatformName(request.parent());
  v1::AgreementCreated unused;
  return platform_id && !ValidateContract(*platform_id, request.agreement(), unused);
}

std::string EtagOf(const Agreement& agreement) { return '"' + std::to_string(agreement.last_sequence) + '"'; }

}  // namespace

v1::Event& Machine::Impl::NewEvent(base::Time log_time, std::optional<PlatformSlot> platform, base::Time now,
                                   EventBuffer& events) {
  v1::Event& event = events.Add();
  event.set_sequence(state.last_sequence() + 1);
  ToTimestamp(log_time, *event.mutable_log_time());
  if (now != log_time) {
    ToTimestamp(now, *event.mutable_effective_time());
  }
  if (platform) {
    event.set_platform(PlatformName(state.platform(*platform).id));
  }
  return event;
}

void Machine::Impl::AboutAgreement(v1::Event& event, AgreementSlot slot) const {
  const Agreement& agreement = state.agreement(slot);
  event.set_agreement_id(agreement.id);
  event.set_previous_sequence(agreement.last_sequence);
}

bool Machine::Impl::Due(AgreementSlot slot, base::Time log_time) const {
  const Agreement& agreement = state.agreement(slot);
  const auto deadline = agreement.NextDeadline();
  const std::int64_t late_ns = ESCROW_MUTANT(DeadlineOneLate) ? 1 : 0;
  return deadline && deadline->ns + late_ns <= state.EffectiveTime(agreement.platform, log_time).ns;
}

void Machine::Impl::React(AgreementSlot slot, base::Time log_time, base::Time now, std::uint64_t cause,
                          EventBuffer& events) {
  for (;;) {
    v1::Event& event = NewEvent(log_time, state.agreement(slot).platform, now, events);
    AboutAgreement(event, slot);
    if (!NextReaction(state, slot, now, event)) {
      events.Truncate(events.size() - 1);
      return;
    }
    if (cause != 0) {
      event.set_cause_sequence(cause);
    } else {
      cause = event.sequence();  // a scheduled payout starts by itself and causes the rest
    }
    if (!event.postings().empty()) {
      event.set_currency_code(std::string(state.agreement(slot).currency.code()));
    }
    ApplyEvent(edit, state, event);
  }
}

void Machine::Impl::Fire(AgreementSlot slot, base::Time log_time, EventBuffer& events) {
  const Agreement& agreement = state.agreement(slot);
  // A fixed time may lie before the moment at which its timer began to run.
  const base::Time now = std::max(*agreement.NextDeadline(), agreement.update_time);
  const bool timer_first = !agreement.timers.empty() && agreement.timers.front().deadline == *agreement.NextDeadline();
  std::uint64_t cause = 0;
  if (timer_first) {
    v1::Event& event = NewEvent(log_time, agreement.platform, now, events);
    AboutAgreement(event, slot);
    FillTimerEvent(state, slot, event);
    cause = event.sequence();
    ApplyEvent(edit, state, event);
  }
  React(slot, log_time, now, cause, events);
}

void Machine::Impl::CatchUp(AgreementSlot slot, base::Time log_time, EventBuffer& events) {
  while (Due(slot, log_time)) {
    Fire(slot, log_time, events);
  }
}

Outcome Machine::Impl::Refused(const Refusal& refusal) const {
  ESCROW_ASSERT(refusal.reason != v1::REASON_UNSPECIFIED);
  Outcome outcome;
  outcome.reason = refusal.reason;
  outcome.variables = refusal.variables;
  return outcome;
}

void Machine::Impl::Burn(const Request& request, const Refusal& refusal, const Situation& situation,
                         EventBuffer& events) {
  const base::Time now =
      situation.platform ? state.EffectiveTime(*situation.platform, situation.log_time) : situation.log_time;
  v1::Event& event = NewEvent(situation.log_time, situation.platform, now, events);
  EventBuffer::Refer(event, request);
  event.mutable_command_refused()->set_reason(refusal.reason);
  for (const auto& [key, value] : refusal.variables) {
    v1::Variable& variable = *event.mutable_command_refused()->add_variables();
    variable.set_key(key);
    variable.set_value(value);
  }
  ApplyEvent(edit, state, event);
}

Check Machine::Impl::Prepare(const Request& request, Situation& situation, Target& target,
                             std::uint64_t& repeated_sequence) {
  const v1::Command& command = *request.command;
  if (command.payload_case() == v1::Command::PAYLOAD_NOT_SET) {
    return Refuse(v1::REASON_EMPTY_COMMAND);
  }
  const auto request_id = ParseRequestId(RequestIdOf(command));
  if (!request_id) {
    return Refuse(v1::REASON_INVALID_REQUEST_ID);
  }
  ESCROW_RETURN_IF_REFUSED(ReadTarget(command, target));
  const auto principal = PrincipalKey(state, *request.actor);
  if (!principal) {
    return Refuse(v1::REASON_PERMISSION_DENIED, {{"principal", v1::Principal::Kind_Name(request.actor->kind())}});
  }
  ESCROW_RETURN_IF_REFUSED(Authorise(state, *request.actor, command.payload_case(), target));
  repeated_sequence = edit.FindRequest({.id = *request_id, .principal = *principal});
  if (repeated_sequence != 0) {
    return {};
  }
  ESCROW_RETURN_IF_REFUSED(CheckForm(command));
  return FindTarget(target, situation);
}

Outcome Machine::Impl::Run(const Request& request, base::Time log_time, EventBuffer& events) {
  ESCROW_ASSERT(request.command != nullptr && request.actor != nullptr);
  Situation situation{.state = state, .actor = *request.actor, .log_time = log_time, .now = log_time};
  Target target;
  std::uint64_t repeated_sequence = 0;
  Check refusal = Prepare(request, situation, target, repeated_sequence);
  if (repeated_sequence != 0) {
    Outcome outcome;
    outcome.repeated = true;
    outcome.first_sequence = repeated_sequence;
    return outcome;
  }
  // A command sees the agreement as it is now: with every timer that is due expired (design.md §2).
  if (!refusal && situation.agreement) {
    CatchUp(*situation.agreement, log_time, events);
    refusal = CheckEtag(*request.command, *situation.agreement);
  }
  if (!refusal) {
    refusal = DecideEvent(request, situation, events);
  }
  if (!refusal) {
    return Carry(situation, events);
  }
  Outcome outcome = Refused(*refusal);
  if (FindReason(refusal->reason).burns &&
      !(ESCROW_MUTANT(RefusalNotBurnt) && refusal->reason == v1::REASON_INSUFFICIENT_FUNDS)) {
    outcome.first_sequence = outcome.last_sequence = state.last_sequence() + 1;
    Burn(request, *refusal, situation, events);
  }
  return outcome;
}

Check Machine::Impl::CheckEtag(const v1::Command& command, AgreementSlot slot) const {
  const std::string_view asked = EtagOf(command);
  if (asked.empty()) {
    return {};
  }
  const std::string etag = EtagOf(state.agreement(slot));
  return asked == etag ? Check{} : Refuse(v1::REASON_ETAG_MISMATCH, {{"etag", etag}});
}

Check Machine::Impl::DecideEvent(const Request& request, Situation& situation, EventBuffer& events) {
  const base::Time log_time = situation.log_time;
  situation.now = situation.platform ? state.EffectiveTime(*situation.platform, log_time) : log_time;
  v1::Event& event = NewEvent(log_time, situation.platform, situation.now, events);
  if (situation.agreement) {
    AboutAgreement(event, *situation.agreement);
  } else if (situation.payout) {
    event.set_previous_sequence(state.payout(*situation.payout).last_sequence);
  }
  if (Check refusal = Decide(situation, *request.command, event)) {
    events.Truncate(events.size() - 1);
    return refusal;
  }
  EventBuffer::Refer(event, request);
  if (event.currency_code().empty() && !event.postings().empty()) {
    const base::Currency currency =
        situation.payout ? state.payout(*situation.payout).currency : state.agreement(*situation.agreement).currency;
    event.set_currency_code(std::string(currency.code()));
  }
  return {};
}

Outcome Machine::Impl::Carry(Situation& situation, EventBuffer& events) {
  const v1::Event& event = events.back();
  Outcome outcome;
  outcome.name = ResourceNameOf(event.command());
  outcome.first_sequence = event.sequence();
  ApplyEvent(edit, state, event);
  if (event.fact_case() == v1::Event::kAgreementCreated) {
    situation.agreement = state.FindAgreement(*situation.platform, event.agreement_id());
  }
  if (situation.agreement) {
    React(*situation.agreement, situation.log_time, situation.now, outcome.first_sequence, events);
  }
  outcome.last_sequence = state.last_sequence();
  if (situation.agreement) {
    // Due, but not caused by the command: fixed times that lie in the past.
    CatchUp(*situation.agreement, situation.log_time, events);
  }
  return outcome;
}

Machine::Machine(const MachineOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Machine::~Machine() = default;

void Machine::Begin(std::string_view log_id, base::Time log_time, EventBuffer& events) {
  ESCROW_ASSERT(impl_->state.last_sequence() == 0);
  v1::Event& event = impl_->NewEvent(log_time, std::nullopt, log_time, events);
  event.mutable_log_created()->set_log_id(std::string(log_id));
  event.mutable_log_created()->set_rules_version(kRulesVersion);
  ApplyEvent(impl_->edit, impl_->state, event);
}

void Machine::Announce(const v1::Event& event) {
  if (!event.has_command()) {
    return;  // it follows from one that was announced
  }
  const auto request_id = ParseRequestId(RequestIdOf(event.command()));
  const auto principal = PrincipalKey(impl_->state, event.actor());
  if (request_id && principal) {
    impl_->edit.Announce({.id = *request_id, .principal = *principal});
  }
  const auto platform = ParsePlatformName(event.platform());
  const auto slot = platform ? impl_->state.FindPlatform(*platform) : std::nullopt;
  if (slot && !event.agreement_id().empty()) {
    impl_->edit.Announce(*slot, event.agreement_id());
  }
}

Outcome Machine::Execute(const Request& request, base::Time log_time, EventBuffer& events) {
  ESCROW_ASSERT(log_time > impl_->state.last_log_time());
  impl_->edit.Rest();
  const bool dry_run = IsDryRun(*request.command);
  if (!dry_run) {
    return impl_->Run(request, log_time, events);
  }
  impl_->edit.OpenScope();
  Outcome outcome = impl_->Run(request, log_time, events);
  ESCROW_MUTANT(DryRunHappens) ? impl_->edit.KeepScope() : impl_->edit.DropScope();
  if (!outcome.repeated) {
    outcome.first_sequence = 0;
    outcome.last_sequence = 0;
  }
  return outcome;
}

std::vector<Outcome> Machine::ExecuteAtomic(std::span<const Request> requests, base::Time log_time,
                                            EventBuffer& events) {
  ESCROW_ASSERT(!requests.empty() && requests.size() <= kBatchCommandsMax);
  ESCROW_ASSERT(log_time > impl_->state.last_log_time());
  impl_->edit.Rest();
  const std::size_t before = events.size();
  std::vector<Outcome> outcomes;
  std::size_t repeated = 0;
  std::size_t failed = requests.size();
  impl_->edit.OpenScope();
  for (std::size_t i = 0; i < requests.size() && failed == requests.size(); ++i) {
    if (IsDryRun(*requests[i].command)) {
      outcomes.push_back(impl_->Refused(Refuse(v1::REASON_INVALID_FIELD, {{"field", "validate_only"}})));
    } else {
      outcomes.push_back(impl_->Run(requests[i], log_time, events));
    }
    repeated += outcomes.back().repeated ? 1U : 0U;
    if (outcomes.back().reason != v1::REASON_UNSPECIFIED) {
      failed = i;
    } else if (repeated != 0 && repeated != i + 1) {  // some were done before and some were not: not the same batch
      failed = i;
      outcomes.back() = impl_->Refused(Refuse(v1::REASON_REQUEST_ID_REUSED, {{"field", "request_id"}}));
    }
  }
  if (failed == requests.size()) {
    impl_->edit.KeepScope();
    return outcomes;
  }
  if (ESCROW_MUTANT(BatchInPart)) {
    impl_->edit.KeepScope();
  } else {
    impl_->edit.DropScope();
    events.Truncate(before);
  }

  const Outcome cause = outcomes[failed];
  const bool burns = FindReason(cause.reason).burns;
  const Refusal aborted = Refuse(v1::REASON_BATCH_ABORTED, {{"index", std::to_string(failed)}});
  outcomes.assign(requests.size(), impl_->Refused(aborted));
  outcomes[failed] = cause;
  outcomes[failed].first_sequence = outcomes[failed].last_sequence = 0;
  for (std::size_t i = 0; burns && i < requests.size(); ++i) {
    Situation situation{.state = impl_->state, .actor = *requests[i].actor, .log_time = log_time, .now = log_time};
    Target target;
    std::uint64_t known = 0;
    const Check malformed = impl_->Prepare(requests[i], situation, target, known);
    if (known != 0 || (malformed && !FindReason(malformed->reason).burns) || !IsConceivable(*requests[i].command)) {
      continue;  // its id has its effect already, or it never could have one
    }
    outcomes[i].first_sequence = outcomes[i].last_sequence = impl_->state.last_sequence() + 1;
    impl_->Burn(requests[i], {.reason = outcomes[i].reason, .variables = outcomes[i].variables}, situation, events);
  }
  return outcomes;
}

std::size_t Machine::Expire(base::Time log_time, std::size_t max, EventBuffer& events) {
  ESCROW_ASSERT(log_time > impl_->state.last_log_time());
  std::size_t expired = 0;
  for (; expired < max; ++expired) {
    impl_->edit.Rest();
    const auto due = impl_->edit.FirstDue(log_time);
    if (!due) {
      break;
    }
    impl_->Fire(*due, log_time, events);
  }
  return expired;
}

std::optional<base::Time> Machine::NextDeadline() const { return impl_->edit.NextDeadline(); }

void Machine::Apply(const v1::Event& event) {
  impl_->edit.Rest();
  ApplyEvent(impl_->edit, impl_->state, event);
}

std::uint64_t Machine::last_sequence() const { return impl_->state.last_sequence(); }
base::Time Machine::last_log_time() const { return impl_->state.last_log_time(); }
const State& Machine::state() const { return impl_->state; }

std::uint64_t Machine::FindRequest(const v1::Principal& actor, std::string_view request_id) const {
  const auto id = ParseRequestId(request_id);
  const auto principal = PrincipalKey(impl_->state, actor);
  return id && principal ? impl_->edit.FindRequest({.id = *id, .principal = *principal}) : 0;
}

void Machine::Save(const std::function<void(std::string_view)>& sink) const { impl_->edit.Save(sink); }
void Machine::BeginSave(SaveExtent extent) { impl_->edit.BeginSave(extent); }
bool Machine::ContinueSave(std::size_t bytes, const std::function<void(std::string_view)>& sink) {
  return impl_->edit.ContinueSave(bytes, sink);
}
bool Machine::Load(std::span<const std::string_view> saves) { return impl_->edit.Load(saves); }

}  // namespace escrow::core
