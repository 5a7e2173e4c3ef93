#include "sim/workload.h"

#include <algorithm>

#include "sim/contracts.h"

namespace escrow::sim {
namespace {

constexpr std::int64_t kDay = 86'400;

v1::Principal Operator() {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_OPERATOR);
  return principal;
}

v1::Principal OfPlatform(const std::string& platform) {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_PLATFORM);
  principal.set_platform("platforms/" + platform);
  return principal;
}

v1::Principal OfParty(const std::string& name) {
  v1::Principal principal;
  principal.set_kind(v1::Principal::KIND_PARTY);
  principal.set_party(name);
  return principal;
}

std::string NameOf(const model::Key& agreement) {
  return "platforms/" + agreement.first + "/agreements/" + agreement.second;
}

void SetTime(base::Time time, google::protobuf::Timestamp& timestamp) {
  timestamp.set_seconds(time.ns / base::kNsPerSecond);
  timestamp.set_nanos(static_cast<std::int32_t>(time.ns % base::kNsPerSecond));
}

// Somebody of the agreement in this role, by full name; the first participant when there is none.
std::string InRole(const v1::Agreement& text, v1::Role role) {
  for (const v1::Participant& participant : text.participants()) {
    if (participant.role() == role) {
      return participant.party();
    }
  }
  return text.participants(0).party();
}

template <class Map>
const typename Map::value_type& PickFrom(Random& random, const Map& map) {
  return *std::next(map.begin(), random.Between(0, std::ssize(map) - 1));
}

}  // namespace

Workload::Workload(Random& random, Marks& marks, const model::Model& model, const Habits& habits)
    : random_(random), marks_(marks), model_(model), habits_(habits) {}

// Platforms and their parties.
void Workload::Plan() {
  for (int i = 0; i < habits_.platforms; ++i) {
    const std::string id = "p" + std::to_string(i);
    Ask platform{.command = {}, .actor = Operator()};
    v1::CreatePlatformRequest& request = *platform.command.mutable_create_platform();
    request.set_platform_id(id);
    request.mutable_platform()->set_sandbox(random_.OneIn(2));
    request.mutable_platform()->set_rail_access(static_cast<v1::Platform::RailAccess>(random_.Between(0, 2)));
    if (request.platform().sandbox() && random_.OneIn(2)) {
      SetTime(base::AddSeconds(now_, random_.Between(-300, 300) * kDay),
              *request.mutable_platform()->mutable_initial_clock_time());
    }
    plan_.push_back(platform);
    for (const char* party : kParties) {
      Ask ask{.command = {}, .actor = OfPlatform(id)};
      ask.command.mutable_create_party()->set_parent("platforms/" + id);
      ask.command.mutable_create_party()->set_party_id(party);
      plan_.push_back(ask);
    }
  }
}

std::string Workload::NewRequestId() {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-5111-4000-8000-%012llx", static_cast<unsigned>(random_.Next() >> 32U),
                static_cast<unsigned long long>(++last_number_));
  return text;
}

WorkPointer Workload::Next(base::Time now) {
  now_ = now;
  if (last_number_ == 0) {
    Plan();
  }
  auto work = std::make_shared<Work>();
  const bool planned = !plan_.empty();
  Ask first = NextAsk();
  work->actor = first.actor;
  work->commands.push_back(std::move(first.command));
  if (random_.Percent(habits_.batches_percent)) {
    marks_.Hit("client sent a batch");
    work->atomic = random_.OneIn(2);
    for (std::int64_t left = random_.Between(1, habits_.batch_commands_max - 1); left > 0 && !planned; --left) {
      Ask ask = NextAsk();
      // A batch has one caller; now and then it asks for what another should.
      if (CallerOf(ask.actor) == CallerOf(work->actor) || random_.OneIn(10)) {
        work->commands.push_back(std::move(ask.command));
      }
    }
  }
  for (v1::Command& command : work->commands) {
    SetField(command, "request_id", NewRequestId());
    if (!planned && random_.Percent(habits_.lies_percent) && random_.OneIn(6)) {
      SetField(command, "request_id", random_.OneIn(2) ? "not-a-uuid" : "ABCDEF00-0000-4000-8000-000000000000");
    }
    if (!planned && random_.Percent(habits_.dry_runs_percent)) {
      marks_.Hit("client asked for a dry run");
      SetDryRun(command, true);
    }
  }
  return work;
}

