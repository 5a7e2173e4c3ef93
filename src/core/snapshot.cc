#include "core/snapshot.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/state_codec.h"
#include "core/state_impl.h"

namespace escrow::core {
namespace {

constexpr std::uint32_t kSnapshotFormat = 4;

// So many entities ahead, whose memory lies anywhere.
constexpr std::size_t kPrefetched = 8;

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

// What one save has of a table, as SnapshotWalk::Part wrote it, read an entity at a time.
class PartReader {
 public:
  // `before`: entities that the save before it had.
  PartReader(Reader& reader, std::uint32_t before) : reader_(reader) {
    std::uint32_t first_new = 0;
    reader_(count_), reader_(first_new), reader_(changed_);
    // Each entity takes at least a byte: more of them than bytes are a lie and must not take memory.
    const std::size_t bytes = reader_.rest().size();
    ok_ = reader_.ok() && first_new == before && first_new <= count_ && changed_ <= first_new &&
          count_ - first_new <= bytes && changed_ <= bytes;
    first_new_ = first_new;
    FindNext(0);
  }

  [[nodiscard]] bool ok() const { return ok_; }
  // Entities in the table.
  [[nodiscard]] std::uint32_t count() const { return count_; }
  // The position of the entity that comes next, count() when there is none.
  [[nodiscard]] std::uint32_t next() const { return next_; }
  // At that entity.
  [[nodiscard]] Reader& reader() { return reader_; }
  // After it was read.
  void Advance() {
    ok_ = ok_ && reader_.ok();
    FindNext(next_ + 1);
  }

 private:
  // Changed entities give their positions, which ascend.
  void FindNext(std::uint32_t from) {
    if (changed_ == 0 || !ok_) {
      next_ = std::max(from, first_new_);
      return;
    }
    --changed_;
    reader_(next_);
    ok_ = reader_.ok() && next_ >= from && next_ < first_new_;
  }

