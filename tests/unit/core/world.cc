#include "unit/core/world.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <ostream>
#include <utility>

#include "core/names.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace escrow::core::test {
namespace {

constexpr std::size_t kExpireAtOnce = 7;  // small, so that tests meet the border

std::string WithoutPrefix(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

std::string NameOf(v1::Reason reason) {
  return reason == v1::REASON_UNSPECIFIED ? "OK" : WithoutPrefix(v1::Reason_Name(reason), "REASON_");
}

std::string NameOf(const Outcome& outcome) { return outcome.repeated ? "REPEATED" : NameOf(outcome.reason); }

const google::protobuf::Message& PayloadOf(const v1::Command& command) {
  const auto* reflection = command.GetReflection();
  const auto* oneof = command.GetDescriptor()->FindOneofByName("payload");
  return reflection->GetMessage(command, reflection->GetOneofFieldDescriptor(command, oneof));
}

std::string RequestIdOf(const v1::Command& command) {
  const google::protobuf::Message& payload = PayloadOf(command);
  return payload.GetReflection()->GetString(payload, payload.GetDescriptor()->FindFieldByName("request_id"));
}

bool IsDryRun(const v1::Command& command) {
  const google::protobuf::Message& payload = PayloadOf(command);
  return payload.GetReflection()->GetBool(payload, payload.GetDescriptor()->FindFieldByName("validate_only"));
}

std::string Print(Wide value) {
  // Test amounts fit; what does not must not look as if it did.
  const auto narrow = static_cast<std::int64_t>(value);
  return narrow == value ? std::to_string(narrow) : "more than 64 bits";
}

std::string DetailOf(const v1::Event& event, const v1::Posting& posting) {
  switch (posting.account()) {
    case v1::ACCOUNT_KIND_CUSTODY:
      return event.agreement_id() + "#" + std::to_string(posting.milestone_index());
    case v1::ACCOUNT_KIND_UNALLOCATED:
      return event.agreement_id();
    default:
      return posting.party_id();
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Sums& sums) {
  return out << "deposited " << sums.deposited << " held " << sums.held << " released " << sums.released << " refunded "
             << sums.refunded << " fees " << sums.fees << " unallocated " << sums.unallocated;
}

std::string Book::Post(const v1::Event& event) {
  Wide sum = 0;
  for (const v1::Posting& posting : event.postings()) {
    if (posting.minor_units() == 0) {
      return "a posting of zero";
    }
    sum += posting.minor_units();
    Wide& balance = balances_[{event.platform(), event.currency_code(), posting.account(), DetailOf(event, posting)}];
    balance += posting.minor_units();
  }
  if (sum != 0) {
    return "the postings add up to " + Print(sum);
  }
  for (const auto& [account, balance] : balances_) {
    const bool debit_normal = std::get<2>(account) == v1::ACCOUNT_KIND_CUSTODY_BANK;
    if (debit_normal ? balance > 0 : balance < 0) {
      return v1::AccountKind_Name(std::get<2>(account)) + " " + std::get<3>(account) + " stands at " + Print(balance);
    }
  }
  return "";
}

Wide Book::Balance(v1::AccountKind kind, std::string_view detail, std::string_view currency) const {
  const auto found = balances_.find({"platforms/shop", std::string(currency), kind, std::string(detail)});
  return found == balances_.end() ? 0 : found->second;
}

std::string Book::Compare(const State& state) const {
  const auto shop = state.FindPlatform("shop");
  if (!shop.has_value()) {
    return balances_.empty() ? "" : "postings without a platform";
  }
  for (const AgreementSlot slot : state.agreements_of(*shop)) {
    const core::Agreement& agreement = state.agreement(slot);
    const std::string_view currency = agreement.currency.code();
    if (Balance(v1::ACCOUNT_KIND_UNALLOCATED, agreement.id, currency) != agreement.unallocated) {
      return agreement.id + ": unallocated differs from its postings";
    }
    for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
      const std::string detail = agreement.id + "#" + std::to_string(i);
      if (Balance(v1::ACCOUNT_KIND_CUSTODY, detail, currency) != agreement.milestones[i].held) {
        return detail + ": held differs from its postings";
      }
    }
  }
  for (const PartySlot slot : state.parties_of(*shop)) {
    const core::Party& party = state.party(slot);
    for (const PartyBalance& balance : party.balances) {
      const std::string_view currency = balance.currency.code();
      if (Balance(v1::ACCOUNT_KIND_PAYABLE, party.id, currency) != balance.payable ||
          Balance(v1::ACCOUNT_KIND_REFUNDABLE, party.id, currency) != balance.refundable) {
        return party.id + ": balances differ from their postings";
      }
    }
  }
  std::map<std::pair<std::string, int>, Wide> totals;
  for (const auto& [account, balance] : balances_) {
    totals[{std::get<1>(account), std::get<2>(account)}] += std::get<0>(account) == "platforms/shop" ? balance : 0;
  }
  for (const LedgerTotals& row : state.totals_of(*shop)) {
    for (std::size_t kind = 1; kind < kAccountKinds; ++kind) {
      if (totals[{std::string(row.currency.code()), static_cast<int>(kind)}] != row.by_kind[kind]) {
        return "total of " + v1::AccountKind_Name(static_cast<v1::AccountKind>(kind)) + " differs from its postings";
      }
    }
  }
  return "";
}

std::string SaveToString(const Machine& machine) {
  std::string bytes;
  machine.Save([&bytes](std::string_view piece) { bytes.append(piece); });
  return bytes;
}

World::World(WorldOptions options) : options_(options) {
  EventBuffer buffer;
  machine_->Begin("0123456789abcdef0123456789abcdef", NextLogTime(), buffer);
  Follow(buffer);
  EXPECT_EQ(Run(Operator(), CreatePlatform("shop", options.sandbox, options.rail_access)), "OK");
  for (const char* party : {"buyer", "seller", "seller2", "carrier", "inspector", "partner", "stranger"}) {
    EXPECT_EQ(Run(CreateParty(party)), "OK") << party;
  }
}

base::Time World::NextLogTime() { return log_time_ = base::Time{log_time_.ns + 1'000}; }

std::string World::NextRequestId() {
  char id[37];
  std::snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012llx", static_cast<unsigned long long>(++requests_));
  return id;
}

void World::FillIn(v1::Command& command) {
  if (command.payload_case() != v1::Command::PAYLOAD_NOT_SET && RequestIdOf(command).empty()) {
    command = With(std::move(command), "request_id", NextRequestId());
  }
  if (command.has_record_deposit() && command.record_deposit().deposit_id() == kAnyDeposit) {
    command.mutable_record_deposit()->set_deposit_id("deposit " + std::to_string(++deposits_));
  }
}

std::string World::Run(const v1::Principal& actor, v1::Command command) {
  FillIn(command);
  const std::string before = Saved();
  EventBuffer buffer;
  outcome_ = machine_->Execute({&command, &actor}, NextLogTime(), buffer);
  if (command.payload_case() != v1::Command::PAYLOAD_NOT_SET && IsDryRun(command)) {
    CheckUnchanged(before, "a dry run");
    events_.clear();
    for (std::size_t i = 0; i < buffer.size(); ++i) {
      events_.push_back(buffer[i]);
    }
    return NameOf(outcome_);
  }
  if (!outcome_.accepted() && buffer.size() == 0) {
    CheckUnchanged(before, "a command that was not accepted");
  }
  Follow(buffer);
  CheckRequest(actor, command);
  return NameOf(outcome_);
}

std::vector<std::string> World::RunAtomic(std::vector<v1::Command> commands) {
  const v1::Principal actor = OfPlatform();
  std::vector<Request> requests;
  for (v1::Command& command : commands) {
    FillIn(command);
    requests.push_back({&command, &actor});
  }
  EventBuffer buffer;
  const std::vector<Outcome> outcomes = machine_->ExecuteAtomic(requests, NextLogTime(), buffer);
  EXPECT_EQ(outcomes.size(), commands.size());
  Follow(buffer);
  std::vector<std::string> names;
  for (const Outcome& outcome : outcomes) {
    names.push_back(NameOf(outcome));
  }
  return names;
}

void World::Advance(std::int64_t seconds) { AdvanceTo(base::AddSeconds(now(), seconds)); }

void World::AdvanceTo(base::Time time) {
  AdvanceSilently(time);
  Expire();
}

void World::AdvanceSilently(base::Time time) {
  if (options_.sandbox) {
    EXPECT_EQ(Run(AdvanceClock(time)), "OK");
  } else {
    EXPECT_GT(time, log_time_);
    log_time_ = base::Time{time.ns - 1'000};  // the next call happens at `time`
  }
}

std::size_t World::Expire() {
  std::size_t count = 0;
  std::size_t expired = kExpireAtOnce;
  std::vector<v1::Event> all;
  const base::Time log_time = NextLogTime();
  while (expired == kExpireAtOnce) {
    EventBuffer buffer;
    // One moment, as the sequencer would do it: later calls of one moment come a nanosecond later.
    expired = machine_->Expire(count == 0 ? log_time : base::Time{++log_time_.ns}, kExpireAtOnce, buffer);
    EXPECT_LE(expired, kExpireAtOnce);
    count += expired;
    Follow(buffer);
    all.insert(all.end(), events_.begin(), events_.end());
  }
  events_ = std::move(all);
  return count;
}

void World::Follow(const EventBuffer& events) {
  events_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    v1::Event stored;
    ASSERT_TRUE(stored.ParseFromString(events[i].SerializeAsString()));
    ASSERT_EQ(stored.sequence(), log_.size() + 1);
    ASSERT_NE(stored.fact_case(), v1::Event::FACT_NOT_SET);
    EXPECT_EQ(book_.Post(stored), "") << stored.DebugString();
    follower_->Apply(stored);
    log_.push_back(stored);
    events_.push_back(std::move(stored));
  }
  EXPECT_EQ(machine_->last_sequence(), log_.size());
  EXPECT_EQ(CheckLedger(machine_->state()), "");
  EXPECT_EQ(book_.Compare(machine_->state()), "");
  EXPECT_TRUE(SaveToString(*follower_) == Saved()) << "replay differs after event " << log_.size();
}

void World::CheckUnchanged(const std::string& before, std::string_view what) const {
  EXPECT_TRUE(Saved() == before) << what << " has changed the state";
}

void World::CheckRequest(const v1::Principal& actor, const v1::Command& command) const {
  if (outcome_.repeated || outcome_.first_sequence == 0) {
    EXPECT_FALSE(outcome_.accepted()) << "accepted without an event";
    return;
  }
  ASSERT_LE(outcome_.first_sequence, outcome_.last_sequence);
  ASSERT_LE(outcome_.last_sequence, log_.size());
  // What follows was due (a fixed time that had passed when the command let its timer start) and is not of the command.
  for (std::uint64_t sequence = outcome_.last_sequence + 1; sequence <= log_.size(); ++sequence) {
    EXPECT_NE(log_[sequence - 1].cause_sequence(), outcome_.first_sequence);
    EXPECT_FALSE(log_[sequence - 1].has_command());
  }
  const v1::Event& first = log_[outcome_.first_sequence - 1];
  EXPECT_EQ(first.command().SerializeAsString(), command.SerializeAsString());
  EXPECT_EQ(first.actor().SerializeAsString(), actor.SerializeAsString());
  EXPECT_EQ(machine_->FindRequest(actor, RequestIdOf(command)), outcome_.first_sequence);
  for (std::uint64_t sequence = outcome_.first_sequence + 1; sequence <= outcome_.last_sequence; ++sequence) {
    EXPECT_EQ(log_[sequence - 1].cause_sequence(), outcome_.first_sequence);
  }
  if (!outcome_.accepted()) {
    EXPECT_EQ(first.fact_case(), v1::Event::kCommandRefused);
    EXPECT_EQ(first.command_refused().reason(), outcome_.reason);
    EXPECT_EQ(outcome_.first_sequence, outcome_.last_sequence);
  }
}

std::vector<std::string> World::Facts() const {
  std::vector<std::string> facts;
  for (const v1::Event& event : events_) {
    const auto* oneof = event.GetDescriptor()->FindOneofByName("fact");
    facts.push_back(event.GetReflection()->GetOneofFieldDescriptor(event, oneof)->name());
  }
  return facts;
}

const core::Agreement& World::Get(std::string_view agreement_id) const {
  return state().agreement(state().FindAgreement(state().FindPlatform("shop").value(), agreement_id).value());
}

std::string World::StateOf(std::string_view agreement_id) const {
  return WithoutPrefix(v1::Agreement::State_Name(Get(agreement_id).state), "STATE_");
}

std::string World::StateOf(std::string_view agreement_id, std::string_view milestone_id) const {
  const core::Agreement& agreement = Get(agreement_id);
  const Terms& terms = state().terms(agreement.terms);
  for (std::size_t i = 0; i < terms.milestones.size(); ++i) {
    if (terms.milestones[i].id == milestone_id) {
      return WithoutPrefix(v1::Milestone::State_Name(agreement.milestones[i].state), "STATE_");
    }
  }
  return "no such milestone";
}

std::string World::PayoutState(std::string_view payout_id) const {
  const auto slot = state().FindPayout(state().FindPlatform("shop").value(), payout_id);
  return slot.has_value() ? WithoutPrefix(v1::Payout::State_Name(state().payout(*slot).state), "STATE_") : "none";
}

Sums World::SumsOf(std::string_view agreement_id) const {
  const core::Agreement& agreement = Get(agreement_id);
  return {.deposited = agreement.deposited,
          .held = agreement.held(),
          .released = agreement.released,
          .refunded = agreement.refunded,
          .fees = agreement.fees,
          .unallocated = agreement.unallocated};
}

std::int64_t World::Payable(std::string_view party_id) const {
  return static_cast<std::int64_t>(book_.Balance(v1::ACCOUNT_KIND_PAYABLE, party_id));
}

std::int64_t World::Refundable(std::string_view party_id) const {
  return static_cast<std::int64_t>(book_.Balance(v1::ACCOUNT_KIND_REFUNDABLE, party_id));
}

std::int64_t World::Total(v1::AccountKind kind) const {
  for (const LedgerTotals& row : state().totals_of(state().FindPlatform("shop").value())) {
    if (row.currency.code() == "EUR") {
      const auto total = static_cast<std::int64_t>(row.by_kind[static_cast<std::size_t>(kind)]);
      return kind == v1::ACCOUNT_KIND_CUSTODY_BANK ? -total : total;
    }
  }
  return 0;
}

base::Time World::now() const { return state().EffectiveTime(state().FindPlatform("shop").value(), log_time_); }

std::string World::Saved() const { return SaveToString(*machine_); }

}  // namespace escrow::core::test
