#include "audit/domain.h"

#include "audit/clock_time.h"
#include "audit/difference.h"
#include "audit/domain_apply.h"
#include "audit/domain_decisions.h"
#include "audit/domain_moves.h"
#include "audit/domain_reactions.h"

namespace escrow::audit {
namespace {

std::string FactName(const v1::Event& event) {
  const auto* field = v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(event.fact_case()));
  return field == nullptr ? "no fact" : field->name();
}

// The etag that a command asks for; empty when it asks for none.
std::string EtagOf(const v1::Command& command) {
  switch (command.payload_case()) {
    case v1::Command::kAcceptAgreement:
      return command.accept_agreement().etag();
    case v1::Command::kCancelAgreement:
      return command.cancel_agreement().etag();
    case v1::Command::kRecordDeposit:
      return command.record_deposit().etag();
    case v1::Command::kConfirmMilestone:
      return command.confirm_milestone().etag();
    case v1::Command::kReleaseMilestone:
      return command.release_milestone().etag();
    case v1::Command::kRefundMilestone:
      return command.refund_milestone().etag();
    default:
      return {};
  }
}

bool IsDryRun(const v1::Command& command) {
  const auto* payload = v1::Command::descriptor()->FindFieldByNumber(static_cast<int>(command.payload_case()));
  const auto& request = v1::Command::GetReflection()->GetMessage(command, payload);
  return request.GetReflection()->GetBool(request, request.GetDescriptor()->FindFieldByName("validate_only"));
}

}  // namespace

Complaint Domain::Take(const v1::Event& event) {
  arena_.Reset();
  expected_ = google::protobuf::Arena::CreateMessage<v1::Event>(&arena_);
  expected_->set_sequence(event.sequence());
  Complaint wrong;
  if (event.sequence() == 1) {
    wrong = ExpectFirst(event);
  } else if (event.has_command()) {
    wrong = ExpectCommand(event);
  } else if (!ExpectOfChain()) {
    wrong = ExpectTimer(event);
  }
  if (wrong) {
    return wrong;
  }
  if (wrong = Compare(event); wrong) {
    return wrong;
  }
  if (wrong = ApplyEvent(event, now_, world_); wrong) {
    return wrong;
  }
  if (event.has_command() && !event.has_command_refused() && !event.agreement_id().empty()) {
    AgreementNow& agreement = world_.agreements.at(KeyOf(PlatformIdOf(event.platform()), event.agreement_id()));
    chain_ = {.agreement = &agreement, .now = now_, .log_time = NanosOf(event.log_time()), .cause = event.sequence()};
  }
  return {};
}

Complaint Domain::Compare(const v1::Event& event) {
  if (expected_->fact_case() != event.fact_case()) {
    return "the event is " + FactName(event) + " and must be " + FactName(*expected_);
  }
  if (event.has_command()) {
    // An event in an arena neither changes nor deletes what it is given; protobuf has no word for that.
    expected_->unsafe_arena_set_allocated_actor(const_cast<v1::Principal*>(&event.actor()));
    expected_->unsafe_arena_set_allocated_command(const_cast<v1::Command*>(&event.command()));
  }
  // WHY: equal messages of one build have equal bytes, and telling by reflection takes ten times as long.
  if (!expected_->SerializeToString(&expected_bytes_) || !event.SerializeToString(&found_bytes_)) {
    return "the event cannot be encoded";
  }
  if (expected_bytes_ == found_bytes_) {
    return {};
  }
  const std::string difference = FirstDifference(*expected_, event);
  return difference.empty() ? "the event says something that no field of the contract shows" : difference;
}

Complaint Domain::Finish() { return MissingOfChain(); }

void Domain::SetTimes(Nanos log_time) {
  SetTime(log_time, *expected_->mutable_log_time());
  if (now_ != log_time) {
    SetTime(now_, *expected_->mutable_effective_time());
  }
}

void Domain::SetAgreement(const AgreementNow& agreement) {
  expected_->set_platform(agreement.platform);
  expected_->set_agreement_id(agreement.id);
  expected_->set_previous_sequence(agreement.last_sequence);
  if (!expected_->postings().empty() && expected_->currency_code().empty()) {
    expected_->set_currency_code(agreement.currency);
  }
}

