#include "core/apply.h"

#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "base/mutant.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/moves.h"
#include "core/names.h"
#include "core/situation.h"
#include "core/timers.h"

namespace escrow::core {
namespace {

// Applies one event. Members are what most facts need.
class Applier {
 public:
  Applier(StateEdit& edit, const State& state, const v1::Event& event)
      : edit_(edit), state_(state), event_(event), log_time_(FromTimestamp(event.log_time())) {
    now_ = event.has_effective_time() ? FromTimestamp(event.effective_time()) : log_time_;
  }

  void Run();

 private:
  [[nodiscard]] const Terms& terms() const { return state_.terms(state_.agreement(*agreement_).terms); }
  [[nodiscard]] Agreement& agreement() { return edit_.agreement(*agreement_); }
  [[nodiscard]] TimerStart start() const { return {.now = now_, .sequence = event_.sequence()}; }

  void FindSubjects();
  void ApplyFact();
  void ApplyAgreementFact();
  void ApplyPayoutFact();
  void FinishAgreement();

  void CreatePlatform();
  void CreateParty();
  void CreateCredential();
  void RevokeCredential();
  void AdvanceClock();
  void RotateSigningKey();
  void CreateAgreement();
  void Accept();
  void Consent();
  void Cancel();
  void Close();
  void LongStop();
  void RecordDeposit();
  void ReturnUnallocated();
  void FundMilestone();
  void RecordConfirmation();
  void DeemConfirmation();
  void MissDeadline();
  void ReleaseMilestone();
  void RefundMilestone();
  void RequestPayout();
  void MovePayout(const std::string& name, v1::Payout::State to);
  [[nodiscard]] Party& PartyNamed(const std::string& name);
  void CommitRecord();
  void EraseSubject();
  void PlaceLegalHold();
  void ReleaseLegalHold();

  void Meet(Agreement& agreement, std::size_t index, std::size_t requirement);
  void EndMilestone(Agreement& agreement, std::size_t index, v1::Milestone::State state);
  void EndOpenMilestones(Agreement& agreement, v1::Milestone::State state, bool pending_only);
  void TakeLines(Agreement& agreement, const Milestone& milestone);
  void SchedulePayouts();