WorkPointer Workload::WithAnotherBody(const Work& work) {
  auto other = std::make_shared<Work>(work);
  v1::Command& command = other->commands.front();
  const std::string id = RequestIdOf(command);
  if (random_.OneIn(3)) {
    Ask ask = ExpectedAsk();
    command = ask.command;
    SetField(command, "request_id", id);
  } else if (command.has_record_deposit()) {
    v1::Amount& amount = *command.mutable_record_deposit()->mutable_amount();
    amount.set_minor_units(amount.minor_units() + 1);
  } else {
    SetField(command, random_.OneIn(2) ? "etag" : "rail_reference", "\"1\"");
    SetField(command, "party_id", "somebody-else");
  }
  return other;
}

WorkPointer Workload::FarFuture(const std::string& platform, base::Time time) {
  auto work = std::make_shared<Work>();
  work->actor = Operator();
  v1::AdvanceClockRequest& request = *work->commands.emplace_back().mutable_advance_clock();
  request.set_name("platforms/" + platform);
  SetTime(time, *request.mutable_clock_time());
  request.set_request_id(NewRequestId());
  return work;
}

Workload::Ask Workload::NextAsk() {
  if (!plan_.empty()) {
    Ask ask = std::move(plan_.front());
    plan_.pop_front();
    return ask;
  }
  Ask ask = ExpectedAsk();
  if (random_.Percent(habits_.lies_percent)) {
    marks_.Hit("client lied");
    Lie(ask);
  }
  return ask;
}

std::string Workload::RandomPlatform() { return "p" + std::to_string(random_.Between(0, habits_.platforms - 1)); }

Workload::Ask Workload::ExpectedAsk() {
  const std::string platform = RandomPlatform();
  std::vector<model::Key> live;
  std::vector<model::Key> all;
  for (const auto& [key, agreement] : model_.world().agreements) {
    if (key.first == platform) {
      all.push_back(key);
      if (!agreement.ended()) {
        live.push_back(key);
      }
    }
  }
  const std::int64_t choice = random_.Between(0, 99);
  if (all.empty() || (choice < 12 && std::ssize(all) < habits_.agreements_max)) {
    return CreateAgreement(platform);
  }
  if (choice < 20) {
    return AdvanceClock(platform);
  }
  if (choice < 34) {
    return AboutPayout(platform);
  }
  if (choice < 37) {
    return AboutCredential(platform);
  }
  if (choice < 42) {
    return AboutPersonalData(platform);
  }
  return AboutAgreement(random_.Pick(live.empty() || random_.OneIn(12) ? all : live));
}

// ---- agreements

Workload::Ask Workload::CreateAgreement(const std::string& platform) {
  Ask ask{.command = {}, .actor = OfPlatform(platform)};
  v1::CreateAgreementRequest& request = *ask.command.mutable_create_agreement();
  request.set_parent("platforms/" + platform);
  request.set_agreement_id("a" + std::to_string(random_.Between(0, 2 * habits_.agreements_max)));
  *request.mutable_agreement() = RandomContract(random_, platform, base::Time{model_.Now(platform, now_.ns)});
  if (random_.OneIn(8)) {
    Spoil(random_, *request.mutable_agreement());
  }
  return ask;
}

Workload::Ask Workload::AboutAgreement(const model::Key& key) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  const std::int64_t choice = random_.Between(0, 99);
  if (agreement.state == v1::Agreement::STATE_PROPOSED && choice < 70) {
    return AcceptOrCancel(key);
  }
  if (choice < 40) {
    return Deposit(key);
  }
  if (choice < 80) {
    return Confirm(key);
  }
  return choice < 95 ? ReleaseOrRefund(key) : AcceptOrCancel(key);
}