  Reader& reader_;
  std::uint32_t count_ = 0;
  std::uint32_t first_new_ = 0;
  std::uint32_t changed_ = 0;  // still to come
  std::uint32_t next_ = 0;
  bool ok_ = false;
};

// Reads a table from saves that follow each other: `read` is called for each version of each entity, the versions of
// one entity one after the other, the oldest first, and `put` after the last. In order of position. False when the
// saves do not have that, or one of the two says so.
template <class Read, class Put>
bool ReadPart(std::vector<Reader>& saves, const Read& read, const Put& put) {
  std::vector<PartReader> parts;
  std::uint32_t count = 0;
  for (Reader& save : saves) {
    parts.emplace_back(save, count);
    if (!parts.back().ok()) {
      return false;
    }
    count = parts.back().count();
  }
  for (std::uint32_t position = 0; position < count; ++position) {
    for (PartReader& part : parts) {
      if (part.next() == position && position < part.count()) {
        read(part.reader(), position);
        part.Advance();
        if (!part.ok()) {
          return false;
        }
      }
    }
    if (!put(position)) {
      return false;
    }
  }
  return true;
}

template <class Entity>
bool ReadEntities(std::vector<Reader>& saves, std::deque<Entity>& entities) {
  entities.clear();
  return ReadPart(
      saves,
      [&entities](Reader& reader, std::uint32_t position) {
        reader(position < entities.size() ? entities[position] : entities.emplace_back());
      },
      [](std::uint32_t) { return true; });
}

// Reads the agreements, packed, and makes what is derived of them. REQUIRES: platforms, parties and terms have been
// read, and their references hold.
bool ReadAgreements(std::vector<Reader>& saves, State::Impl& impl) {
  impl.agreements.Clear();
  Agreement agreement;  // one serves for all, so that its memory is had once
  std::string_view encoded;
  const bool read = ReadPart(
      saves,
      [&](Reader& reader, std::uint32_t) {
        const std::string_view before = reader.rest();
        reader(agreement);
        encoded = before.substr(0, before.size() - reader.rest().size());
      },
      [&](std::uint32_t position) {
        if (!ReferencesHold(impl, agreement)) {
          return false;
        }
        impl.agreements.AddPacked(agreement, encoded);
        impl.Derive(AgreementSlot{position}, agreement);
        return true;
      });
  return read && impl.agreements.Reindex();
}

// The beginning of a save: it follows the state that has been read so far.
bool ReadHead(Reader& reader, State::Impl& impl) {
  std::uint32_t format = 0;
  std::uint64_t since_sequence = 0;
  reader(format);
  if (!reader.ok() || format != kSnapshotFormat) {
    return false;
  }
  const std::uint64_t before = impl.last_sequence;
  reader(since_sequence), reader(impl.log_id), reader(impl.last_sequence), reader(impl.last_log_time);
  reader(impl.signing_keys);
  return reader.ok() && since_sequence == before && impl.last_sequence >= before;
}

// The end of a save.
bool ReadTotals(Reader& reader, std::vector<std::vector<LedgerTotals>>& totals) {
  reader(totals);
  return reader.ok() && reader.AtEnd();
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
bool ReadState(std::vector<Reader>& saves, State::Impl& impl) {
  impl.last_sequence = 0;
  if (saves.empty() || !std::ranges::all_of(saves, [&impl](Reader& save) { return ReadHead(save, impl); })) {
    return false;
  }
  if (!ReadEntities(saves, impl.platforms.entities()) || !ReadEntities(saves, impl.parties.entities()) ||
      !ReadEntities(saves, impl.terms) || !PartiesHold(impl) || !DeriveOwners(impl) || !ReadAgreements(saves, impl) ||
      !ReadEntities(saves, impl.payouts.entities()) || !ReadEntities(saves, impl.credentials.entities()) ||
      !ReadEntities(saves, impl.requests.entries()) || !ReferencesHold(impl)) {
    return false;
  }
  std::vector<std::vector<LedgerTotals>> totals;
  if (!std::ranges::all_of(saves, [&totals](Reader& save) { return ReadTotals(save, totals); }) ||
      totals.size() != impl.platforms.size()) {
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

SnapshotWalk::SnapshotWalk(State::Impl& state, const Changes& since)
    : state_(state),
      since_sequence_(since.since_sequence),
      log_id_(state.log_id),
      last_sequence_(state.last_sequence),
      last_log_time_(state.last_log_time),
      signing_keys_(state.signing_keys),
      platforms_(since.platforms, state.platforms.size()),
      parties_(since.parties, state.parties.size()),
      terms_(since.terms, static_cast<std::uint32_t>(state.terms.size())),
      agreements_(since.agreements, state.agreements.size()),
      payouts_(since.payouts, state.payouts.size()),
      credentials_(since.credentials, state.credentials.size()),
      requests_(since.requests, state.requests.size()) {
  for (const Belongings& belongings : state.belongings) {
    totals_.push_back(belongings.totals);
  }
}

bool SnapshotWalk::Part::Awaits(std::uint32_t position) const {
  if (position >= first_new_) {
    return position < count_ && changed_.size() + (position - first_new_) >= next_;
  }
  const auto found = std::ranges::lower_bound(changed_, position);
  return found != changed_.end() && *found == position && static_cast<std::size_t>(found - changed_.begin()) >= next_;
}

std::uint32_t SnapshotWalk::Part::PositionAfter(std::size_t later) const {
  const std::size_t at = next_ + later;
  return at < changed_.size() ? changed_[at]
                              : std::min(first_new_ + static_cast<std::uint32_t>(at - changed_.size()), count_ - 1);
}

void SnapshotWalk::Part::Begin(Writer& writer) {
  if (!begun_) {
    auto changed = static_cast<std::uint32_t>(changed_.size());
    writer(count_), writer(first_new_), writer(changed);
    begun_ = true;
  }
}

void SnapshotWalk::Part::WritePosition(Writer& writer) const {
  if (next_ < changed_.size()) {
    std::uint32_t position = changed_[next_];
    writer(position);
  }
}

template <class Entity>
void SnapshotWalk::Keep(Part& part, std::uint32_t position, Entity& entity) {
  if (!part.Awaits(position)) {
    return;
  }
  const auto [kept, is_first] = part.kept.try_emplace(position);
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
  part.Begin(writer_);
  while (!part.done() && writer_.bytes().size() < bytes) {
    const std::uint32_t position = part.PositionAfter(0);
    part.WritePosition(writer_);
    const auto kept = part.kept.empty() ? part.kept.end() : part.kept.find(position);
    if (kept != part.kept.end()) {
      writer_.Encoded(kept->second);
      part.kept.erase(kept);
    } else {
      if constexpr (requires { entities[0].Prefetch(); }) {
        entities[part.PositionAfter(kPrefetched)].Prefetch();
      }
      writer_(entities[position]);
    }
    part.Advance();
  }
  return part.done();
}

// The same for the stage that the walk is in.
bool SnapshotWalk::WriteStage(std::size_t bytes) {
  switch (stage_) {
    case Stage::kHead: {
      std::uint32_t format = kSnapshotFormat;
      writer_(format), writer_(since_sequence_), writer_(log_id_), writer_(last_sequence_), writer_(last_log_time_);
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
  SnapshotWalk walk(impl_, Changes());
  while (!walk.Continue(kPieceBytes, sink)) {
  }
}

void StateEdit::BeginSave(SaveExtent extent) {
  ESCROW_ASSERT(!scope_ && !walk_);
  walk_ = std::make_unique<SnapshotWalk>(impl_, extent == SaveExtent::kWhole ? Changes() : *changes_);
  *changes_ = Changes(impl_);
}

bool StateEdit::ContinueSave(std::size_t bytes, const std::function<void(std::string_view)>& sink) {
  ESCROW_ASSERT(walk_ && !scope_);
  const bool done = walk_->Continue(bytes, sink);
  if (done) {
    walk_.reset();
  }
  return done;
}

bool StateEdit::Load(std::span<const std::string_view> saves) {
  ESCROW_ASSERT(!scope_ && !walk_);
  std::vector<Reader> readers(saves.begin(), saves.end());
  const bool read = ReadState(readers, impl_);
  *changes_ = Changes(impl_);
  return read;
}

}  // namespace escrow::core
