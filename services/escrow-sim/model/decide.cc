#include "model/decide.h"

#include <algorithm>

#include "base/assert.h"
#include "model/form.h"
#include "model/names.h"
#include "model/settle.h"

namespace escrow::model {
namespace {

constexpr Wide kAmountMax = 1'000'000'000'000'000;

std::string IdOf(const std::string& party_name) { return ReadName(party_name, "parties")->id; }

bool TakesPart(const Agreement& agreement, const std::string& party_name, int role) {
  for (const v1::Participant& participant : agreement.contract->text.participants()) {
    if (participant.party() == party_name && (role == 0 || participant.role() == role)) {
      return true;
    }
  }
  return false;
}

// The event of a command that is not about an agreement.
v1::Event& AddPlain(const std::string& platform, Nanos now, std::vector<v1::Event>& events) {
  v1::Event& event = AddEvent({platform, ""}, now, events);
  if (platform.empty()) {
    event.clear_platform();
  }
  return event;
}

// Who acts in the agreement: the calling party, or the one that the platform names. Sets `party` to its full name.
v1::Reason WhoActs(const Call& call, const Agreement& agreement, const std::string& named, std::string& party) {
  if (call.actor.kind() == v1::Principal::KIND_PARTY) {
    if (!named.empty() && named != call.actor.party()) {
      return v1::REASON_PERMISSION_DENIED;
    }
    party = call.actor.party();
  } else {
    if (named.empty()) {
      return v1::REASON_MISSING_FIELD;
    }
    if (agreement.contract->policies.party_consent() == v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT) {
      return v1::REASON_PARTY_MUST_ACT;
    }
    party = named;
  }
  return TakesPart(agreement, party, 0) ? v1::REASON_UNSPECIFIED : v1::REASON_PARTY_NOT_PARTICIPANT;
}

bool Decides(const Agreement& agreement, const std::string& party) {
  return TakesPart(agreement, party, v1::ROLE_BUYER) || TakesPart(agreement, party, v1::ROLE_SELLER);
}

v1::Reason NeedsActive(const Agreement& agreement) {
  if (agreement.ended()) {
    return v1::REASON_AGREEMENT_CLOSED;
  }
  return agreement.state == v1::Agreement::STATE_ACTIVE ? v1::REASON_UNSPECIFIED : v1::REASON_AGREEMENT_NOT_ACTIVE;
}

std::optional<std::size_t> FindMilestone(const Agreement& agreement, const std::string& id) {
  for (int i = 0; i < agreement.contract->text.milestones_size(); ++i) {
    if (agreement.contract->text.milestones(i).milestone_id() == id) {
      return static_cast<std::size_t>(i);
    }
  }
  return std::nullopt;
}

// ---- platforms, parties, credentials

v1::Reason CarryOut(World& world, const Call& call, const v1::CreatePlatformRequest& request,
                    std::vector<v1::Event>& events) {
  if (world.platforms.count(request.platform_id()) == 1) {
    return v1::REASON_PLATFORM_EXISTS;
  }
  Platform platform;
  platform.sandbox = request.platform().sandbox();
  platform.rail_access = request.platform().rail_access() == v1::Platform::RAIL_ACCESS_PLATFORM;
  platform.clock =
      request.platform().has_initial_clock_time() ? ToNanos(request.platform().initial_clock_time()) : call.log_time;
  world.platforms[request.platform_id()] = platform;
  AddPlain(request.platform_id(), call.log_time, events).mutable_platform_created();
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::RotateSigningKeyRequest& request,
                    std::vector<v1::Event>& events) {
  if (!world.signing_keys.insert(request.verifier_key()).second) {
    return v1::REASON_SIGNING_KEY_EXISTS;
  }
  AddPlain("", call.log_time, events).mutable_signing_key_rotated();
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::CreatePartyRequest& request,
                    std::vector<v1::Event>& events) {
  const std::string platform = *ReadTopName(request.parent(), "platforms");
  if (!world.parties.try_emplace({platform, request.party_id()}).second) {
    return v1::REASON_PARTY_EXISTS;
  }
  AddPlain(platform, call.now, events).mutable_party_created();
  return v1::REASON_UNSPECIFIED;
}

// The platform that a credential belongs to; empty for the operator's and for auditors of everything.
std::string PlatformOf(const v1::Principal& principal) {
  if (principal.kind() == v1::Principal::KIND_PARTY) {
    return ReadName(principal.party(), "parties")->platform;
  }
  return principal.platform().empty() ? "" : *ReadTopName(principal.platform(), "platforms");
}

// The operator manages every credential, a platform those of its own platform but no operator's.
bool Manages(const v1::Principal& actor, const v1::Principal& principal) {
  const std::string platform = PlatformOf(principal);
  return actor.kind() == v1::Principal::KIND_OPERATOR ||
         (!platform.empty() && actor.platform() == "platforms/" + platform);
}

v1::Reason CarryOut(World& world, const Call& call, const v1::CreateCredentialRequest& request,
                    std::vector<v1::Event>& events) {
  const v1::Principal& principal = request.credential().principal();
  if (!Manages(call.actor, principal)) {
    return v1::REASON_PERMISSION_DENIED;
  }
  const std::string platform = PlatformOf(principal);
  if (!platform.empty() && world.platforms.count(platform) == 0) {
    return v1::REASON_PLATFORM_NOT_FOUND;
  }
  if (principal.kind() == v1::Principal::KIND_PARTY && world.parties.count({platform, IdOf(principal.party())}) == 0) {
    return v1::REASON_PARTY_NOT_FOUND;
  }
  const std::string proof = request.credential().api_key_sha256() + request.credential().certificate_sha256();
  for (const auto& [id, credential] : world.credentials) {
    if (id == request.credential_id() || credential.proof == proof) {
      return v1::REASON_CREDENTIAL_EXISTS;
    }
  }
  world.credentials[request.credential_id()] = {.principal = principal, .proof = proof};
  AddPlain(platform, call.now, events).mutable_credential_created();
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::RevokeCredentialRequest& request,
                    std::vector<v1::Event>& events) {
  Credential& credential = world.credentials.at(*ReadTopName(request.name(), "credentials"));
  if (!Manages(call.actor, credential.principal)) {
    return v1::REASON_PERMISSION_DENIED;
  }
  if (credential.revoked) {
    return v1::REASON_CREDENTIAL_REVOKED;
  }
  credential.revoked = true;
  AddPlain(PlatformOf(credential.principal), call.now, events).mutable_credential_revoked();
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::AdvanceClockRequest& request,
                    std::vector<v1::Event>& events) {
  const std::string id = *ReadTopName(request.name(), "platforms");
  Platform& platform = world.platforms.at(id);
  if (!platform.sandbox) {
    return v1::REASON_NOT_A_SANDBOX;
  }
  if (ToNanos(request.clock_time()) < platform.clock) {
    return v1::REASON_CLOCK_NOT_MONOTONE;
  }
  platform.clock = ToNanos(request.clock_time());
  AddPlain(id, call.now, events).mutable_clock_advanced();
  return v1::REASON_UNSPECIFIED;
}

// ---- personal data

Party& PartyNamed(World& world, const std::string& name) {
  const Name parsed = *ReadName(name, "parties");
  return world.parties.at({parsed.platform, parsed.id});
}

std::string PlatformIn(const std::string& party_name) { return ReadName(party_name, "parties")->platform; }

v1::Reason CarryOut(World& world, const Call& call, const v1::CommitRecordRequest& request,
                    std::vector<v1::Event>& events) {
  Party& party = PartyNamed(world, request.parent());
  if (party.erased) {
    return v1::REASON_SUBJECT_ERASED;
  }
  for (const auto& [id, commitment] : party.records) {
    if (id == request.record_id()) {
      return v1::REASON_RECORD_EXISTS;
    }
  }
  if (party.records.size() >= 256) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  party.records.emplace_back(request.record_id(), request.commitment());
  AddPlain(PlatformIn(request.parent()), call.now, events).mutable_record_committed();
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::EraseSubjectRequest& request,
                    std::vector<v1::Event>& events) {
  Party& party = PartyNamed(world, request.name());
  if (party.erased) {
    return v1::REASON_SUBJECT_ERASED;
  }
  for (const auto& [id, hold] : party.holds) {
    if (!hold.released && (!hold.end || *hold.end > call.now)) {
      return v1::REASON_LEGAL_HOLD;
    }
  }
  v1::SubjectErased& fact = *AddPlain(PlatformIn(request.name()), call.now, events).mutable_subject_erased();
  for (const auto& [id, commitment] : party.records) {
    fact.add_record_ids(id);
  }
  party.records.clear();
  party.erased = true;
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::PlaceLegalHoldRequest& request,
                    std::vector<v1::Event>& events) {
  Party& party = PartyNamed(world, request.name());
  if (party.erased) {
    return v1::REASON_SUBJECT_ERASED;
  }
  if (party.holds.count(request.legal_hold_id()) == 1) {
    return v1::REASON_LEGAL_HOLD_EXISTS;
  }
  if (party.holds.size() >= 64) {
    return v1::REASON_TOO_MANY_ITEMS;
  }
  LegalHold hold;
  hold.reference = request.legal_hold().reference();
  hold.by_operator = call.actor.kind() == v1::Principal::KIND_OPERATOR;
  if (request.legal_hold().has_end_time()) {
    hold.end = ToNanos(request.legal_hold().end_time());
    if (*hold.end <= call.now) {
      return v1::REASON_INVALID_FIELD;
    }
  }
  party.holds[request.legal_hold_id()] = hold;
  AddPlain(PlatformIn(request.name()), call.now, events).mutable_legal_hold_placed();
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::ReleaseLegalHoldRequest& request,
                    std::vector<v1::Event>& events) {
  Party& party = PartyNamed(world, request.name());
  const auto hold = party.holds.find(request.legal_hold_id());
  if (hold == party.holds.end() || hold->second.released) {
    return v1::REASON_LEGAL_HOLD_NOT_FOUND;
  }
  if (hold->second.by_operator && call.actor.kind() != v1::Principal::KIND_OPERATOR) {
    return v1::REASON_PERMISSION_DENIED;
  }
  hold->second.released = true;
  AddPlain(PlatformIn(request.name()), call.now, events).mutable_legal_hold_released();
  return v1::REASON_UNSPECIFIED;
}

// ---- agreements

v1::Reason CarryOut(World& world, const Call& call, const v1::CreateAgreementRequest& request,
                    std::vector<v1::Event>& events) {
  const std::string platform = *ReadTopName(request.parent(), "platforms");
  const Key key{platform, request.agreement_id()};
  if (world.agreements.count(key) == 1) {
    return v1::REASON_AGREEMENT_EXISTS;
  }
  v1::AgreementCreated created;
  if (const v1::Reason wrong = CheckContract(request.agreement(), platform, created); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  for (const v1::Participant& participant : request.agreement().participants()) {
    if (world.parties.count({platform, IdOf(participant.party())}) == 0) {
      return v1::REASON_PARTY_NOT_FOUND;
    }
  }
  auto contract = std::make_shared<Contract>();
  contract->text = request.agreement();
  contract->policies = created.policies();
  Agreement agreement;
  for (int i = 0; i < contract->text.milestones_size(); ++i) {
    CollectRequirements(contract->text.milestones(i).release_when(), contract->asked.emplace_back());
    Milestone& milestone = agreement.milestones.emplace_back();
    milestone.required = created.schedules(i).required_minor_units();
    for (const v1::Schedule::Line& line : created.schedules(i).lines()) {
      milestone.shares.push_back({.account = line.account(), .party = line.party_id(), .amount = line.minor_units()});
    }
  }
  agreement.contract = std::move(contract);
  agreement.created = {.at = call.now, .sequence = call.sequence};
  world.agreements[key] = std::move(agreement);
  *AddEvent(key, call.now, events).mutable_agreement_created() = created;
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::AcceptAgreementRequest& request,
                    std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(*call.agreement);
  std::string party;
  if (const v1::Reason wrong = WhoActs(call, agreement, request.party(), party); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (!Decides(agreement, party)) {
    return v1::REASON_PARTY_NOT_PARTICIPANT;
  }
  if (agreement.ended()) {
    return v1::REASON_AGREEMENT_CLOSED;
  }
  if (agreement.state != v1::Agreement::STATE_PROPOSED) {
    return v1::REASON_AGREEMENT_NOT_PROPOSED;
  }
  if (!agreement.accepted.insert(IdOf(party)).second) {
    return v1::REASON_ALREADY_ACCEPTED;
  }
  AddEvent(*call.agreement, call.now, events).mutable_agreement_accepted()->set_party_id(IdOf(party));
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::CancelAgreementRequest& request,
                    std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(*call.agreement);
  std::vector<std::string> named(request.parties().begin(), request.parties().end());
  if (named.empty()) {
    named.emplace_back();  // the caller, if it is a party
  }
  v1::CancellationConsented fact;
  bool anything_new = false;
  for (const std::string& name : named) {
    std::string party;
    if (const v1::Reason wrong = WhoActs(call, agreement, name, party); wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
    if (!Decides(agreement, party)) {
      return v1::REASON_PARTY_NOT_PARTICIPANT;
    }
    fact.add_party_ids(IdOf(party));
    anything_new = anything_new || agreement.consented.count(IdOf(party)) == 0;
  }
  if (agreement.ended()) {
    return v1::REASON_AGREEMENT_CLOSED;
  }
  if (!anything_new) {
    return v1::REASON_ALREADY_CONSENTED;
  }
  agreement.consented.insert(fact.party_ids().begin(), fact.party_ids().end());
  *AddEvent(*call.agreement, call.now, events).mutable_cancellation_consented() = fact;
  return v1::REASON_UNSPECIFIED;
}

// The requirements that a confirmation could meet, met or not, and in which role it is given.
std::vector<std::size_t> Matching(const Agreement& agreement, std::size_t index,
                                  const v1::ConfirmMilestoneRequest& request, const std::string& party, int& role) {
  const std::vector<const v1::Requirement*>& asked = agreement.contract->asked[index];
  std::vector<std::size_t> matching;
  role = request.role();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i]->kind() == request.kind() && (role == 0 || role == asked[i]->role()) &&
        TakesPart(agreement, party, asked[i]->role())) {
      role = asked[i]->role();
      matching.push_back(i);
    }
  }
  return matching;
}

v1::Reason CheckConfirmable(const Agreement& agreement, std::size_t index) {
  if (const v1::Reason wrong = NeedsActive(agreement); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  const Milestone& milestone = agreement.milestones[index];
  if (milestone.ended()) {
    return v1::REASON_MILESTONE_ENDED;
  }
  const bool early = agreement.contract->policies.early_confirmation() == v1::Policies::EARLY_CONFIRMATION_RECORD;
  if (milestone.state == v1::Milestone::STATE_PENDING && !early) {
    return v1::REASON_MILESTONE_NOT_FUNDED;
  }
  return IsOpen(agreement, index) ? v1::REASON_UNSPECIFIED : v1::REASON_MILESTONE_NOT_OPEN;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::ConfirmMilestoneRequest& request,
                    std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(*call.agreement);
  std::string party;
  if (const v1::Reason wrong = WhoActs(call, agreement, request.party(), party); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  const std::optional<std::size_t> index = FindMilestone(agreement, request.milestone_id());
  if (!index) {
    return v1::REASON_UNKNOWN_MILESTONE;
  }
  int role = 0;
  const std::vector<std::size_t> matching = Matching(agreement, *index, request, party, role);
  if (matching.empty()) {
    return v1::REASON_CONFIRMATION_NOT_ASKED;
  }
  if (const v1::Reason wrong = CheckConfirmable(agreement, *index); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  Milestone& milestone = agreement.milestones[*index];
  bool unmet = false;
  std::set<int> evidence;
  for (const std::size_t i : matching) {
    if (milestone.met.count(i) == 0) {
      unmet = true;
      const v1::Requirement& requirement = *agreement.contract->asked[*index][i];
      evidence.insert(requirement.evidence().begin(), requirement.evidence().end());
    }
  }
  if (!unmet) {
    return v1::REASON_ALREADY_CONFIRMED;
  }
  for (const v1::Evidence& piece : request.evidence()) {
    evidence.erase(piece.kind());
  }
  if (!evidence.empty()) {
    return v1::REASON_EVIDENCE_MISSING;
  }
  if (request.has_occur_time() && ToNanos(request.occur_time()) > call.now) {
    return v1::REASON_TIME_IN_FUTURE;
  }
  for (const std::size_t i : matching) {
    milestone.met.emplace(i, call.sequence);
  }
  milestone.recorded.emplace(request.kind(), Moment{.at = call.now, .sequence = call.sequence});
  v1::ConfirmationRecorded& fact = *AddEvent(*call.agreement, call.now, events).mutable_confirmation_recorded();
  fact.set_milestone_index(static_cast<std::uint32_t>(*index));
  fact.set_party_id(IdOf(party));
  fact.set_role(static_cast<v1::Role>(role));
  return v1::REASON_UNSPECIFIED;
}

// What a release or a refund by will is about: the milestone, and how much of it.
template <class Request>
v1::Reason FindPart(const Agreement& agreement, const Request& request, std::size_t& index, Wide& amount) {
  if (const v1::Reason wrong = NeedsActive(agreement); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  const std::optional<std::size_t> found = FindMilestone(agreement, request.milestone_id());
  if (!found) {
    return v1::REASON_UNKNOWN_MILESTONE;
  }
  index = *found;
  const Milestone& milestone = agreement.milestones[index];
  amount = milestone.held;
  if (request.has_amount()) {
    amount = request.amount().minor_units();
    const v1::Reason wrong = CheckAmountIn(request.amount(), agreement.contract->text.currency_code());
    if (wrong != v1::REASON_UNSPECIFIED) {
      return wrong;
    }
  }
  if (milestone.ended()) {
    return v1::REASON_MILESTONE_ENDED;
  }
  if (milestone.state == v1::Milestone::STATE_PENDING) {
    return v1::REASON_MILESTONE_NOT_FUNDED;
  }
  return amount <= milestone.held ? v1::REASON_UNSPECIFIED : v1::REASON_INSUFFICIENT_FUNDS;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::ReleaseMilestoneRequest& request,
                    std::vector<v1::Event>& events) {
  const Agreement& agreement = world.agreements.at(*call.agreement);
  std::string party;
  if (const v1::Reason wrong = WhoActs(call, agreement, request.party(), party); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (!TakesPart(agreement, party, v1::ROLE_BUYER)) {
    return v1::REASON_PARTY_NOT_PARTICIPANT;
  }
  std::size_t index = 0;
  Wide amount = 0;
  if (const v1::Reason wrong = FindPart(agreement, request, index, amount); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (amount < agreement.milestones[index].held &&
      agreement.contract->policies.partial_release() == v1::Policies::PARTIAL_RELEASE_FORBID) {
    return v1::REASON_PARTIAL_RELEASE_FORBIDDEN;
  }
  Release(world, *call.agreement, index, amount, v1::MOVE_CAUSE_BUYER_WILL, call.now,
          AddEvent(*call.agreement, call.now, events));
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::RefundMilestoneRequest& request,
                    std::vector<v1::Event>& events) {
  const Agreement& agreement = world.agreements.at(*call.agreement);
  std::string party;
  if (const v1::Reason wrong = WhoActs(call, agreement, request.party(), party); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (!TakesPart(agreement, party, v1::ROLE_SELLER)) {
    return v1::REASON_PARTY_NOT_PARTICIPANT;
  }
  if (Deciders(agreement).size() > 2) {  // the buyer and more than one seller
    return v1::REASON_NOT_SOLE_SELLER;
  }
  std::size_t index = 0;
  Wide amount = 0;
  if (const v1::Reason wrong = FindPart(agreement, request, index, amount); wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  Refund(world, *call.agreement, index, amount, v1::MOVE_CAUSE_SELLER_WILL, call.now,
         AddEvent(*call.agreement, call.now, events));
  return v1::REASON_UNSPECIFIED;
}

// ---- money in and out

v1::Reason CarryOut(World& world, const Call& call, const v1::RecordDepositRequest& request,
                    std::vector<v1::Event>& events) {
  Agreement& agreement = world.agreements.at(*call.agreement);
  if (const v1::Reason wrong = CheckAmountIn(request.amount(), agreement.contract->text.currency_code());
      wrong != v1::REASON_UNSPECIFIED) {
    return wrong;
  }
  if (agreement.deposits.count(request.deposit_id()) == 1) {
    return v1::REASON_DEPOSIT_EXISTS;
  }
  const Wide amount = request.amount().minor_units();
  if (agreement.deposited + amount > kAmountMax) {
    return v1::REASON_AMOUNT_OUT_OF_RANGE;
  }
  bool late = agreement.ended();
  if (!late && agreement.contract->policies.late_funding() == v1::Policies::LATE_FUNDING_RETURN) {
    const auto next = std::find_if(agreement.milestones.begin(), agreement.milestones.end(),
                                   [](const Milestone& one) { return one.state == v1::Milestone::STATE_PENDING; });
    late = next != agreement.milestones.end() && next->funding_missed;
  }
  agreement.deposits.insert(request.deposit_id());
  agreement.deposited += amount;
  agreement.unallocated += amount;
  agreement.late += late ? amount : 0;
  v1::Event& event = AddEvent(*call.agreement, call.now, events);
  event.mutable_deposit_recorded()->set_late(late);
  Post(world, event, v1::ACCOUNT_KIND_CUSTODY_BANK, "", -amount);
  Post(world, event, v1::ACCOUNT_KIND_UNALLOCATED, call.agreement->second, amount);
  return v1::REASON_UNSPECIFIED;
}

v1::Reason CarryOut(World& world, const Call& call, const v1::RequestPayoutRequest& request,
                    std::vector<v1::Event>& events) {
  const std::string platform = *ReadTopName(request.parent(), "platforms");
  const v1::Payout& payout = request.payout();
  const bool operator_fees = payout.source() == v1::ACCOUNT_KIND_OPERATOR_FEES;
  const bool own = call.actor.kind() == v1::Principal::KIND_OPERATOR   ? operator_fees
                   : call.actor.kind() == v1::Principal::KIND_PLATFORM ? !operator_fees
                                                                       : payout.party() == call.actor.party();
  if (!own) {
    return v1::REASON_PERMISSION_DENIED;
  }
  std::string party;
  if (!payout.party().empty()) {
    const Name name = *ReadName(payout.party(), "parties");
    party = name.id;
    if (name.platform != platform || world.parties.count({platform, party}) == 0) {
      return v1::REASON_PARTY_NOT_FOUND;
    }
  }
  const Key key{platform, request.payout_id()};
  if (world.payouts.count(key) == 1) {
    return v1::REASON_PAYOUT_EXISTS;
  }
  const Wide amount = payout.amount().minor_units();
  if (Available(world, platform, payout) < amount) {
    return v1::REASON_INSUFFICIENT_FUNDS;
  }
  world.payouts[key] = {.source = payout.source(),
                        .party = party,
                        .agreement = "",
                        .currency = payout.amount().currency_code(),
                        .amount = amount};
  v1::Event& event = AddPlain(platform, call.now, events);
  event.set_currency_code(payout.amount().currency_code());
  v1::PayoutRequested& fact = *event.mutable_payout_requested();
  fact.set_payout_id(request.payout_id());
  fact.set_source(payout.source());
  fact.set_party_id(party);
  fact.set_minor_units(payout.amount().minor_units());
  Post(world, event, payout.source(), party, -amount);
  Post(world, event, v1::ACCOUNT_KIND_IN_TRANSIT, "", amount);
  return v1::REASON_UNSPECIFIED;
}

// Moves a payout on. `from`: the states in which that is possible.
v1::Reason MovePayout(World& world, const Call& call, const std::string& name, std::set<int> from, v1::Payout::State to,
                      std::vector<v1::Event>& events) {
  const Name parsed = *ReadName(name, "payouts");
  Payout& payout = world.payouts.at({parsed.platform, parsed.id});
  if (from.count(payout.state) == 0) {
    return v1::REASON_PAYOUT_WRONG_STATE;
  }
  payout.state = to;
  v1::Event& event = AddEvent({parsed.platform, payout.agreement}, call.now, events);
  if (to == v1::Payout::STATE_SENT) {
    event.mutable_payout_sent();
    return v1::REASON_UNSPECIFIED;
  }
  event.set_currency_code(payout.currency);
  if (to == v1::Payout::STATE_SETTLED) {
    event.mutable_payout_settled();
    Post(world, event, v1::ACCOUNT_KIND_IN_TRANSIT, "", -payout.amount);
    Post(world, event, v1::ACCOUNT_KIND_CUSTODY_BANK, "", payout.amount);
    return v1::REASON_UNSPECIFIED;
  }
  if (to == v1::Payout::STATE_FAILED) {
    event.mutable_payout_failed();
    Post(world, event, v1::ACCOUNT_KIND_IN_TRANSIT, "", -payout.amount);
  } else {
    event.mutable_payout_returned();
    Post(world, event, v1::ACCOUNT_KIND_CUSTODY_BANK, "", -payout.amount);
  }
  Post(world, event, payout.source, payout.party, payout.amount);
  return v1::REASON_UNSPECIFIED;
}

}  // namespace

Wide Available(const World& world, const std::string& platform, const v1::Payout& payout) {
  const std::string party = payout.party().empty() ? "" : IdOf(payout.party());
  const auto account = world.book.find({platform, payout.amount().currency_code(), payout.source(), party});
  Wide available = account == world.book.end() ? Wide{0} : account->second;
  for (const auto& [key, agreement] : world.agreements) {
    if (key.first != platform || agreement.contract->text.currency_code() != payout.amount().currency_code()) {
      continue;
    }
    for (const Due& due : agreement.dues) {
      available -= due.source == payout.source() && due.party == party ? due.amount : 0;
    }
  }
  return available;
}

v1::Reason Carry(World& world, const Call& call, std::vector<v1::Event>& events) {
  const v1::Command& command = call.command;
  using State = v1::Payout;
  switch (command.payload_case()) {
    case v1::Command::kCreatePlatform:
      return CarryOut(world, call, command.create_platform(), events);
    case v1::Command::kCreateParty:
      return CarryOut(world, call, command.create_party(), events);
    case v1::Command::kCreateCredential:
      return CarryOut(world, call, command.create_credential(), events);
    case v1::Command::kRevokeCredential:
      return CarryOut(world, call, command.revoke_credential(), events);
    case v1::Command::kAdvanceClock:
      return CarryOut(world, call, command.advance_clock(), events);
    case v1::Command::kRotateSigningKey:
      return CarryOut(world, call, command.rotate_signing_key(), events);
    case v1::Command::kCreateAgreement:
      return CarryOut(world, call, command.create_agreement(), events);
    case v1::Command::kAcceptAgreement:
      return CarryOut(world, call, command.accept_agreement(), events);
    case v1::Command::kCancelAgreement:
      return CarryOut(world, call, command.cancel_agreement(), events);
    case v1::Command::kRecordDeposit:
      return CarryOut(world, call, command.record_deposit(), events);
    case v1::Command::kConfirmMilestone:
      return CarryOut(world, call, command.confirm_milestone(), events);
    case v1::Command::kReleaseMilestone:
      return CarryOut(world, call, command.release_milestone(), events);
    case v1::Command::kRefundMilestone:
      return CarryOut(world, call, command.refund_milestone(), events);
    case v1::Command::kRequestPayout:
      return CarryOut(world, call, command.request_payout(), events);
    case v1::Command::kSendPayout:
      return MovePayout(world, call, command.send_payout().name(), {State::STATE_REQUESTED}, State::STATE_SENT, events);
    case v1::Command::kSettlePayout:
      return MovePayout(world, call, command.settle_payout().name(), {State::STATE_SENT}, State::STATE_SETTLED, events);
    case v1::Command::kFailPayout:
      return MovePayout(world, call, command.fail_payout().name(), {State::STATE_REQUESTED, State::STATE_SENT},
                        State::STATE_FAILED, events);
    case v1::Command::kReturnPayout:
      return MovePayout(world, call, command.return_payout().name(), {State::STATE_SETTLED}, State::STATE_RETURNED,
                        events);
    case v1::Command::kCommitRecord:
      return CarryOut(world, call, command.commit_record(), events);
    case v1::Command::kEraseSubject:
      return CarryOut(world, call, command.erase_subject(), events);
    case v1::Command::kPlaceLegalHold:
      return CarryOut(world, call, command.place_legal_hold(), events);
    case v1::Command::kReleaseLegalHold:
      return CarryOut(world, call, command.release_legal_hold(), events);
    case v1::Command::PAYLOAD_NOT_SET:
      break;
  }
  base::AssertFailed("the command has a payload", __FILE__, __LINE__);
}

}  // namespace escrow::model
