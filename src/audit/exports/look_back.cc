#include "audit/exports/look_back.h"

#include <algorithm>

#include "audit/exports/words.h"
#include "audit/receipt_words.h"
#include "audit/text.h"

namespace escrow::audit::exports {
namespace {

std::string TimeOf(Nanos nanos) {
  google::protobuf::Timestamp time;
  SetTime(nanos, time);
  return TimeText(time);
}

std::string StateText(v1::Agreement::State state) { return EnumText(v1::Agreement::State_Name(state), "STATE_"); }
std::string StateText(v1::Milestone::State state) { return EnumText(v1::Milestone::State_Name(state), "STATE_"); }
std::string StateText(v1::Payout::State state) { return EnumText(v1::Payout::State_Name(state), "STATE_"); }
std::string RoleText(v1::Role role) { return EnumText(v1::Role_Name(role), "ROLE_"); }

bool IsOfPayout(const v1::Event& event) {
  return event.fact_case() >= v1::Event::kPayoutRequested && event.fact_case() <= v1::Event::kPayoutReturned;
}

std::string KeyOfConfirmation(v1::ConfirmationKind kind, v1::Role role) {
  return EnumText(v1::ConfirmationKind_Name(kind), "CONFIRMATION_KIND_") + '/' + RoleText(role);
}

std::string NameOfTimer(const RunningTimer& timer, const v1::Agreement& terms) {
  if (timer.kind == TimerKind::kLongStop) {
    return "timers/long_stop";
  }
  const std::string milestone = terms.milestones(static_cast<int>(timer.milestone)).milestone_id();
  switch (timer.kind) {
    case TimerKind::kFundingDeadline:
      return "timers/funding_deadline/" + milestone;
    case TimerKind::kDeliveryDeadline:
      return "timers/delivery_deadline/" + milestone;
    default:  // a confirmation that will be deemed, by the position of its requirement
      return "timers/deemed/" + milestone + '/' + std::to_string(timer.requirement);
  }
}

// The payouts for which `ours` says yes, by their ids.
template <typename Ours>
void AddPayouts(const World& world, const std::string& platform_id, const Ours& ours, Picture& picture) {
  std::map<std::string, const audit::PayoutNow*> payouts;
  for (const auto& [key, payout] : world.payouts) {
    if (key.starts_with(platform_id + '/') && ours(payout)) {
      payouts.emplace(key.substr(platform_id.size() + 1), &payout);
    }
  }
  for (const auto& [id, payout] : payouts) {
    picture.AddWords("payouts/" + id + "/state", StateText(payout->state));
    picture.AddAmount("payouts/" + id + "/amount", payout->amount, payout->currency);
  }
}

// Money that waits for its delay, by the account it leaves from and when.
void AddDuePayouts(const AgreementNow& agreement, Picture& picture) {
  std::map<std::string, base::Wide> due;
  for (const DuePayout& payout : agreement.due_payouts) {
    due["due_payouts/" + std::string(KindName(payout.source)) + '/' + payout.party_id + '/' + TimeOf(payout.due)] +=
        payout.amount;
  }
  for (const auto& [name, amount] : due) {
    picture.AddAmount(name, amount, agreement.currency);
  }
}

absl::Status NoSuchSubject(const LookBack& look_back, std::uint64_t event) {
  return absl::NotFoundError("there is no " + look_back.NameOfSubject() + " as of event " + std::to_string(event));
}

}  // namespace

absl::Status LookBack::Take(const v1::Event& event) {
  if (const Complaint wrong = domain_.Take(event)) {
    return absl::DataLossError("event " + std::to_string(event.sequence()) + ": " + *wrong);
  }
  if (subject_ && event.platform() == subject_->platform && !event.agreement_id().empty()) {
    Remember(event);
  }
  return absl::OkStatus();
}

void LookBack::Remember(const v1::Event& event) {
  if (event.has_agreement_created()) {
    const v1::Agreement& terms = event.command().create_agreement().agreement();
    const std::string party = subject_->platform + "/parties/" + subject_->party;
    const bool takes_part = std::ranges::any_of(terms.participants(),
                                                [&](const auto& participant) { return participant.party() == party; });
    if (!takes_part && event.agreement_id() != subject_->agreement) {
      return;
    }
    const auto milestones = static_cast<std::size_t>(terms.milestones_size());
    Part& part = parts_[event.agreement_id()];
    part.terms = terms;
    part.created = event.sequence();
    part.released.resize(milestones);
    part.refunded.resize(milestones);
    for (const v1::Schedule& schedule : event.agreement_created().schedules()) {
      for (const v1::Schedule::Line& line : schedule.lines()) {
        part.share += !line.party_id().empty() && line.party_id() == subject_->party ? line.minor_units() : 0;
      }
    }
  }
  const auto found = parts_.find(event.agreement_id());
  if (found != parts_.end()) {
    RememberMoves(event, found->second);
  }
}

void LookBack::RememberMoves(const v1::Event& event, Part& part) const {
  const auto confirm = [&](std::uint32_t milestone, v1::ConfirmationKind kind, v1::Role role, const char* how) {
    part.confirmations.try_emplace({milestone, KeyOfConfirmation(kind, role)},
                                   "event " + std::to_string(event.sequence()) + ", " + how);
  };
  if (event.has_milestone_released()) {
    part.released[event.milestone_released().milestone_index()] += event.milestone_released().minor_units();
  } else if (event.has_milestone_refunded()) {
    part.refunded[event.milestone_refunded().milestone_index()] += event.milestone_refunded().minor_units();
  } else if (event.has_confirmation_recorded()) {
    const v1::ConfirmationRecorded& fact = event.confirmation_recorded();
    confirm(fact.milestone_index(), event.command().confirm_milestone().kind(), fact.role(), "recorded");
  } else if (event.has_confirmation_deemed()) {
    const v1::ConfirmationDeemed& fact = event.confirmation_deemed();
    confirm(fact.milestone_index(), fact.kind(), fact.role(), "deemed");
  }
  for (const v1::Posting& posting : event.postings()) {
    if (!IsOfPayout(event) && !posting.party_id().empty() && posting.party_id() == subject_->party) {
      (posting.account() == v1::ACCOUNT_KIND_PAYABLE ? part.released_to_it : part.refunded_to_it) +=
          posting.minor_units();
    }
  }
}

std::optional<Picture> LookBack::Now() const {
  if (!subject_) {
    return OfLedger();
  }
  const World& world = domain_.world();
  if (!subject_->party.empty()) {
    const Party* party = Find(world.parties, KeyOf(PlatformId(), subject_->party));
    return party == nullptr ? std::nullopt : std::optional(OfParty(*party));
  }
  const AgreementNow* agreement = Find(world.agreements, KeyOf(PlatformId(), subject_->agreement));
  return agreement == nullptr ? std::nullopt : std::optional(OfAgreement(*agreement, parts_.at(subject_->agreement)));
}

const v1::Agreement* LookBack::terms() const {
  const Part* part = subject_ && subject_->party.empty() ? Find(parts_, subject_->agreement) : nullptr;
  return part == nullptr ? nullptr : &part->terms;
}

std::string LookBack::NameOfSubject() const { return subject_ ? NameOf(*subject_) : "the ledger"; }

bool LookBack::IsOfAgreement(const v1::Event& event) const {
  return subject_ && !subject_->agreement.empty() && event.platform() == subject_->platform &&
         event.agreement_id() == subject_->agreement;
}

std::string LookBack::PlatformId() const { return std::string(PlatformIdOf(subject_->platform)); }

Picture LookBack::OfLedger() const {
  Picture picture;
  for (const auto& [account, balance] : domain_.world().books.Accounts()) {
    picture.AddAmount(JournalName(account), balance, account.currency);
  }
  return picture;
}

Picture LookBack::OfParty(const Party& party) const {
  Picture picture;
  for (const auto& [account, balance] : domain_.world().books.Accounts()) {
    if (account.platform == subject_->platform && account.party == subject_->party) {
      picture.AddAmount(std::string(KindName(account.kind)) + '/' + account.currency, balance, account.currency);
    }
  }
  for (const auto& [account, amount] : party.reserved) {
    if (amount != 0) {
      picture.AddAmount("reserved/" + std::string(KindName(account.first)) + '/' + account.second, amount,
                        account.second);
    }
  }
  if (party.erased) {
    picture.AddWords("erased", "yes");
  }
  for (const std::string& id : party.records) {
    picture.AddWords("records/" + id, "committed");
  }
  for (const auto& [id, hold] : party.legal_holds) {
    picture.AddWords("legal_holds/" + id, hold.released ? "released"
                                          : hold.end    ? "until " + TimeOf(*hold.end)
                                                        : "placed");
  }
  for (const auto& [id, part] : parts_) {
    const AgreementNow& agreement = domain_.world().agreements.at(KeyOf(PlatformId(), id));
    std::string roles;
    for (const v1::Participant& participant : part.terms.participants()) {
      if (IdText(participant.party()) == subject_->party) {
        roles += (roles.empty() ? "" : ", ") + RoleText(participant.role());
      }
    }
    const std::string name = "agreements/" + id;
    picture.AddWords(name + "/roles", roles);
    picture.AddWords(name + "/state", StateText(agreement.state));
    picture.AddAmount(name + "/share", part.share, agreement.currency);
    picture.AddAmount(name + "/released_to_it", part.released_to_it, agreement.currency);
    picture.AddAmount(name + "/refunded_to_it", part.refunded_to_it, agreement.currency);
    picture.AddAmount(name + "/held", agreement.held(), agreement.currency);
    picture.AddAmount(name + "/unallocated", agreement.unallocated, agreement.currency);
  }
  AddPayouts(
      domain_.world(), PlatformId(),
      [this](const audit::PayoutNow& payout) { return payout.party_id == subject_->party; }, picture);
  return picture;
}

Picture LookBack::OfAgreement(const AgreementNow& agreement, const Part& part) const {
  Picture picture;
  picture.AddWords("state", StateText(agreement.state));
  picture.AddWords("created_by_event", std::to_string(part.created));
  picture.AddWords("last_event", std::to_string(agreement.last_sequence));
  picture.AddWords("update_time", TimeOf(agreement.update_time));
  for (const std::string& party : agreement.accepted) {
    picture.AddWords("accepted/" + party, "yes");
  }
  for (const std::string& party : agreement.consented) {
    picture.AddWords("consented_to_cancel/" + party, "yes");
  }
  const std::pair<const char*, std::int64_t> kSums[] = {
      {"deposited", agreement.deposited}, {"held", agreement.held()}, {"released", agreement.released},
      {"refunded", agreement.refunded},   {"fees", agreement.fees},   {"unallocated", agreement.unallocated}};
  for (const auto& [name, amount] : kSums) {
    picture.AddAmount(name, amount, agreement.currency);
  }
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const MilestoneNow& milestone = agreement.milestones[i];
    const std::string name = "milestones/" + part.terms.milestones(static_cast<int>(i)).milestone_id();
    picture.AddWords(name + "/state", StateText(milestone.state));
    picture.AddAmount(name + "/required", milestone.required, agreement.currency);
    picture.AddAmount(name + "/held", milestone.held, agreement.currency);
    picture.AddAmount(name + "/released", part.released[i], agreement.currency);
    picture.AddAmount(name + "/refunded", part.refunded[i], agreement.currency);
    for (const auto& [key, how] : part.confirmations) {
      if (key.first == i) {
        picture.AddWords(name + "/confirmations/" + key.second, how);
      }
    }
  }
  for (const RunningTimer& timer : agreement.timers) {
    picture.AddWords(NameOfTimer(timer, part.terms), TimeOf(timer.deadline));
  }
  AddDuePayouts(agreement, picture);
  const std::string key = KeyOf(agreement.platform_id, agreement.id);
  AddPayouts(
      domain_.world(), agreement.platform_id,
      [&key](const audit::PayoutNow& payout) { return payout.agreement_key == key; }, picture);
  return picture;
}

