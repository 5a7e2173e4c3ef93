// What of the state is written, value by value: the snapshot format (docs/DATA_FORMATS.md). The rest is derived on
// loading.

#include "core/snapshot.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/mutant.h"
#include "core/codec.h"
#include "core/state_impl.h"

namespace escrow::core {
namespace {

constexpr std::uint32_t kSnapshotFormat = 2;

}  // namespace

template <class Archive>
void Visit(Archive& archive, base::Time& time) {
  archive(time.ns);
}

template <class Archive>
void Visit(Archive& archive, TimerTerms& timer) {
  archive(timer.start), archive(timer.kind), archive(timer.seconds);
}

template <class Archive>
void Visit(Archive& archive, RequirementTerms& requirement) {
  archive(requirement.kind), archive(requirement.role), archive(requirement.evidence_mask);
  archive(requirement.deemed);
}

template <class Archive>
void Visit(Archive& archive, ConditionNode& node) {
  archive(node.at_least), archive(node.children);
}

template <class Archive>
void Visit(Archive& archive, MilestoneTerms& milestone) {
  archive(milestone.id), archive(milestone.release_on_funding), archive(milestone.condition);
  archive(milestone.requirements), archive(milestone.opens_after), archive(milestone.funding_deadline);
  archive(milestone.delivery_deadline), archive(milestone.delivery_met_by);
}

template <class Archive>
void Visit(Archive& archive, PolicyTerms& policies) {
  archive(policies.acceptance), archive(policies.funding), archive(policies.partial_deposit);
  archive(policies.overfunding), archive(policies.underfunding), archive(policies.underfunding_tolerance);
  archive(policies.late_funding), archive(policies.missed_milestone), archive(policies.early_confirmation);
  archive(policies.partial_release), archive(policies.rounding), archive(policies.fee_bearer);
  archive(policies.payout), archive(policies.payout_delay_seconds), archive(policies.party_consent);
  archive(policies.long_stop_seconds), archive(policies.long_stop_action);
}

template <class Archive>
void Visit(Archive& archive, Terms& terms) {
  archive(terms.policies), archive(terms.milestones);
}

template <class Archive>
void Visit(Archive& archive, Platform& platform) {
  archive(platform.id), archive(platform.sandbox), archive(platform.rail_access), archive(platform.clock);
  archive(platform.create_time), archive(platform.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, PartyBalance& balance) {
  archive(balance.currency), archive(balance.payable), archive(balance.refundable);
  archive(balance.payable_scheduled), archive(balance.refundable_scheduled);
}

template <class Archive>
void Visit(Archive& archive, SigningKey& key) {
  archive(key.verifier_key), archive(key.sequence);
}

template <class Archive>
void Visit(Archive& archive, RecordEntry& record) {
  archive(record.id), archive(record.kind), archive(record.commitment), archive(record.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, LegalHold& hold) {
  archive(hold.id), archive(hold.reference), archive(hold.end), archive(hold.by_operator), archive(hold.released);
  archive(hold.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, Party& party) {
  archive(party.platform), archive(party.id), archive(party.create_time), archive(party.create_sequence);
  archive(party.balances), archive(party.records), archive(party.legal_holds), archive(party.erased);
}

template <class Archive>
void Visit(Archive& archive, Participant& participant) {
  archive(participant.role), archive(participant.party);
}

template <class Archive>
void Visit(Archive& archive, Line& line) {
  archive(line.account), archive(line.party), archive(line.amount), archive(line.released);
}

template <class Archive>
void Visit(Archive& archive, Milestone& milestone) {
  bool nothing = false;
  archive(milestone.state), archive(ESCROW_MUTANT(SnapshotForgets) ? nothing : milestone.funding_missed);
  archive(milestone.kinds_recorded);
  archive(milestone.met), archive(milestone.required), archive(milestone.held), archive(milestone.released);
  archive(milestone.refunded), archive(milestone.line_begin), archive(milestone.line_end);
  archive(milestone.met_by);
}

template <class Archive>
void Visit(Archive& archive, Timer& timer) {
  archive(timer.deadline), archive(timer.kind), archive(timer.milestone), archive(timer.index);
  archive(timer.start_sequence);
}

template <class Archive>
void Visit(Archive& archive, ScheduledPayout& payout) {
  archive(payout.due), archive(payout.source), archive(payout.party), archive(payout.amount);
}

template <class Archive>
void Visit(Archive& archive, Agreement& agreement) {
  archive(agreement.platform), archive(agreement.terms), archive(agreement.currency), archive(agreement.state);
  archive(agreement.expired), archive(agreement.long_stop), archive(agreement.cancelled), archive(agreement.id);
  archive(agreement.create_sequence), archive(agreement.last_sequence), archive(agreement.create_time);
  archive(agreement.update_time), archive(agreement.deposited), archive(agreement.reversed);
  archive(agreement.released), archive(agreement.refunded), archive(agreement.fees);
  archive(agreement.unallocated), archive(agreement.unallocated_late), archive(agreement.debt);
  archive(agreement.accepted_mask), archive(agreement.consented_mask), archive(agreement.participants);
  archive(agreement.milestones), archive(agreement.lines), archive(agreement.timers);
  archive(agreement.scheduled_payouts), archive(agreement.fixed_times), archive(agreement.deposit_ids);
}

template <class Archive>
void Visit(Archive& archive, Payout& payout) {
  archive(payout.platform), archive(payout.id), archive(payout.source), archive(payout.party);
  archive(payout.agreement), archive(payout.currency), archive(payout.amount), archive(payout.state);
  archive(payout.create_sequence), archive(payout.last_sequence), archive(payout.create_time);
  archive(payout.update_time);
}

template <class Archive>
void Visit(Archive& archive, Credential& credential) {
  archive(credential.id), archive(credential.kind), archive(credential.platform), archive(credential.party);
  archive(credential.certificate), archive(credential.sha256), archive(credential.revoked);
  archive(credential.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, LedgerTotals& totals) {
  archive(totals.currency);
  for (Wide& total : totals.by_kind) {
    archive(total);
  }
}

template <class Archive>
void Visit(Archive& archive, RequestEntry& entry) {
  archive(entry.key.id.hi), archive(entry.key.id.lo), archive(entry.key.principal), archive(entry.sequence);
}

namespace {

// What SnapshotWalk writes, stage by stage.
void ReadState(Reader& archive, State::Impl& impl, std::vector<std::vector<LedgerTotals>>& totals) {
  archive(impl.log_id), archive(impl.last_sequence), archive(impl.last_log_time), archive(impl.signing_keys);
  archive(impl.platforms.entities()), archive(impl.parties.entities()), archive(impl.terms);
  archive(impl.agreements.entities()), archive(impl.payouts.entities()), archive(impl.credentials.entities());
  archive(impl.requests.entries()), archive(totals);
}

bool Valid(const std::optional<PartySlot>& slot, std::size_t count) { return !slot || Index(*slot) < count; }

// Whether every reference of the agreement leads somewhere: what the rules index without asking again.
bool ReferencesHold(State::Impl& impl, const Agreement& agreement) {
  if (Index(agreement.platform) >= impl.platforms.size() || Index(agreement.terms) >= impl.terms.size()) {
    return false;
  }
  const Terms& terms = impl.terms[Index(agreement.terms)];
  if (terms.milestones.size() != agreement.milestones.size()) {
    return false;
  }
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const Milestone& milestone = agreement.milestones[i];
    if (milestone.line_begin > milestone.line_end || milestone.line_end > agreement.lines.size() ||
        (!milestone.met_by.empty() && milestone.met_by.size() != terms.milestones[i].requirements.size())) {
      return false;
    }
  }
  const std::size_t parties = impl.parties.size();
  const auto known = [parties](const auto& item) { return Index(item.party) < parties; };
  const auto timer_holds = [&terms](const Timer& timer) {
    return timer.kind == TimerKind::kLongStop ||
           (timer.milestone < terms.milestones.size() &&
            (timer.kind != TimerKind::kDeemed || timer.index < terms.milestones[timer.milestone].requirements.size()));
  };
  return std::ranges::all_of(agreement.participants, known) && std::ranges::all_of(agreement.lines, known) &&
         std::ranges::all_of(agreement.scheduled_payouts, known) && std::ranges::all_of(agreement.timers, timer_holds);
}

bool ReferencesHold(State::Impl& impl) {
  const std::size_t platforms = impl.platforms.size();
  const std::size_t parties = impl.parties.size();
  return std::ranges::all_of(impl.parties.entities(),
                             [&](const Party& party) { return Index(party.platform) < platforms; }) &&
         std::ranges::all_of(impl.agreements.entities(),
                             [&](const Agreement& agreement) { return ReferencesHold(impl, agreement); }) &&
         std::ranges::all_of(impl.payouts.entities(),
                             [&](const Payout& payout) {
                               return Index(payout.platform) < platforms && Valid(payout.party, parties) &&
                                      (!payout.agreement || Index(*payout.agreement) < impl.agreements.size());
                             }) &&
         std::ranges::all_of(impl.credentials.entities(), [&](const Credential& credential) {
           return (!credential.platform || Index(*credential.platform) < platforms) && Valid(credential.party, parties);
         });
}

// Makes everything that is derived. False when two things have one name.
bool Derive(State::Impl& impl, std::vector<std::vector<LedgerTotals>>& totals) {
  if (!impl.platforms.Reindex() || !impl.parties.Reindex() || !impl.agreements.Reindex() || !impl.payouts.Reindex() ||
      !impl.credentials.Reindex() || !impl.requests.Reindex()) {
    return false;
  }
  impl.belongings.clear();
  for (std::vector<LedgerTotals>& platform_totals : totals) {
    impl.belongings.emplace_back().totals = std::move(platform_totals);
  }
  for (std::uint32_t i = 0; i < impl.parties.size(); ++i) {
    impl.belongings[Index(impl.parties.at(PartySlot{i}).platform)].parties.push_back(PartySlot{i});
  }
  for (std::uint32_t i = 0; i < impl.payouts.size(); ++i) {
    impl.belongings[Index(impl.payouts.at(PayoutSlot{i}).platform)].payouts.push_back(PayoutSlot{i});
  }
  impl.terms_index.clear();
  for (std::uint32_t i = 0; i < impl.terms.size(); ++i) {
    impl.terms_index.insert(i);
  }
  impl.proof_index.clear();
  for (std::uint32_t i = 0; i < impl.credentials.size(); ++i) {
    impl.proof_index.try_emplace(impl.credentials.at(CredentialSlot{i}).sha256, CredentialSlot{i});
  }
  impl.timers = TimerQueue();
  impl.sandboxes_due.clear();
  impl.timer_positions.assign(impl.agreements.size(), TimerQueue::kNowhere);
  impl.live_agreements = 0;
  for (std::uint32_t i = 0; i < impl.agreements.size(); ++i) {
    const Agreement& agreement = impl.agreements.at(AgreementSlot{i});
    impl.belongings[Index(agreement.platform)].agreements.push_back(AgreementSlot{i});
    impl.live_agreements += agreement.ended() ? 0U : 1U;
    impl.UpdateDeadline(AgreementSlot{i});
  }
  return true;
}

}  // namespace

std::uint64_t HashOf(const Terms& terms) {
  Mixer mixer;
  // WHY const_cast: one Visit per type serves reading too; Mixer changes nothing.
  Visit(mixer, const_cast<Terms&>(terms));
  return mixer.hash();
}

SnapshotWalk::SnapshotWalk(State::Impl& state)
    : state_(state),
      log_id_(state.log_id),
      last_sequence_(state.last_sequence),
      last_log_time_(state.last_log_time),
      signing_keys_(state.signing_keys),
      platforms_{.count = state.platforms.size()},
      parties_{.count = state.parties.size()},
      terms_{.count = static_cast<std::uint32_t>(state.terms.size())},
      agreements_{.count = state.agreements.size()},
      payouts_{.count = state.payouts.size()},
      credentials_{.count = state.credentials.size()},
      requests_{.count = static_cast<std::uint32_t>(state.requests.entries().size())} {
  for (const Belongings& belongings : state.belongings) {
    totals_.push_back(belongings.totals);
  }
}

template <class Entity>
void SnapshotWalk::Keep(Part& part, std::uint32_t index, Entity& entity) {
  if (index < part.next || index >= part.count) {
    return;
  }
  const auto [kept, is_first] = part.kept.try_emplace(index);
  if (is_first) {
    Writer writer;
    writer(entity);
    kept->second = writer.bytes();
  }
}

void SnapshotWalk::BeforeChange(PlatformSlot slot) { Keep(platforms_, Index(slot), state_.platforms.at(slot)); }
void SnapshotWalk::BeforeChange(PartySlot slot) { Keep(parties_, Index(slot), state_.parties.at(slot)); }
void SnapshotWalk::BeforeChange(AgreementSlot slot) { Keep(agreements_, Index(slot), state_.agreements.at(slot)); }
void SnapshotWalk::BeforeChange(PayoutSlot slot) { Keep(payouts_, Index(slot), state_.payouts.at(slot)); }
void SnapshotWalk::BeforeChange(CredentialSlot slot) { Keep(credentials_, Index(slot), state_.credentials.at(slot)); }

// Writes what is left of a table, until `writer_` holds `bytes`. True when nothing is left.
template <class Entities>
bool SnapshotWalk::WritePart(Part& part, Entities& entities, std::size_t bytes) {
  if (!part.begun) {
    writer_(part.count);
    part.begun = true;
  }
  while (part.next < part.count && writer_.bytes().size() < bytes) {
    const auto kept = part.kept.empty() ? part.kept.end() : part.kept.find(part.next);
    if (kept != part.kept.end()) {
      writer_.Encoded(kept->second);
      part.kept.erase(kept);
    } else {
      writer_(entities[part.next]);
    }
    ++part.next;
  }
  return part.next == part.count;
}

// The same for the stage that the walk is in.
bool SnapshotWalk::WriteStage(std::size_t bytes) {
  switch (stage_) {
    case Stage::kHead: {
      std::uint32_t format = kSnapshotFormat;
      writer_(format), writer_(log_id_), writer_(last_sequence_), writer_(last_log_time_);
      writer_(signing_keys_);
      return true;
    }
    case Stage::kPlatforms:
      return WritePart(platforms_, state_.platforms.entities(), bytes);
    case Stage::kParties:
      return WritePart(parties_, state_.parties.entities(), bytes);
    case Stage::kTerms:
      return WritePart(terms_, state_.terms, bytes);
    case Stage::kAgreements:
      return WritePart(agreements_, state_.agreements.entities(), bytes);
    case Stage::kPayouts:
      return WritePart(payouts_, state_.payouts.entities(), bytes);
    case Stage::kCredentials:
      return WritePart(credentials_, state_.credentials.entities(), bytes);
    case Stage::kRequests:
      return WritePart(requests_, state_.requests.entries(), bytes);
    case Stage::kTotals:
      writer_(totals_);
      return true;
    case Stage::kEnd:
      break;
  }
  return true;
}

bool SnapshotWalk::Continue(std::size_t bytes, const Sink& sink) {
  while (stage_ != Stage::kEnd && writer_.bytes().size() < bytes) {
    if (WriteStage(bytes)) {
      stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
    }
  }
  sink(writer_.bytes());
  writer_.Clear();
  return stage_ == Stage::kEnd;
}

void StateEdit::Save(const std::function<void(std::string_view)>& sink) const {
  constexpr std::size_t kPieceBytes = 1 << 20;
  SnapshotWalk walk(impl_);
  while (!walk.Continue(kPieceBytes, sink)) {
  }
}

void StateEdit::BeginSave() {
  ESCROW_ASSERT(!scope_);
  walk_ = std::make_unique<SnapshotWalk>(impl_);
}

bool StateEdit::ContinueSave(std::size_t bytes, const std::function<void(std::string_view)>& sink) {
  ESCROW_ASSERT(walk_ && !scope_);
  const bool done = walk_->Continue(bytes, sink);
  if (done) {
    walk_.reset();
  }
  return done;
}

bool StateEdit::Load(std::string_view bytes) {
  ESCROW_ASSERT(!scope_ && !walk_);
  Reader reader(bytes);
  std::uint32_t format = 0;
  reader(format);
  if (!reader.ok() || format != kSnapshotFormat) {
    return false;
  }
  std::vector<std::vector<LedgerTotals>> totals;
  ReadState(reader, impl_, totals);
  return reader.ok() && reader.AtEnd() && totals.size() == impl_.platforms.size() && ReferencesHold(impl_) &&
         Derive(impl_, totals);
}

}  // namespace escrow::core
