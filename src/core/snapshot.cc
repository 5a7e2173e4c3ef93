#include "core/snapshot.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/state_codec.h"
#include "core/state_impl.h"

namespace escrow::core {
namespace {

constexpr std::uint32_t kSnapshotFormat = 3;

// So many entities ahead, whose memory lies anywhere.
constexpr std::uint32_t kPrefetched = 8;

}  // namespace

namespace {

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

bool PartiesHold(State::Impl& impl) {
  return std::ranges::all_of(impl.parties.entities(),
                             [&impl](const Party& party) { return Index(party.platform) < impl.platforms.size(); });
}

// The same of payouts and credentials.
bool ReferencesHold(State::Impl& impl) {
  const std::size_t platforms = impl.platforms.size();
  const std::size_t parties = impl.parties.size();
  return std::ranges::all_of(impl.payouts.entities(),
                             [&](const Payout& payout) {
                               return Index(payout.platform) < platforms && Valid(payout.party, parties) &&
                                      (!payout.agreement || Index(*payout.agreement) < impl.agreements.size());
                             }) &&
         std::ranges::all_of(impl.credentials.entities(), [&](const Credential& credential) {
           return (!credential.platform || Index(*credential.platform) < platforms) && Valid(credential.party, parties);
         });
}

// Reads the agreements, packed, and makes what is derived of them. False when they cannot be. REQUIRES: platforms,
// parties and terms have been read, and their references hold.
bool ReadAgreements(Reader& reader, State::Impl& impl) {
  std::uint32_t count = 0;
  reader(count);
  if (!reader.ok() || count > reader.rest().size()) {  // each takes at least a byte
    return false;
  }
  impl.agreements.Clear();
  Agreement agreement;  // one serves for all, so that its memory is had once
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view before = reader.rest();
    reader(agreement);
    if (!reader.ok() || !ReferencesHold(impl, agreement)) {
      return false;
    }
    impl.agreements.AddPacked(agreement, before.substr(0, before.size() - reader.rest().size()));
    impl.Derive(AgreementSlot{i}, agreement);
  }
  return impl.agreements.Reindex();
}

// Makes what is derived of platforms, parties and terms. False when two things have one name.
bool DeriveOwners(State::Impl& impl) {
  if (!impl.platforms.Reindex() || !impl.parties.Reindex()) {
    return false;
  }
  impl.belongings.clear();
  impl.belongings.resize(impl.platforms.size());
  for (std::uint32_t i = 0; i < impl.parties.size(); ++i) {
    impl.belongings[Index(impl.parties.at(PartySlot{i}).platform)].parties.push_back(PartySlot{i});
  }
  impl.terms_index.clear();
  for (std::uint32_t i = 0; i < impl.terms.size(); ++i) {
    impl.terms_index.insert(i);
  }
  impl.timers = TimerQueue();
  impl.timer_positions.clear();
  impl.sandboxes_due.clear();
  impl.live_agreements = 0;
  return true;
}

// The same of payouts, credentials and requests.
bool DeriveRest(State::Impl& impl) {
  if (!impl.payouts.Reindex() || !impl.credentials.Reindex() || !impl.requests.Reindex()) {
    return false;
  }
  for (std::uint32_t i = 0; i < impl.payouts.size(); ++i) {
    impl.belongings[Index(impl.payouts.at(PayoutSlot{i}).platform)].payouts.push_back(PayoutSlot{i});
  }
  impl.proof_index.clear();
  for (std::uint32_t i = 0; i < impl.credentials.size(); ++i) {
    impl.proof_index.try_emplace(impl.credentials.at(CredentialSlot{i}).sha256, CredentialSlot{i});
  }
  return true;
}

// What SnapshotWalk writes, stage by stage.
bool ReadState(Reader& reader, State::Impl& impl) {
  reader(impl.log_id), reader(impl.last_sequence), reader(impl.last_log_time), reader(impl.signing_keys);
  reader(impl.platforms.entities()), reader(impl.parties.entities()), reader(impl.terms);
  if (!reader.ok() || !PartiesHold(impl) || !DeriveOwners(impl) || !ReadAgreements(reader, impl)) {
    return false;
  }
  std::vector<std::vector<LedgerTotals>> totals;
  reader(impl.payouts.entities()), reader(impl.credentials.entities()), reader(impl.requests.entries());
  reader(totals);
  if (!reader.ok() || !reader.AtEnd() || totals.size() != impl.platforms.size() || !ReferencesHold(impl)) {
    return false;
  }
  for (std::size_t i = 0; i < totals.size(); ++i) {
    impl.belongings[i].totals = std::move(totals[i]);
  }
  return DeriveRest(impl);
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
void SnapshotWalk::BeforeChange(AgreementSlot slot) { Keep(agreements_, Index(slot), state_.agreements.box(slot)); }
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
      if constexpr (requires { entities[0].Prefetch(); }) {
        entities[std::min(part.next + kPrefetched, part.count - 1)].Prefetch();
      }
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
      return WritePart(agreements_, state_.agreements.boxes(), bytes);
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
  return ReadState(reader, impl_);
}

}  // namespace escrow::core
