#include "audit/domain_apply.h"

#include <algorithm>

#include "audit/domain_actors.h"
#include "audit/domain_agreement.h"
#include "audit/domain_timers.h"

namespace escrow::audit {
namespace {

// Applies one event to one agreement.
class AgreementApplier {
 public:
  AgreementApplier(const v1::Event& event, Nanos now, World& world, AgreementNow& agreement)
      : event_(event), now_(now), world_(world), agreement_(agreement) {}

  // The fact is one of an agreement.
  void Apply();
  // What every event of an agreement does.
  [[nodiscard]] Complaint Finish();

 private:
  [[nodiscard]] Moment moment() const { return {.now = now_, .sequence = event_.sequence()}; }
  void TakePostings();
  void Meet(std::size_t milestone, std::size_t requirement);
  void RecordConfirmation();
  void MissDeadline();
  void Release();
  void Refund();
  void Close();
  void End(std::size_t milestone, v1::Milestone::State state);
  void EndOpen(v1::Milestone::State state, bool pending_only);
  void ReservePayouts();

  const v1::Event& event_;
  const Nanos now_;
  World& world_;
  AgreementNow& agreement_;
};

void AgreementApplier::Apply() {
  switch (event_.fact_case()) {
    case v1::Event::kAgreementAccepted:
      agreement_.accepted.insert(event_.agreement_accepted().party_id());
      return;
    case v1::Event::kAgreementActivated:
      agreement_.state = v1::Agreement::STATE_ACTIVE;
      return StartAtActivation(agreement_, moment());
    case v1::Event::kCancellationConsented:
      agreement_.consented.insert(event_.cancellation_consented().party_ids().begin(),
                                  event_.cancellation_consented().party_ids().end());
      return;
    case v1::Event::kAgreementCancelled:
      agreement_.cancelled = true;
      return EndOpen(v1::Milestone::STATE_CANCELLED, /*pending_only=*/false);
    case v1::Event::kAgreementClosed:
      return Close();
    case v1::Event::kLongStopReached:
      agreement_.long_stop = true;
      agreement_.expired = true;
      StopTimers(agreement_, TimerKind::kLongStop, 0);
      return EndOpen(v1::Milestone::STATE_EXPIRED,
                     event_.long_stop_reached().action() == v1::Policies::LONG_STOP_ACTION_RELEASE);
    case v1::Event::kDepositRecorded: {
      const v1::RecordDepositRequest& request = event_.command().record_deposit();
      agreement_.deposit_ids.insert(request.deposit_id());
      agreement_.deposited += request.amount().minor_units();
      agreement_.late += event_.deposit_recorded().late() ? request.amount().minor_units() : 0;
      return;
    }
    case v1::Event::kUnallocatedReturned:
      if (event_.unallocated_returned().cause() == v1::UnallocatedReturned::CAUSE_LATE) {
        agreement_.late = 0;
      }
      return ReservePayouts();
    case v1::Event::kMilestoneFunded: {
      const std::size_t index = event_.milestone_funded().milestone_index();
      agreement_.milestones[index].state = v1::Milestone::STATE_FUNDED;
      StopTimers(agreement_, TimerKind::kFundingDeadline, index);
      return StartAtFunding(agreement_, index, moment());
    }
    case v1::Event::kConfirmationRecorded:
      return RecordConfirmation();
    case v1::Event::kConfirmationDeemed: {
      const v1::ConfirmationDeemed& fact = event_.confirmation_deemed();
      Meet(fact.milestone_index(), fact.requirement_index());
      if (agreement_.terms->milestones(static_cast<int>(fact.milestone_index())).delivery_deadline_met_by() ==
          fact.kind()) {
        StopTimers(agreement_, TimerKind::kDeliveryDeadline, fact.milestone_index());
      }
      return;
    }
    case v1::Event::kDeadlineMissed:
      return MissDeadline();
    case v1::Event::kMilestoneReleased:
      return Release();
    case v1::Event::kMilestoneRefunded:
      return Refund();
    default:  // a payout of the agreement changes nothing in it
      return;
  }
}

// The agreement's sums, from the postings alone.
void AgreementApplier::TakePostings() {
  const bool payout = event_.fact_case() >= v1::Event::kPayoutRequested;
  for (const v1::Posting& posting : event_.postings()) {
    const std::int64_t amount = posting.minor_units();
    switch (posting.account()) {
      case v1::ACCOUNT_KIND_UNALLOCATED:
        agreement_.unallocated += amount;
        break;
      case v1::ACCOUNT_KIND_CUSTODY:
        agreement_.milestones[posting.milestone_index()].held += amount;
        break;
      case v1::ACCOUNT_KIND_PAYABLE:
        agreement_.released += payout ? 0 : amount;
        break;
      case v1::ACCOUNT_KIND_REFUNDABLE:
        agreement_.refunded += payout ? 0 : amount;
        break;
      case v1::ACCOUNT_KIND_PLATFORM_FEES:
      case v1::ACCOUNT_KIND_OPERATOR_FEES:
        agreement_.fees += payout ? 0 : amount;
        break;
      default:
        break;
    }
  }
}

Complaint AgreementApplier::Finish() {
  TakePostings();
  agreement_.last_sequence = event_.sequence();
  agreement_.update_time = now_;
  const base::Wide out = base::Wide{agreement_.held()} + agreement_.released + agreement_.refunded + agreement_.fees +
                         agreement_.unallocated;
  if (out != agreement_.deposited) {
    return "the agreement's sums do not add up: deposited differs from held + released + refunded + fees + unallocated";
  }
  if (agreement_.ended() && (agreement_.held() != 0 || agreement_.unallocated != agreement_.late)) {
    return "the agreement has ended and still holds money";
  }
  return {};
}

void AgreementApplier::Meet(std::size_t milestone, std::size_t requirement) {
  agreement_.milestones[milestone].met_by[requirement] = event_.sequence();
  StopDeemed(agreement_, milestone, requirement);
}

void AgreementApplier::RecordConfirmation() {
  const v1::ConfirmationRecorded& fact = event_.confirmation_recorded();
  const v1::ConfirmationKind kind = event_.command().confirm_milestone().kind();
  const std::size_t index = fact.milestone_index();
  MilestoneNow& milestone = agreement_.milestones[index];
  for (std::size_t i = 0; i < milestone.requirements.size(); ++i) {
    const v1::Requirement& requirement = *milestone.requirements[i];
    if (requirement.kind() == kind && requirement.role() == fact.role() && milestone.met_by[i] == 0) {
      Meet(index, i);
    }
  }
  if (!milestone.recorded.insert(kind).second) {
    return;
  }
  if (agreement_.terms->milestones(static_cast<int>(index)).delivery_deadline_met_by() == kind) {
    StopTimers(agreement_, TimerKind::kDeliveryDeadline, index);
  }
  StartAtConfirmation(agreement_, index, kind, moment());
}

void AgreementApplier::MissDeadline() {
  const v1::DeadlineMissed& fact = event_.deadline_missed();
  const std::size_t index = fact.milestone_index();
  const bool funding = fact.kind() == v1::DEADLINE_KIND_FUNDING;
  StopTimers(agreement_, funding ? TimerKind::kFundingDeadline : TimerKind::kDeliveryDeadline, index);
  if (fact.policy() == v1::Policies::MISSED_MILESTONE_CONTINUE) {
    MilestoneNow& milestone = agreement_.milestones[index];
    milestone.funding_missed = milestone.funding_missed || funding;
  } else if (fact.policy() == v1::Policies::MISSED_MILESTONE_CEASE_THIS) {
    End(index, v1::Milestone::STATE_EXPIRED);
  } else {
    agreement_.expired = true;
    EndOpen(v1::Milestone::STATE_EXPIRED, /*pending_only=*/false);
  }
}

// Books what each line got: lines of one account fill up in their order.
void AgreementApplier::Release() {
  const v1::MilestoneReleased& fact = event_.milestone_released();
  MilestoneNow& milestone = agreement_.milestones[fact.milestone_index()];
  for (const v1::Posting& posting : event_.postings()) {
    std::int64_t left = posting.minor_units();
    for (ShareLine& line : milestone.lines) {
      if (left > 0 && line.account == posting.account() && line.party_id == posting.party_id()) {
        const std::int64_t taken = std::min(left, line.amount - line.released);
        line.released += taken;
        left -= taken;
      }
    }
  }
  if (fact.final()) {
    End(fact.milestone_index(), v1::Milestone::STATE_RELEASED);
  }
  ReservePayouts();
}

void AgreementApplier::Refund() {
  const v1::MilestoneRefunded& fact = event_.milestone_refunded();
  // A milestone that had expired or been cancelled stays what it is.
  if (fact.final() && agreement_.milestones[fact.milestone_index()].state == v1::Milestone::STATE_FUNDED) {
    End(fact.milestone_index(), v1::Milestone::STATE_REFUNDED);
  }
  ReservePayouts();
}

void AgreementApplier::Close() {
  agreement_.state = static_cast<v1::Agreement::State>(event_.agreement_closed().state());
  agreement_.late = 0;
  ReservePayouts();
  // Nobody asks for its terms any more.
  agreement_.timers.clear();
  for (MilestoneNow& milestone : agreement_.milestones) {
    milestone.requirements.clear();
    milestone.met_by.clear();
    milestone.lines.clear();
  }
  agreement_.terms.reset();
}

void AgreementApplier::End(std::size_t milestone, v1::Milestone::State state) {
  agreement_.milestones[milestone].state = state;
  StopAllOf(agreement_, milestone);
}

void AgreementApplier::EndOpen(v1::Milestone::State state, bool pending_only) {
  for (std::size_t i = 0; i < agreement_.milestones.size(); ++i) {
    const v1::Milestone::State now = agreement_.milestones[i].state;
    if (now == v1::Milestone::STATE_PENDING || (now == v1::Milestone::STATE_FUNDED && !pending_only)) {
      End(i, state);
    }
  }
}

// What became payable or refundable leaves by itself after the delay, where the policy says so.
void AgreementApplier::ReservePayouts() {
  if (agreement_.policies.payout() != v1::Policies::PAYOUT_AUTOMATIC) {
    return;
  }
  for (const v1::Posting& posting : event_.postings()) {
    if (posting.account() != v1::ACCOUNT_KIND_PAYABLE && posting.account() != v1::ACCOUNT_KIND_REFUNDABLE) {
      continue;
    }
    agreement_.due_payouts.push_back({.due = After(now_, agreement_.policies.payout_delay().seconds()),
                                      .source = posting.account(),
                                      .party_id = posting.party_id(),
                                      .amount = posting.minor_units()});
    Party& party = world_.parties.at(KeyOf(agreement_.platform_id, posting.party_id()));
    party.reserved[{posting.account(), agreement_.currency}] += posting.minor_units();
  }
}

// ---- what is not about an agreement

void CreatePlatform(const v1::Event& event, Nanos log_time, World& world) {
  const v1::CreatePlatformRequest& request = event.command().create_platform();
  const v1::Platform& asked = request.platform();
  Platform platform{.sandbox = asked.sandbox(),
                    .rail_access = asked.rail_access() == v1::Platform::RAIL_ACCESS_PLATFORM};
  if (platform.sandbox) {
    platform.clock = asked.has_initial_clock_time() ? NanosOf(asked.initial_clock_time()) : log_time;
  }
  world.platforms.emplace(request.platform_id(), platform);
}

void CreateCredential(const v1::Event& event, World& world) {
  const v1::CreateCredentialRequest& request = event.command().create_credential();
  const v1::Credential& credential = request.credential();
  world.credentials[request.credential_id()] = {.kind = credential.principal().kind(),
                                                .platform_id = PlatformIdOfPrincipal(credential.principal())};
  world.proofs.insert(credential.has_api_key_sha256() ? credential.api_key_sha256() : credential.certificate_sha256());
}

void RequestPayout(const v1::Event& event, World& world) {
  const v1::PayoutRequested& fact = event.payout_requested();
  const std::string platform_id(PlatformIdOf(event.platform()));
  PayoutNow payout{.source = fact.source(),
                   .party_id = fact.party_id(),
                   .currency = event.currency_code(),
                   .amount = fact.minor_units(),
                   .last_sequence = event.sequence(),
                   .agreement_key = {}};
  if (!event.agreement_id().empty()) {  // automatic: takes what was reserved first
    payout.agreement_key = KeyOf(platform_id, event.agreement_id());
    AgreementNow& agreement = world.agreements.at(payout.agreement_key);
    agreement.due_payouts.pop_front();
    Party& party = world.parties.at(KeyOf(platform_id, fact.party_id()));
    party.reserved[{fact.source(), agreement.currency}] -= fact.minor_units();
  }
  world.payouts.emplace(KeyOf(platform_id, fact.payout_id()), std::move(payout));
}

void MovePayout(const v1::Event& event, v1::Payout::State state, World& world) {
  const Target target = *TargetOf(event.command());
  PayoutNow& payout = world.payouts.at(KeyOf(target.platform_id, target.id));
  payout.state = state;
  payout.last_sequence = event.sequence();
}

// Facts about a party's personal data; the others do nothing here.
void ApplyPersonalData(const v1::Event& event, Party& party) {
  const v1::Command& command = event.command();
  switch (event.fact_case()) {
    case v1::Event::kRecordCommitted:
      party.records.push_back(command.commit_record().record_id());
      return;
    case v1::Event::kSubjectErased:
      party.records.clear();
      party.erased = true;
      return;
    case v1::Event::kLegalHoldPlaced: {
      const v1::PlaceLegalHoldRequest& request = command.place_legal_hold();
      LegalHold& hold = party.legal_holds[request.legal_hold_id()];
      hold.by_operator = event.actor().kind() == v1::Principal::KIND_OPERATOR;
      if (request.legal_hold().has_end_time()) {
        hold.end = NanosOf(request.legal_hold().end_time());
      }
      return;
    }
    case v1::Event::kLegalHoldReleased:
      party.legal_holds.at(command.release_legal_hold().legal_hold_id()).released = true;
      return;
    default:
      return;
  }
}

// Facts that are not about an agreement; true when it is one of these.
bool ApplyGeneral(const v1::Event& event, Nanos log_time, World& world) {
  const std::string platform_id(PlatformIdOf(event.platform()));
  switch (event.fact_case()) {
    case v1::Event::kLogCreated:
    case v1::Event::kCommandRefused:
      return true;
    case v1::Event::kPlatformCreated:
      CreatePlatform(event, log_time, world);
      return true;
    case v1::Event::kPartyCreated:
      world.parties[KeyOf(platform_id, event.command().create_party().party_id())] = {};
      return true;
    case v1::Event::kCredentialCreated:
      CreateCredential(event, world);
      return true;
    case v1::Event::kCredentialRevoked:
      world.credentials.at(TargetOf(event.command())->id).revoked = true;
      return true;
    case v1::Event::kSigningKeyRotated:
      world.signing_keys.insert(event.command().rotate_signing_key().verifier_key());
      return true;
    case v1::Event::kClockAdvanced:
      world.platforms.at(platform_id).clock = NanosOf(event.command().advance_clock().clock_time());
      return true;
    case v1::Event::kRecordCommitted:
    case v1::Event::kSubjectErased:
    case v1::Event::kLegalHoldPlaced:
    case v1::Event::kLegalHoldReleased:
      ApplyPersonalData(event, world.parties.at(KeyOf(platform_id, TargetOf(event.command())->id)));
      return true;
    default:
      return false;
  }
}

void ApplyPayout(const v1::Event& event, World& world) {
  switch (event.fact_case()) {
    case v1::Event::kPayoutRequested:
      return RequestPayout(event, world);
    case v1::Event::kPayoutSent:
      return MovePayout(event, v1::Payout::STATE_SENT, world);
    case v1::Event::kPayoutSettled:
      return MovePayout(event, v1::Payout::STATE_SETTLED, world);
    case v1::Event::kPayoutFailed:
      return MovePayout(event, v1::Payout::STATE_FAILED, world);
    case v1::Event::kPayoutReturned:
      return MovePayout(event, v1::Payout::STATE_RETURNED, world);
    default:
      return;
  }
}

}  // namespace

Complaint ApplyEvent(const v1::Event& event, Nanos now, World& world) {
  if (Complaint wrong = world.books.Post(event)) {
    return wrong;
  }
  if (ApplyGeneral(event, NanosOf(event.log_time()), world)) {
    return {};
  }
  ApplyPayout(event, world);
  if (event.agreement_id().empty()) {
    return {};
  }
  const std::string platform_id(PlatformIdOf(event.platform()));
  const std::string key = KeyOf(platform_id, event.agreement_id());
  if (event.has_agreement_created()) {
    AgreementNow& agreement =
        world.agreements
            .emplace(key, BeginAgreement(event.command().create_agreement(), event.agreement_created(), platform_id))
            .first->second;
    StartLongStop(agreement, {.now = now, .sequence = event.sequence()});
    return AgreementApplier(event, now, world, agreement).Finish();
  }
  AgreementApplier applier(event, now, world, world.agreements.at(key));
  applier.Apply();
  return applier.Finish();
}

}  // namespace escrow::audit