v1::Principal Workload::ActorFor(const model::Key& key, const std::string& party_name, std::string* named) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  const bool must = agreement.contract->policies.party_consent() == v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT;
  if (must ? !random_.OneIn(6) : random_.OneIn(4)) {
    *named = random_.OneIn(2) ? party_name : "";
    return OfParty(party_name);
  }
  *named = party_name;
  return OfPlatform(key.first);
}

v1::Principal Workload::Banker(const std::string& platform) {
  const auto found = model_.world().platforms.find(platform);
  const bool may = found != model_.world().platforms.end() && found->second.rail_access;
  return random_.OneIn(2) == may ? OfPlatform(platform) : Operator();
}

std::string Workload::SomeMilestone(const model::Key& key) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  return "m" + std::to_string(random_.Between(0, std::ssize(agreement.milestones) - 1));
}

Workload::Ask Workload::Deposit(const model::Key& key) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  Ask ask{.command = {}, .actor = Banker(key.first)};
  v1::RecordDepositRequest& request = *ask.command.mutable_record_deposit();
  request.set_name(NameOf(key));
  request.set_deposit_id("d" + std::to_string(random_.OneIn(20) ? 1 : last_number_ + 2));
  request.set_payment_method(static_cast<v1::PaymentMethod>(random_.Between(0, 6)));
  model::Wide all = 0;
  model::Wide next = 0;
  for (const model::Milestone& milestone : agreement.milestones) {
    if (milestone.state == v1::Milestone::STATE_PENDING) {
      next = next == 0 ? milestone.required : next;
      all += milestone.required;
    }
  }
  const auto needed = static_cast<std::int64_t>((random_.OneIn(2) ? all : next) - agreement.unallocated);
  std::int64_t amount = needed;
  switch (random_.Between(0, 5)) {
    case 0:
      amount = random_.Between(1, 500);
      break;
    case 1:
      amount = needed / 2;
      break;
    case 2:
      amount = needed - agreement.contract->policies.underfunding_tolerance_minor_units() - random_.Between(0, 1);
      break;
    case 3:
      amount = needed + random_.Between(0, 100);
      break;
    default:
      break;
  }
  request.mutable_amount()->set_currency_code(agreement.contract->text.currency_code());
  request.mutable_amount()->set_minor_units(std::max<std::int64_t>(1, amount));
  return ask;
}

Workload::Ask Workload::Confirm(const model::Key& key) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  const v1::Agreement& text = agreement.contract->text;
  // Mostly something that is asked for and not met yet.
  std::vector<std::pair<std::size_t, std::size_t>> unmet;
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    for (std::size_t j = 0; j < agreement.contract->asked[i].size(); ++j) {
      if (!agreement.milestones[i].ended() && agreement.milestones[i].met.count(j) == 0) {
        unmet.emplace_back(i, j);
      }
    }
  }
  Ask ask;
  v1::ConfirmMilestoneRequest& request = *ask.command.mutable_confirm_milestone();
  request.set_name(NameOf(key));
  v1::Role role = static_cast<v1::Role>(random_.Between(1, 6));
  if (unmet.empty() || random_.OneIn(12)) {
    request.set_milestone_id(SomeMilestone(key));
    request.set_kind(static_cast<v1::ConfirmationKind>(random_.Between(1, 6)));
  } else {
    const auto [milestone, position] = random_.Pick(unmet);
    const v1::Requirement& requirement = *agreement.contract->asked[milestone][position];
    request.set_milestone_id(text.milestones(static_cast<int>(milestone)).milestone_id());
    request.set_kind(requirement.kind());
    role = requirement.role();
    for (const int kind : requirement.evidence()) {
      v1::Evidence& evidence = *request.add_evidence();
      evidence.set_kind(static_cast<v1::EvidenceKind>(kind));
      evidence.set_sha256(std::string(32, 'e'));
    }
    if (!requirement.evidence().empty() && random_.OneIn(5)) {
      request.mutable_evidence()->RemoveLast();
    }
  }
  if (random_.OneIn(3)) {
    request.set_role(role);
  }
  std::string named;
  ask.actor = ActorFor(key, InRole(text, role), &named);
  request.set_party(named);
  if (random_.OneIn(8)) {
    const base::Time now{model_.Now(key.first, now_.ns)};
    SetTime(base::AddSeconds(now, random_.OneIn(4) ? 5 * kDay : -kDay), *request.mutable_occur_time());
  }
  return ask;
}