  StateEdit& edit_;
  const State& state_;
  const v1::Event& event_;
  base::Time log_time_;
  base::Time now_;
  std::optional<PlatformSlot> platform_;
  std::optional<AgreementSlot> agreement_;
};

void Applier::Run() {
  ESCROW_ASSERT(event_.sequence() == state_.last_sequence() + 1);
  FindSubjects();
  if (platform_ && event_.fact_case() != v1::Event::kAgreementCreated) {
    ApplyPostings(edit_, state_, *platform_, agreement_, event_);
  }
  ApplyFact();
  if (event_.has_command()) {
    const auto request_id = ParseRequestId(RequestIdOf(event_.command()));
    const auto principal = PrincipalKey(state_, event_.actor());
    ESCROW_ASSERT(request_id.has_value() && principal.has_value());
    if (!ESCROW_MUTANT(RequestIdForgotten) || !event_.has_clock_advanced()) {
      edit_.AddRequest({.id = *request_id, .principal = *principal}, event_.sequence());
    }
  }
  if (agreement_) {
    FinishAgreement();
  }
  edit_.SetPosition(event_.sequence(), log_time_);
}

void Applier::FindSubjects() {
  if (event_.platform().empty() || event_.fact_case() == v1::Event::kPlatformCreated) {
    return;
  }
  platform_ = state_.FindPlatform(*ParsePlatformName(event_.platform()));
  ESCROW_ASSERT(platform_.has_value());
  if (!event_.agreement_id().empty() && event_.fact_case() != v1::Event::kAgreementCreated) {
    agreement_ = state_.FindAgreement(*platform_, event_.agreement_id());
    ESCROW_ASSERT(agreement_.has_value());
    ESCROW_ASSERT(state_.agreement(*agreement_).last_sequence == event_.previous_sequence());
  }
}

void Applier::ApplyFact() {
  switch (event_.fact_case()) {
    case v1::Event::kLogCreated:
      return edit_.SetLog(event_.log_created().log_id());
    case v1::Event::kPlatformCreated:
      return CreatePlatform();
    case v1::Event::kPartyCreated:
      return CreateParty();
    case v1::Event::kCredentialCreated:
      return CreateCredential();
    case v1::Event::kCredentialRevoked:
      return RevokeCredential();
    case v1::Event::kClockAdvanced:
      return AdvanceClock();
    case v1::Event::kSigningKeyRotated:
      return RotateSigningKey();
    case v1::Event::kCommandRefused:
      return;
    case v1::Event::kAgreementCreated:
      return CreateAgreement();
    case v1::Event::kPayoutRequested:
    case v1::Event::kPayoutSent:
    case v1::Event::kPayoutSettled:
    case v1::Event::kPayoutFailed:
    case v1::Event::kPayoutReturned:
      return ApplyPayoutFact();
    case v1::Event::kRecordCommitted:
      return CommitRecord();
    case v1::Event::kSubjectErased:
      return EraseSubject();
    case v1::Event::kLegalHoldPlaced:
      return PlaceLegalHold();
    case v1::Event::kLegalHoldReleased:
      return ReleaseLegalHold();
    default:
      return ApplyAgreementFact();
  }
}

void Applier::ApplyAgreementFact() {
  ESCROW_ASSERT(agreement_.has_value());
  switch (event_.fact_case()) {
    case v1::Event::kAgreementAccepted:
      return Accept();
    case v1::Event::kAgreementActivated:
      agreement().state = v1::Agreement::STATE_ACTIVE;
      return StartAtActivation(agreement(), terms(), start());
    case v1::Event::kCancellationConsented:
      return Consent();
    case v1::Event::kAgreementCancelled:
      return Cancel();
    case v1::Event::kAgreementClosed:
      return Close();
    case v1::Event::kLongStopReached:
      return LongStop();
    case v1::Event::kDepositRecorded:
      return RecordDeposit();
    case v1::Event::kUnallocatedReturned:
      return ReturnUnallocated();
    case v1::Event::kMilestoneFunded:
      return FundMilestone();
    case v1::Event::kConfirmationRecorded:
      return RecordConfirmation();
    case v1::Event::kConfirmationDeemed:
      return DeemConfirmation();
    case v1::Event::kDeadlineMissed:
      return MissDeadline();
    case v1::Event::kMilestoneReleased:
      return ReleaseMilestone();
    case v1::Event::kMilestoneRefunded:
      return RefundMilestone();
    default:
      ESCROW_ASSERT(false);
  }
}

void Applier::ApplyPayoutFact() {
  switch (event_.fact_case()) {
    case v1::Event::kPayoutRequested:
      return RequestPayout();
    case v1::Event::kPayoutSent:
      return MovePayout(event_.command().send_payout().name(), v1::Payout::STATE_SENT);
    case v1::Event::kPayoutSettled:
      return MovePayout(event_.command().settle_payout().name(), v1::Payout::STATE_SETTLED);
    case v1::Event::kPayoutFailed:
      return MovePayout(event_.command().fail_payout().name(), v1::Payout::STATE_FAILED);
    case v1::Event::kPayoutReturned:
      return MovePayout(event_.command().return_payout().name(), v1::Payout::STATE_RETURNED);
    default:
      ESCROW_ASSERT(false);
  }
}

void Applier::FinishAgreement() {
  Agreement& agreement = edit_.agreement(*agreement_);
  ESCROW_ASSERT(now_ >= agreement.update_time);
  ESCROW_ASSERT(Wide{agreement.deposited} - agreement.reversed == Wide{agreement.held()} + agreement.released +
                                                                      agreement.refunded + agreement.fees +
                                                                      agreement.unallocated - agreement.debt);
  agreement.last_sequence = event_.sequence();
  agreement.update_time = now_;
  edit_.UpdateDeadline(*agreement_);
}

// ---- platforms

void Applier::CreatePlatform() {
  const v1::CreatePlatformRequest& request = event_.command().create_platform();
  const v1::Platform& platform = request.platform();
  base::Time clock{};
  if (platform.sandbox()) {
    clock = platform.has_initial_clock_time() ? FromTimestamp(platform.initial_clock_time()) : log_time_;
  }
  edit_.Add(Platform{.id = request.platform_id(),
                     .sandbox = platform.sandbox(),
                     .rail_access = platform.rail_access() == v1::Platform::RAIL_ACCESS_PLATFORM,
                     .clock = clock,
                     .create_time = log_time_,
                     .create_sequence = event_.sequence()});
}

void Applier::CreateParty() {
  edit_.Add(Party{.platform = *platform_,
                  .id = event_.command().create_party().party_id(),
                  .create_time = now_,
                  .create_sequence = event_.sequence(),
                  .balances = {},
                  .records = {},
                  .legal_holds = {}});
}

void Applier::CreateCredential() {
  const v1::CreateCredentialRequest& request = event_.command().create_credential();
  const v1::Credential& credential = request.credential();
  Credential entity{
      .id = request.credential_id(),
      .kind = credential.principal().kind(),
      .platform = platform_,
      .party = std::nullopt,
      .certificate = credential.has_certificate_sha256(),
      .sha256 = credential.has_certificate_sha256() ? credential.certificate_sha256() : credential.api_key_sha256(),
      .create_sequence = event_.sequence()};
  if (entity.kind == v1::Principal::KIND_PARTY) {
    entity.party = state_.FindParty(*platform_, ParsePartyName(credential.principal().party())->id);
    ESCROW_ASSERT(entity.party.has_value());
  }
  edit_.Add(std::move(entity));
}

void Applier::RotateSigningKey() {
  edit_.Add(
      SigningKey{.verifier_key = event_.command().rotate_signing_key().verifier_key(), .sequence = event_.sequence()});
}

void Applier::RevokeCredential() {
  const auto slot = state_.FindCredential(*ParseCredentialName(event_.command().revoke_credential().name()));
  ESCROW_ASSERT(slot.has_value());
  edit_.credential(*slot).revoked = true;
}

void Applier::AdvanceClock() {
  Platform& platform = edit_.platform(*platform_);
  const base::Time time = FromTimestamp(event_.command().advance_clock().clock_time());
  ESCROW_ASSERT(platform.sandbox && time >= platform.clock);
  platform.clock = time;
  edit_.UpdateSandboxDue(*platform_);
}

// ---- personal data

Party& Applier::PartyNamed(const std::string& name) {
  const auto slot = state_.FindParty(*platform_, ParsePartyName(name)->id);
  ESCROW_ASSERT(slot.has_value());
  return edit_.party(*slot);
}

void Applier::CommitRecord() {
  const v1::CommitRecordRequest& request = event_.command().commit_record();
  Party& party = PartyNamed(request.parent());
  ESCROW_ASSERT(!party.erased && party.records.size() < kRecordsMax);
  party.records.push_back({.id = request.record_id(),
                           .kind = request.kind(),
                           .commitment = request.commitment(),
                           .create_sequence = event_.sequence()});
}

void Applier::EraseSubject() {
  Party& party = PartyNamed(event_.command().erase_subject().name());
  ESCROW_ASSERT(!party.erased);
  ESCROW_ASSERT(party.records.size() == static_cast<std::size_t>(event_.subject_erased().record_ids_size()));
  party.records = {};
  party.erased = true;
}

void Applier::PlaceLegalHold() {
  const v1::PlaceLegalHoldRequest& request = event_.command().place_legal_hold();
  LegalHold hold{.id = request.legal_hold_id(),
                 .reference = request.legal_hold().reference(),
                 .end = std::nullopt,
                 .by_operator = event_.actor().kind() == v1::Principal::KIND_OPERATOR,
                 .released = false,
                 .create_sequence = event_.sequence()};
  if (request.legal_hold().has_end_time()) {
    hold.end = FromTimestamp(request.legal_hold().end_time());
  }
  PartyNamed(request.name()).legal_holds.push_back(std::move(hold));
}

void Applier::ReleaseLegalHold() {
  const v1::ReleaseLegalHoldRequest& request = event_.command().release_legal_hold();
  std::vector<LegalHold>& holds = PartyNamed(request.name()).legal_holds;
  const auto hold = std::ranges::find(holds, request.legal_hold_id(), &LegalHold::id);
  ESCROW_ASSERT(hold != holds.end() && !hold->released);
  hold->released = true;
}

// ---- agreements

void Applier::CreateAgreement() {
  const v1::CreateAgreementRequest& request = event_.command().create_agreement();
  const v1::AgreementCreated& fact = event_.agreement_created();
  Agreement agreement;
  agreement.platform = *platform_;
  agreement.id = request.agreement_id();
  agreement.currency = *base::Currency::FromCode(request.agreement().currency_code());
  agreement.create_sequence = event_.sequence();
  agreement.create_time = now_;
  agreement.update_time = now_;
  Terms terms = BuildTerms(request.agreement(), fact.policies(), agreement.fixed_times);
  agreement.participants.reserve(static_cast<std::size_t>(request.agreement().participants_size()));
  for (const v1::Participant& participant : request.agreement().participants()) {
    const auto party = state_.FindParty(*platform_, ParsePartyName(participant.party())->id);
    ESCROW_ASSERT(party.has_value());
    agreement.participants.push_back({.role = participant.role(), .party = *party});
  }
  agreement.milestones.reserve(terms.milestones.size());
  std::size_t lines = 0;
  for (const v1::Schedule& schedule : fact.schedules()) {
    lines += static_cast<std::size_t>(schedule.lines_size());
  }
  agreement.lines.reserve(lines);
  for (std::size_t i = 0; i < terms.milestones.size(); ++i) {
    const v1::Schedule& schedule = fact.schedules(static_cast<int>(i));
    Milestone milestone;
    milestone.required = schedule.required_minor_units();
    milestone.line_begin = static_cast<std::uint16_t>(agreement.lines.size());
    for (const v1::Schedule::Line& line : schedule.lines()) {
      PartySlot party{};
      if (line.account() == v1::ACCOUNT_KIND_PAYABLE) {
        party = *state_.FindParty(*platform_, line.party_id());
      }
      agreement.lines.push_back({.account = line.account(), .party = party, .amount = line.minor_units()});
    }
    milestone.line_end = static_cast<std::uint16_t>(agreement.lines.size());
    agreement.milestones.push_back(std::move(milestone));
  }
  StartLongStop(agreement, terms, start());
  agreement.terms = edit_.Intern(std::move(terms));
  agreement_ = edit_.Add(std::move(agreement));
}

// Sets the bits of the party's buyer and seller roles.
void SetBits(const Agreement& agreement, PartySlot party, std::uint32_t& mask) {
  for (std::size_t i = 0; i < agreement.participants.size(); ++i) {
    if (agreement.participants[i].party == party && agreement.participants[i].role <= v1::ROLE_SELLER) {
      mask |= 1U << i;
    }
  }
}

void Applier::Accept() {
  const auto party = state_.FindParty(*platform_, event_.agreement_accepted().party_id());
  SetBits(agreement(), *party, agreement().accepted_mask);
}

void Applier::Consent() {
  for (const std::string& id : event_.cancellation_consented().party_ids()) {
    SetBits(agreement(), *state_.FindParty(*platform_, id), agreement().consented_mask);
  }
}

void Applier::Cancel() {
  agreement().cancelled = true;
  EndOpenMilestones(agreement(), v1::Milestone::STATE_CANCELLED, /*pending_only=*/false);
}

void Applier::Close() {
  Agreement& ended = agreement();
  ended.refunded += SumOf(event_, v1::ACCOUNT_KIND_REFUNDABLE);
  ended.unallocated_late = 0;
  ended.state = static_cast<v1::Agreement::State>(event_.agreement_closed().state());
  ESCROW_ASSERT(ended.ended() && ended.held() == 0 && ended.unallocated == 0);
  ended.timers.clear();
  edit_.CountEnded();
  SchedulePayouts();
}

void Applier::LongStop() {
  Agreement& stopped = agreement();
  stopped.long_stop = true;
  stopped.expired = true;
  StopTimer(stopped, TimerKind::kLongStop, 0);
  const bool release = event_.long_stop_reached().action() == v1::Policies::LONG_STOP_ACTION_RELEASE;
  EndOpenMilestones(stopped, v1::Milestone::STATE_EXPIRED, /*pending_only=*/release);
}

void Applier::EndMilestone(Agreement& agreement, std::size_t index, v1::Milestone::State state) {
  agreement.milestones[index].state = state;
  StopMilestone(agreement, index);
}

void Applier::EndOpenMilestones(Agreement& agreement, v1::Milestone::State state, bool pending_only) {
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const v1::Milestone::State now = agreement.milestones[i].state;
    if (now == v1::Milestone::STATE_PENDING || (now == v1::Milestone::STATE_FUNDED && !pending_only)) {
      EndMilestone(agreement, i, state);
    }
  }
}

// ---- money in

void Applier::RecordDeposit() {
  const v1::RecordDepositRequest& request = event_.command().record_deposit();
  agreement().deposit_ids.push_back(request.deposit_id());
  agreement().deposited += request.amount().minor_units();
  if (event_.deposit_recorded().late()) {
    agreement().unallocated_late += request.amount().minor_units();
  }
}

void Applier::ReturnUnallocated() {
  const std::int64_t amount = SumOf(event_, v1::ACCOUNT_KIND_REFUNDABLE);
  agreement().refunded += amount;
  if (event_.unallocated_returned().cause() == v1::UnallocatedReturned::CAUSE_LATE) {
    ESCROW_ASSERT(amount == agreement().unallocated_late);
    agreement().unallocated_late = 0;
  }
  SchedulePayouts();
}

void Applier::FundMilestone() {
  const std::size_t index = event_.milestone_funded().milestone_index();
  Milestone& milestone = agreement().milestones[index];
  ESCROW_ASSERT(milestone.state == v1::Milestone::STATE_PENDING);
  milestone.state = v1::Milestone::STATE_FUNDED;
  if (!ESCROW_MUTANT(TimerNotStopped)) {
    StopTimer(agreement(), TimerKind::kFundingDeadline, index);
  }
  StartAtFunding(agreement(), terms(), index, start());
}

// ---- confirmations and deadlines

void Applier::Meet(Agreement& agreement, std::size_t index, std::size_t requirement) {
  Milestone& milestone = agreement.milestones[index];
  milestone.met |= std::uint64_t{1} << requirement;
  milestone.met_by.resize(terms().milestones[index].requirements.size());
  milestone.met_by[requirement] = event_.sequence();
  StopDeemed(agreement, index, requirement);
}

void Applier::RecordConfirmation() {
  const v1::ConfirmationRecorded& fact = event_.confirmation_recorded();
  const v1::ConfirmationKind kind = event_.command().confirm_milestone().kind();
  const std::size_t index = fact.milestone_index();
  const MilestoneTerms& milestone_terms = terms().milestones[index];
  Milestone& milestone = agreement().milestones[index];
  for (std::size_t i = 0; i < milestone_terms.requirements.size(); ++i) {
    const RequirementTerms& requirement = milestone_terms.requirements[i];
    if (requirement.kind == kind && requirement.role == fact.role() && (milestone.met >> i & 1U) == 0) {
      Meet(agreement(), index, i);
    }
  }
  const std::uint32_t bit = 1U << static_cast<unsigned>(kind);
  if ((milestone.kinds_recorded & bit) == 0) {
    milestone.kinds_recorded |= bit;
    if (milestone_terms.delivery_met_by == kind) {
      StopTimer(agreement(), TimerKind::kDeliveryDeadline, index);
    }
    StartAtConfirmation(agreement(), terms(), index, kind, start());
  }
}

void Applier::DeemConfirmation() {
  const v1::ConfirmationDeemed& fact = event_.confirmation_deemed();
  Meet(agreement(), fact.milestone_index(), fact.requirement_index());
  if (terms().milestones[fact.milestone_index()].delivery_met_by == fact.kind()) {
    StopTimer(agreement(), TimerKind::kDeliveryDeadline, fact.milestone_index());
  }
}

void Applier::MissDeadline() {
  const v1::DeadlineMissed& fact = event_.deadline_missed();
  const std::size_t index = fact.milestone_index();
  const bool funding = fact.kind() == v1::DEADLINE_KIND_FUNDING;
  StopTimer(agreement(), funding ? TimerKind::kFundingDeadline : TimerKind::kDeliveryDeadline, index);
  switch (fact.policy()) {
    case v1::Policies::MISSED_MILESTONE_CONTINUE:
      agreement().milestones[index].funding_missed = agreement().milestones[index].funding_missed || funding;
      return;
    case v1::Policies::MISSED_MILESTONE_CEASE_THIS:
      return EndMilestone(agreement(), index, v1::Milestone::STATE_EXPIRED);
    case v1::Policies::MISSED_MILESTONE_CEASE_ALL:
      agreement().expired = true;
      return EndOpenMilestones(agreement(), v1::Milestone::STATE_EXPIRED, /*pending_only=*/false);
    default:
      ESCROW_ASSERT(false);
  }
}

// ---- custody out

// Books what each line got, from the postings: lines of one account fill up in their order.
void Applier::TakeLines(Agreement& agreement, const Milestone& milestone) {
  for (const v1::Posting& posting : event_.postings()) {
    if (posting.account() == v1::ACCOUNT_KIND_CUSTODY) {
      continue;
    }
    std::int64_t left = posting.minor_units();
    for (std::size_t i = milestone.line_begin; i < milestone.line_end && left > 0; ++i) {
      Line& line = agreement.lines[i];
      const bool matches = line.account == posting.account() && (line.account != v1::ACCOUNT_KIND_PAYABLE ||
                                                                 state_.party(line.party).id == posting.party_id());
      if (matches) {
        const std::int64_t taken = std::min(left, line.amount - line.released);
        line.released += taken;
        left -= taken;
      }
    }
    ESCROW_ASSERT(left == 0);
  }
}

void Applier::ReleaseMilestone() {
  const v1::MilestoneReleased& fact = event_.milestone_released();
  Milestone& milestone = agreement().milestones[fact.milestone_index()];
  ESCROW_ASSERT(milestone.state == v1::Milestone::STATE_FUNDED);
  TakeLines(agreement(), milestone);
  milestone.released += fact.minor_units();
  agreement().released += SumOf(event_, v1::ACCOUNT_KIND_PAYABLE);
  agreement().fees += SumOf(event_, v1::ACCOUNT_KIND_PLATFORM_FEES) + SumOf(event_, v1::ACCOUNT_KIND_OPERATOR_FEES);
  ESCROW_ASSERT(fact.final() == (milestone.held == 0));
  if (fact.final()) {
    EndMilestone(agreement(), fact.milestone_index(), v1::Milestone::STATE_RELEASED);
  }
  SchedulePayouts();
}

void Applier::RefundMilestone() {
  const v1::MilestoneRefunded& fact = event_.milestone_refunded();
  Milestone& milestone = agreement().milestones[fact.milestone_index()];
  milestone.refunded += fact.minor_units();
  agreement().refunded += fact.minor_units();
  ESCROW_ASSERT(fact.final() == (milestone.held == 0));
  // A milestone that had expired or been cancelled stays what it is.
  if (fact.final() && milestone.state == v1::Milestone::STATE_FUNDED) {
    EndMilestone(agreement(), fact.milestone_index(), v1::Milestone::STATE_REFUNDED);
  }
  SchedulePayouts();
}

// ---- payouts

// Reserves what the event made payable or refundable, where payouts are automatic.
void Applier::SchedulePayouts() {
  const PolicyTerms& policies = terms().policies;
  if (policies.payout != v1::Policies::PAYOUT_AUTOMATIC) {
    return;
  }
  for (const v1::Posting& posting : event_.postings()) {
    if (posting.account() != v1::ACCOUNT_KIND_PAYABLE && posting.account() != v1::ACCOUNT_KIND_REFUNDABLE) {
      continue;
    }
    const auto party = state_.FindParty(*platform_, posting.party_id());
    agreement().scheduled_payouts.push_back({.due = base::AddSeconds(now_, policies.payout_delay_seconds),
                                             .source = posting.account(),
                                             .party = *party,
                                             .amount = posting.minor_units()});
    PartyBalance& balance = edit_.balance(*party, agreement().currency);
    (posting.account() == v1::ACCOUNT_KIND_PAYABLE ? balance.payable_scheduled : balance.refundable_scheduled) +=
        posting.minor_units();
  }
}

void Applier::RequestPayout() {
  const v1::PayoutRequested& fact = event_.payout_requested();
  Payout payout;
  payout.platform = *platform_;
  payout.id = fact.payout_id();
  payout.source = fact.source();
  payout.currency = *base::Currency::FromCode(event_.currency_code());
  payout.amount = fact.minor_units();
  payout.create_sequence = event_.sequence();
  payout.last_sequence = event_.sequence();
  payout.create_time = now_;
  payout.update_time = now_;
  if (!fact.party_id().empty()) {
    payout.party = state_.FindParty(*platform_, fact.party_id());
    ESCROW_ASSERT(payout.party.has_value());
  }
  if (!event_.has_command()) {  // automatic: takes what was reserved first
    std::vector<ScheduledPayout>& scheduled = agreement().scheduled_payouts;
    ESCROW_ASSERT(!scheduled.empty() && scheduled.front().amount == fact.minor_units());
    scheduled.erase(scheduled.begin());
    PartyBalance& balance = edit_.balance(*payout.party, payout.currency);
    (fact.source() == v1::ACCOUNT_KIND_PAYABLE ? balance.payable_scheduled : balance.refundable_scheduled) -=
        fact.minor_units();
    payout.agreement = agreement_;
  }
  edit_.Add(std::move(payout));
}

void Applier::MovePayout(const std::string& name, v1::Payout::State to) {
  const auto slot = state_.FindPayout(*platform_, ParsePayoutName(name)->id);
  ESCROW_ASSERT(slot.has_value());
  Payout& payout = edit_.payout(*slot);
  payout.state = to;
  payout.last_sequence = event_.sequence();
  payout.update_time = now_;
}

}  // namespace

void ApplyEvent(StateEdit& edit, const State& state, const v1::Event& event) { Applier(edit, state, event).Run(); }

base::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return base::Time{timestamp.seconds() * base::kNsPerSecond + timestamp.nanos()};
}

void ToTimestamp(base::Time time, google::protobuf::Timestamp& timestamp) {
  ESCROW_ASSERT(time.ns >= 0);
  timestamp.set_seconds(time.ns / base::kNsPerSecond);
  timestamp.set_nanos(static_cast<std::int32_t>(time.ns % base::kNsPerSecond));
}

}  // namespace escrow::core
