#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/changes.h"
#include "core/codec.h"
#include "core/state.h"

namespace escrow::core {

// SnapshotWalk: writes the canonical encoding of the state as it was when the walk began, or of its changes since an
// earlier moment, a part at a time, while the state goes on changing. Whoever changes an entity that the walk has still
// to write says so first, and the walk writes that one down at once: what a snapshot costs is spread over the commands
// that come meanwhile, and none waits for it.
//
// Relies on entities being only ever added at the end, and on request ids and terms never changing.
// Threading: that of the state.
class SnapshotWalk {
 public:
  using Sink = std::function<void(std::string_view)>;

  // `since`: Changes() for the whole state.
  SnapshotWalk(State::Impl& state, const Changes& since);

  // The entity at the slot is about to change.
  void BeforeChange(PlatformSlot slot);
  void BeforeChange(PartySlot slot);
  void BeforeChange(AgreementSlot slot);
  void BeforeChange(PayoutSlot slot);
  void BeforeChange(CredentialSlot slot);

  // Writes on until `bytes` more have been written, or the end. True at the end.
  [[nodiscard]] bool Continue(std::size_t bytes, const Sink& sink);

 private:
  // The entities of one table that are to be written: those that had changed when the walk began, then those that were
  // new.
  class Part {
   public:
    // `count`: entities in the table.
    Part(const PartChanges& since, std::uint32_t count)
        : count_(count), first_new_(since.count), changed_(since.changed.Below(since.count)) {}

    [[nodiscard]] bool done() const { return next_ == changed_.size() + (count_ - first_new_); }
    // Whether the entity is still to be written.
    [[nodiscard]] bool Awaits(std::uint32_t position) const;
    // The position of the entity that is to be written `later` entities from now, or of the last one. REQUIRES:
    // !done().
    [[nodiscard]] std::uint32_t PositionAfter(std::size_t later) const;

    // Writes what comes before the first entity, once.
    void Begin(Writer& writer);
    // Writes the next entity's position, where it needs one.
    void WritePosition(Writer& writer) const;
    void Advance() { ++next_; }

    // Entities that have changed since the walk began and are still to be written, as they were.
    absl::flat_hash_map<std::uint32_t, std::string> kept;

   private:
    std::uint32_t count_;
    std::uint32_t first_new_;
    std::vector<std::uint32_t> changed_;  // positions before first_new_, in order
    std::size_t next_ = 0;
    bool begun_ = false;
  };
  enum class Stage {
    kHead,
    kPlatforms,
    kParties,
    kTerms,
    kAgreements,
    kPayouts,
    kCredentials,
    kRequests,
    kTotals,
    kEnd
  };

  template <class Entity>
  static void Keep(Part& part, std::uint32_t position, Entity& entity);
  template <class Entities>
  bool WritePart(Part& part, Entities& entities, std::size_t bytes);
  bool WriteStage(std::size_t bytes);

  State::Impl& state_;
  std::uint64_t since_sequence_;
  std::string log_id_;
  std::uint64_t last_sequence_;
  base::Time last_log_time_;
  std::vector<SigningKey> signing_keys_;
  std::vector<std::vector<LedgerTotals>> totals_;
  Part platforms_;
  Part parties_;
  Part terms_;
  Part agreements_;
  Part payouts_;
  Part credentials_;
  Part requests_;
  Stage stage_ = Stage::kHead;
  Writer writer_;
};

}  // namespace escrow::core