Workload::Ask Workload::ReleaseOrRefund(const model::Key& key) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  const std::int64_t index = random_.Between(0, std::ssize(agreement.milestones) - 1);
  const auto held = static_cast<std::int64_t>(agreement.milestones[static_cast<std::size_t>(index)].held);
  const bool release = random_.OneIn(2);
  Ask ask;
  std::string named;
  const bool wrong_way = random_.OneIn(15);
  ask.actor =
      ActorFor(key, InRole(agreement.contract->text, release != wrong_way ? v1::ROLE_BUYER : v1::ROLE_SELLER), &named);
  const auto fill = [&](auto& request) {
    request.set_name(NameOf(key));
    request.set_milestone_id("m" + std::to_string(index));
    request.set_party(named);
    if (!random_.OneIn(3)) {
      request.mutable_amount()->set_currency_code(agreement.contract->text.currency_code());
      request.mutable_amount()->set_minor_units(held > 1 && !random_.OneIn(6) ? random_.Between(1, held) : held + 1);
    }
  };
  if (release) {
    fill(*ask.command.mutable_release_milestone());
  } else {
    fill(*ask.command.mutable_refund_milestone());
  }
  return ask;
}

Workload::Ask Workload::AcceptOrCancel(const model::Key& key) {
  const model::Agreement& agreement = model_.world().agreements.at(key);
  const v1::Agreement& text = agreement.contract->text;
  std::vector<std::string> deciders;
  for (const v1::Participant& participant : text.participants()) {
    if (participant.role() <= v1::ROLE_SELLER || random_.OneIn(20)) {
      deciders.push_back(participant.party());
    }
  }
  Ask ask;
  std::string named;
  const std::string party = random_.Pick(deciders);
  ask.actor = ActorFor(key, party, &named);
  if (agreement.state == v1::Agreement::STATE_PROPOSED ? !random_.OneIn(6) : random_.OneIn(4)) {
    ask.command.mutable_accept_agreement()->set_name(NameOf(key));
    ask.command.mutable_accept_agreement()->set_party(named);
    return ask;
  }
  v1::CancelAgreementRequest& request = *ask.command.mutable_cancel_agreement();
  request.set_name(NameOf(key));
  if (!named.empty()) {
    request.add_parties(named);
    if (random_.OneIn(3) && ask.actor.kind() == v1::Principal::KIND_PLATFORM) {
      request.mutable_parties()->Assign(deciders.begin(), deciders.end());
    }
  }
  return ask;
}

// ---- money out, clocks, credentials

Workload::Ask Workload::RequestPayout(const std::string& platform) {
  Ask ask{.command = {}, .actor = OfPlatform(platform)};
  v1::RequestPayoutRequest& request = *ask.command.mutable_request_payout();
  request.set_parent("platforms/" + platform);
  request.set_payout_id("out-" + std::to_string(random_.Between(0, 40)));
  v1::Payout& payout = *request.mutable_payout();
  payout.set_source(v1::ACCOUNT_KIND_PAYABLE);
  payout.set_party("platforms/" + platform + "/parties/seller");
  payout.mutable_amount()->set_currency_code("EUR");
  payout.mutable_amount()->set_minor_units(random_.Between(1, 100));
  std::vector<model::Account> accounts;
  for (const auto& [account, balance] : model_.world().book) {
    const v1::AccountKind kind = std::get<2>(account);
    const bool source = kind == v1::ACCOUNT_KIND_PAYABLE || kind == v1::ACCOUNT_KIND_REFUNDABLE ||
                        kind == v1::ACCOUNT_KIND_PLATFORM_FEES || kind == v1::ACCOUNT_KIND_OPERATOR_FEES;
    if (std::get<0>(account) == platform && source && balance > 0) {
      accounts.push_back(account);
    }
  }
  if (accounts.empty()) {
    return ask;
  }
  const model::Account account = random_.Pick(accounts);
  const auto balance = static_cast<std::int64_t>(model_.world().book.at(account));
  const auto& [where, currency, kind, party] = account;
  payout.set_source(kind);
  payout.set_party(party.empty() ? "" : "platforms/" + platform + "/parties/" + party);
  payout.mutable_amount()->set_currency_code(currency);
  payout.mutable_amount()->set_minor_units(random_.OneIn(3) ? balance : random_.Between(1, balance));
  if (kind == v1::ACCOUNT_KIND_OPERATOR_FEES) {
    ask.actor = Operator();
  } else if (!party.empty() && random_.OneIn(3)) {
    ask.actor = OfParty(payout.party());
  }
  return ask;
}