absl::StatusOr<StateReport> FindState(EntrySource& source, const Extent& extent,
                                      const std::optional<StatementSubject>& subject) {
  LookBack look_back(subject);
  StateReport report{.as_of = {}, .subject = look_back.NameOfSubject(), .picture = {}};
  const absl::Status walked = Walk(source, extent, [&](const v1::Event& event) {
    if (event.sequence() == extent.through) {
      report.as_of = MakeAsOf(extent, event);
    }
    return look_back.Take(event);
  });
  if (!walked.ok()) {
    return walked;
  }
  std::optional<Picture> picture = look_back.Now();
  if (!picture) {
    return NoSuchSubject(look_back, extent.through);
  }
  report.picture = *std::move(picture);
  return report;
}

absl::StatusOr<DifferenceReport> FindDifference(EntrySource& source, const Extent& from, const Extent& to,
                                                const std::optional<StatementSubject>& subject) {
  if (from.through > to.through) {
    return absl::InvalidArgumentError("event " + std::to_string(from.through) +
                                      ", where it begins, lies behind event " + std::to_string(to.through) +
                                      ", where it ends");
  }
  LookBack look_back(subject);
  DifferenceReport report;
  std::optional<Picture> before;
  const absl::Status walked = Walk(source, to, [&](const v1::Event& event) {
    if (absl::Status taken = look_back.Take(event); !taken.ok()) {
      return taken;
    }
    if (event.sequence() == from.through) {
      before = look_back.Now();
      report.from = MakeAsOf(from, event);
    } else if (event.sequence() > from.through && look_back.IsOfAgreement(event)) {
      report.events.push_back(event);
    }
    if (event.sequence() == to.through) {
      report.to = MakeAsOf(to, event);
    }
    return absl::OkStatus();
  });
  if (!walked.ok()) {
    return walked;
  }
  const std::optional<Picture> after = look_back.Now();
  if (!after) {
    return NoSuchSubject(look_back, to.through);
  }
  report.subject = look_back.NameOfSubject();
  if (look_back.terms() != nullptr) {
    report.terms = *look_back.terms();
  }
  report.changes = DifferenceOf(before.value_or(Picture()), *after);
  return report;
}

}  // namespace escrow::audit::exports