Complaint Domain::ExpectFirst(const v1::Event& event) {
  now_ = NanosOf(event.log_time());
  SetTimes(now_);
  if (!IsHex(event.log_created().log_id(), 32)) {
    return "a log begins with log_created and a log_id of 32 hexadecimal digits";
  }
  if (event.has_command() || event.has_actor()) {
    return "a command stands where a log begins";
  }
  expected_->mutable_log_created()->set_log_id(event.log_created().log_id());
  expected_->mutable_log_created()->set_rules_version(kRulesVersion);
  return {};
}

// ---- what follows by itself

bool Domain::ExpectOfChain() {
  if (!chain_) {
    return false;
  }
  if (!NextReaction(*chain_->agreement, chain_->now, *expected_)) {
    chain_.reset();
    return false;
  }
  now_ = chain_->now;
  expected_->set_cause_sequence(chain_->cause);
  SetTimes(chain_->log_time);
  SetAgreement(*chain_->agreement);
  return true;
}

Complaint Domain::MissingOfChain() {
  v1::Event next;
  if (!chain_ || !NextReaction(*chain_->agreement, chain_->now, next)) {
    return {};
  }
  return "agreement " + chain_->agreement->id + " of " + chain_->agreement->platform + " lacks " + FactName(next) +
         ", which must follow from event " + std::to_string(chain_->cause);
}

Complaint Domain::ExpectTimer(const v1::Event& event) {
  const std::string key = KeyOf(PlatformIdOf(event.platform()), event.agreement_id());
  AgreementNow* agreement = Find(world_.agreements, key);
  if (agreement == nullptr) {
    return FactName(event) + " has no command, and its agreement does not exist";
  }
  const auto deadline = agreement->NextDeadline();
  const Nanos log_time = NanosOf(event.log_time());
  if (!deadline || *deadline > world_.NowOf(agreement->platform_id, log_time)) {
    return FactName(event) + " has no command, follows from nothing, and no timer of the agreement has expired";
  }
  // A fixed time may lie before the moment at which its timer began to run.
  now_ = std::max(*deadline, agreement->update_time);
  const bool timer = !agreement->timers.empty() && agreement->timers.begin()->deadline == *deadline;
  if (timer) {
    FillTimerEvent(*agreement, *expected_);
  } else if (!NextReaction(*agreement, now_, *expected_)) {
    return FactName(event) + " follows from nothing";
  }
  SetTimes(log_time);
  SetAgreement(*agreement);
  chain_ = {.agreement = agreement, .now = now_, .log_time = log_time, .cause = event.sequence()};
  return {};
}

// ---- commands

Complaint Domain::CheckBatch(const v1::Event& event) {
  const Nanos log_time = NanosOf(event.log_time());
  const bool refused = event.has_command_refused();
  if (log_time == batch_time_ && refused != batch_refused_) {
    return "commands of one log time are an atomic batch, and some of it was refused and some was not";
  }
  batch_time_ = log_time;
  batch_refused_ = refused;
  return {};
}

Complaint Domain::CheckRequestId(const v1::Event& event, const Target& target) {
  const std::string text = RequestIdOf(event.command());
  const auto uuid = UuidOf(text);
  if (!uuid) {
    return "request id '" + text + "' is no UUID in lower case";
  }
  if (Complaint wrong = CheckActor(event.actor(), event.command(), target, world_, tables_)) {
    return wrong;
  }
  const auto principal =
      world_.principals.try_emplace(NameOf(event.actor()), static_cast<std::uint32_t>(world_.principals.size())).first;
  const auto [use, fresh] =
      world_.requests.try_emplace({.id = *uuid, .principal = principal->second}, event.sequence());
  return fresh ? Complaint()
               : "request id " + text + " of " + principal->first + " has had its effect in event " +
                     std::to_string(use->second);
}

Complaint Domain::ExpectCommand(const v1::Event& event) {
  if (Complaint wrong = MissingOfChain()) {
    return wrong;
  }
  chain_.reset();
  const auto target = TargetOf(event.command());
  if (!target) {
    return "the command has no payload, or names what it is about in no known form";
  }
  if (IsDryRun(event.command())) {
    return "a dry run stands in the log";
  }
  if (Complaint wrong = CheckBatch(event)) {
    return wrong;
  }
  if (Complaint wrong = CheckRequestId(event, *target)) {
    return wrong;
  }
  const Nanos log_time = NanosOf(event.log_time());
  const bool platform_exists = Find(world_.platforms, target->platform_id) != nullptr;
  now_ = platform_exists ? world_.NowOf(target->platform_id, log_time) : log_time;
  SetTimes(log_time);
  if (platform_exists) {
    expected_->set_platform("platforms/" + target->platform_id);
  }
  return event.has_command_refused() ? ExpectRefusal(event, *target) : ExpectDecision(event, *target);
}