Workload::Ask Workload::AboutPayout(const std::string& platform) {
  std::vector<std::pair<std::string, const model::Payout*>> payouts;
  for (const auto& [key, payout] : model_.world().payouts) {
    if (key.first == platform) {
      payouts.emplace_back(key.second, &payout);
    }
  }
  if (payouts.empty() || random_.OneIn(3)) {
    return RequestPayout(platform);
  }
  const auto& [id, payout] = payouts[static_cast<std::size_t>(random_.Between(0, std::ssize(payouts) - 1))];
  const std::string name = "platforms/" + platform + "/payouts/" + id;
  Ask ask{.command = {}, .actor = Banker(platform)};
  const bool sent = payout->state == v1::Payout::STATE_SENT;
  std::int64_t step = random_.Between(0, 3);
  if (!random_.OneIn(4)) {  // what may come next
    step = payout->state == v1::Payout::STATE_REQUESTED ? (random_.OneIn(4) ? 2 : 0) : sent ? random_.Between(1, 2) : 3;
  }
  switch (step) {
    case 0:
      ask.command.mutable_send_payout()->set_name(name);
      break;
    case 1:
      ask.command.mutable_settle_payout()->set_name(name);
      break;
    case 2:
      ask.command.mutable_fail_payout()->set_name(name);
      break;
    default:
      ask.command.mutable_return_payout()->set_name(name);
  }
  SetField(ask.command, "rail_reference", random_.OneIn(2) ? "bank 7" : "");
  return ask;
}

Workload::Ask Workload::AdvanceClock(const std::string& platform) {
  Ask ask{.command = {}, .actor = random_.OneIn(2) ? OfPlatform(platform) : Operator()};
  v1::AdvanceClockRequest& request = *ask.command.mutable_advance_clock();
  request.set_name("platforms/" + platform);
  const base::Time now{model_.Now(platform, now_.ns)};
  base::Time next = base::AddSeconds(now, random_.OneIn(2) ? random_.Between(0, 100) : random_.Between(0, 6) * kDay);
  if (random_.OneIn(2)) {  // around the next alarm
    std::optional<model::Alarm> first;
    for (const auto& [key, agreement] : model_.world().agreements) {
      const std::optional<model::Alarm> alarm = model_.NextAlarm(key);
      if (key.first == platform && alarm && (!first || alarm->at < first->at)) {
        first = alarm;
      }
    }
    if (first) {
      next.ns = std::max(now.ns, first->at + random_.Between(-1, 1));
    }
  }
  if (random_.OneIn(12)) {
    next.ns = now.ns - 1;
  }
  SetTime(next, *request.mutable_clock_time());
  return ask;
}

Workload::Ask Workload::AboutCredential(const std::string& platform) {
  const std::string id = "c" + std::to_string(random_.Between(0, 5));
  Ask ask{.command = {}, .actor = random_.OneIn(2) ? OfPlatform(platform) : Operator()};
  if (random_.OneIn(12)) {
    v1::RotateSigningKeyRequest& request = *ask.command.mutable_rotate_signing_key();
    request.set_verifier_key("escrow.example+0000000" + std::to_string(random_.Between(0, 3)) + "+key");
    request.set_handover(random_.OneIn(6) ? "" : "from the key before");
    return ask;
  }
  if (random_.OneIn(3)) {
    ask.command.mutable_revoke_credential()->set_name("credentials/" + id);
    return ask;
  }
  v1::CreateCredentialRequest& request = *ask.command.mutable_create_credential();
  request.set_credential_id(id);
  v1::Credential& credential = *request.mutable_credential();
  const std::string proof(32, static_cast<char>('a' + random_.Between(0, 9)));
  if (random_.OneIn(2)) {
    credential.set_api_key_sha256(proof);
  } else {
    credential.set_certificate_sha256(proof);
  }
  switch (random_.Between(0, 3)) {
    case 0:
      *credential.mutable_principal() = Operator();
      break;
    case 1:
      *credential.mutable_principal() = OfParty("platforms/" + platform + "/parties/buyer");
      break;
    case 2:
      credential.mutable_principal()->set_kind(v1::Principal::KIND_AUDITOR);
      break;
    default:
      *credential.mutable_principal() = OfPlatform(platform);
  }
  return ask;
}

Workload::Ask Workload::AboutPersonalData(const std::string& platform) {
  const std::string party = "platforms/" + platform + "/parties/" +
                            kParties[static_cast<std::size_t>(random_.Between(0, std::ssize(kParties) - 1))];
  const std::string id = "d" + std::to_string(random_.Between(0, 3));
  Ask ask{.command = {}, .actor = OfPlatform(platform)};
  const std::int64_t choice = random_.Between(0, 9);
  if (choice < 4) {
    v1::CommitRecordRequest& request = *ask.command.mutable_commit_record();
    request.set_parent(party);
    request.set_record_id(id);
    request.set_kind(static_cast<v1::RecordKind>(random_.Between(1, 8)));
    request.set_commitment(std::string(32, static_cast<char>('a' + random_.Between(0, 25))));
    return ask;
  }
  if (random_.OneIn(3)) {
    ask.actor = Operator();
  }
  if (choice < 7) {
    v1::PlaceLegalHoldRequest& request = *ask.command.mutable_place_legal_hold();
    request.set_name(party);
    request.set_legal_hold_id(id);
    request.mutable_legal_hold()->set_reference("case " + id);
    if (random_.OneIn(2)) {
      const base::Time now{model_.Now(platform, now_.ns)};
      SetTime(base::AddSeconds(now, random_.Between(-1, 3) * kDay), *request.mutable_legal_hold()->mutable_end_time());
    }
  } else if (choice < 9) {
    ask.command.mutable_release_legal_hold()->set_name(party);
    ask.command.mutable_release_legal_hold()->set_legal_hold_id(id);
  } else {
    ask.command.mutable_erase_subject()->set_name(party);
    ask.command.mutable_erase_subject()->set_cause(static_cast<v1::ErasureCause>(random_.Between(1, 4)));
  }
  return ask;
}

// ---- lies

void Workload::Lie(Ask& ask) {
  switch (random_.Between(0, 2)) {
    case 0:
      return LieAboutWho(ask);
    case 1:
      return LieAboutMoney(ask);
    default:
      return LieAboutWhat(ask);
  }
}

void Workload::LieAboutWho(Ask& ask) {
  const std::string platform = RandomPlatform();
  switch (random_.Between(0, 7)) {
    case 0:
      ask.actor = Operator();
      break;
    case 1:
      ask.actor = OfPlatform(platform);
      break;
    case 2:
      ask.actor = OfPlatform("nowhere");
      break;
    case 3:
      ask.actor = OfParty("platforms/" + platform + "/parties/stranger");
      break;
    case 4:
      ask.actor = OfParty("platforms/" + platform + "/parties/nobody");
      break;
    case 5:
      ask.actor.Clear();
      ask.actor.set_kind(v1::Principal::KIND_AUDITOR);
      break;
    case 6:
      SetField(ask.command, "party", "platforms/" + platform + "/parties/stranger");
      break;
    default:
      SetField(ask.command, "party", random_.OneIn(2) ? "" : "parties/x");
  }
}