Complaint Domain::CheckNothingDue(const AgreementNow& agreement) const {
  const auto deadline = agreement.NextDeadline();
  return deadline && *deadline <= now_
             ? "a timer or payout of agreement " + agreement.id + " was due before this command and has no event"
             : Complaint();
}

Complaint Domain::ExpectDecision(const v1::Event& event, const Target& target) {
  if (!target.platform_id.empty() && expected_->platform().empty()) {
    return "platforms/" + target.platform_id + " does not exist";
  }
  Occasion occasion{.world = world_,
                    .tables = tables_,
                    .actor = event.actor(),
                    .command = event.command(),
                    .target = target,
                    .now = now_};
  const std::string key = KeyOf(target.platform_id, target.id);
  if (target.kind == Target::Kind::kParty && Find(world_.parties, key) == nullptr) {
    return "party " + target.id + " does not exist";
  }
  if (target.kind == Target::Kind::kPayout) {
    occasion.payout = Find(world_.payouts, key);
    if (occasion.payout == nullptr) {
      return "payout " + target.id + " does not exist";
    }
    occasion.agreement = Find(world_.agreements, occasion.payout->agreement_key);
  }
  if (target.kind == Target::Kind::kAgreement) {
    occasion.agreement = Find(world_.agreements, key);
    if (occasion.agreement == nullptr) {
      return "agreement " + target.id + " does not exist";
    }
    const std::string etag = EtagOf(event.command());
    if (!etag.empty() && etag != '"' + std::to_string(occasion.agreement->last_sequence) + '"') {
      return "the command counts only while the agreement has etag " + etag + ", and its last event is " +
             std::to_string(occasion.agreement->last_sequence);
    }
  }
  if (occasion.agreement != nullptr) {
    if (Complaint wrong = CheckNothingDue(*occasion.agreement)) {
      return wrong;
    }
  }
  if (Complaint wrong = FillDecision(occasion, *expected_)) {
    return wrong;
  }
  if (occasion.payout != nullptr) {
    expected_->set_previous_sequence(occasion.payout->last_sequence);
    if (!expected_->postings().empty()) {
      expected_->set_currency_code(occasion.payout->currency);
    }
  }
  if (occasion.agreement != nullptr) {
    SetAgreement(*occasion.agreement);
  }
  return {};
}

Complaint Domain::ExpectRefusal(const v1::Event& event, const Target& target) {
  const v1::CommandRefused& fact = event.command_refused();
  const bool batch = fact.reason() == v1::REASON_BATCH_ABORTED;
  if (!batch && !tables_.Burns(fact.reason())) {
    return "a refusal for " + v1::Reason_Name(fact.reason()) + " does not enter the log (published table)";
  }
  const std::string key = KeyOf(target.platform_id, target.id);
  const bool found =
      (fact.reason() == v1::REASON_PLATFORM_NOT_FOUND && target.kind != Target::Kind::kNothing &&
       !expected_->platform().empty()) ||
      (fact.reason() == v1::REASON_PARTY_NOT_FOUND && target.kind == Target::Kind::kParty &&
       Find(world_.parties, key) != nullptr) ||
      (fact.reason() == v1::REASON_AGREEMENT_NOT_FOUND && Find(world_.agreements, key) != nullptr) ||
      (fact.reason() == v1::REASON_PAYOUT_NOT_FOUND && Find(world_.payouts, key) != nullptr) ||
      (fact.reason() == v1::REASON_CREDENTIAL_NOT_FOUND && Find(world_.credentials, target.id) != nullptr);
  if (found) {
    return "refused for " + v1::Reason_Name(fact.reason()) + " although it exists";
  }
  const Party* party = target.kind == Target::Kind::kParty ? Find(world_.parties, key) : nullptr;
  if (fact.reason() == v1::REASON_LEGAL_HOLD && (party == nullptr || !party->Held(now_))) {
    return "an erasure was refused for a legal hold although none is in force";
  }
  *expected_->mutable_command_refused() = fact;
  return {};
}

}  // namespace escrow::audit