void Workload::LieAboutMoney(Ask& ask) {
  v1::Command& command = ask.command;
  v1::Amount* amount = command.has_record_deposit()      ? command.mutable_record_deposit()->mutable_amount()
                       : command.has_release_milestone() ? command.mutable_release_milestone()->mutable_amount()
                       : command.has_refund_milestone()  ? command.mutable_refund_milestone()->mutable_amount()
                       : command.has_request_payout()
                           ? command.mutable_request_payout()->mutable_payout()->mutable_amount()
                           : nullptr;
  if (amount == nullptr) {
    return LieAboutWhat(ask);
  }
  switch (random_.Between(0, 5)) {
    case 0:
      amount->set_minor_units(0);
      break;
    case 1:
      amount->set_minor_units(-amount->minor_units());
      break;
    case 2:
      amount->set_minor_units(1'000'000'000'000'000);
      break;
    case 3:
      amount->set_minor_units(1'000'000'000'000'001);
      break;
    case 4:
      amount->set_currency_code("USD");
      break;
    default:
      amount->set_currency_code("EURO");
  }
}

void Workload::LieAboutWhat(Ask& ask) {
  v1::Command& command = ask.command;
  const std::string platform = random_.OneIn(3) ? "nowhere" : RandomPlatform();
  const bool payout = command.has_send_payout() || command.has_settle_payout() || command.has_fail_payout() ||
                      command.has_return_payout();
  switch (random_.Between(0, 11)) {
    case 0:
      command.Clear();
      if (random_.OneIn(2)) {
        command.mutable_create_platform()->set_platform_id(random_.OneIn(2) ? RandomPlatform() : "P");
        ask.actor = Operator();
      } else if (random_.OneIn(2)) {
        ask = {.command = {}, .actor = OfPlatform(RandomPlatform())};
        ask.command.mutable_create_party()->set_parent(ask.actor.platform());
        ask.command.mutable_create_party()->set_party_id("buyer");
      }
      break;
    case 1:
      SetField(command, "etag", "\"" + std::to_string(random_.Between(1, 60)) + "\"");
      break;
    case 2:
      SetField(command, "milestone_id", random_.OneIn(2) ? "m9" : "M0");
      break;
    case 3:
      SetField(command, "name",
               command.has_revoke_credential()
                   ? "credentials/none"
                   : "platforms/" + platform + (payout ? "/payouts/auto-999999" : "/agreements/none"));
      break;
    case 4:
      SetField(command, "name", "name");
      SetField(command, "parent", "platforms/");
      break;
    case 5:
      SetField(command, "parent", "platforms/" + platform);
      if (platform == "nowhere" || command.has_advance_clock()) {
        ask.actor = Operator();
        SetField(command, "name", "platforms/" + platform);
      }
      break;
    case 6:
      SetField(command, "rail_reference", std::string(65, 'r'));
      SetField(command, "deposit_id", "");
      break;
    case 7:
      SetField(command, "agreement_id", "a/0");
      SetField(command, "payout_id", "auto-1");
      break;
    case 8:
      for (const char* field : {"deposit_id", "rail_reference", "etag", "payout_id", "agreement_id"}) {
        SetField(command, field, std::string(33'000, 'x'));
      }
      break;
    case 9:
      for (int i = 0; command.has_confirm_milestone() && i < 17; ++i) {
        command.mutable_confirm_milestone()->add_evidence();
      }
      break;
    case 10:
      if (command.has_confirm_milestone()) {
        command.mutable_confirm_milestone()->set_kind(static_cast<v1::ConfirmationKind>(random_.Between(7, 8)));
      }
      break;
    default:
      SetField(command, "payout_id", "out-x");
      if (command.has_request_payout()) {
        command.mutable_request_payout()->mutable_payout()->set_party("platforms/" + platform + "/parties/nobody");
      }
  }
}

}  // namespace escrow::sim
