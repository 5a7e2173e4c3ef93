#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/codec.h"
#include "core/state.h"

namespace escrow::core {

// SnapshotWalk: writes the canonical encoding of the state as it was when the walk began, a part at a time, while the
// state goes on changing. Whoever changes an entity that the walk has still to write says so first, and the walk writes
// that one down at once: what a snapshot costs is spread over the commands that come meanwhile, and none waits for it.
//
// Relies on entities being only ever added at the end, and on request ids and terms never changing.
// Threading: that of the state.
class SnapshotWalk {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit SnapshotWalk(State::Impl& state);

  // The entity at the slot is about to change.
  void BeforeChange(PlatformSlot slot);
  void BeforeChange(PartySlot slot);
  void BeforeChange(AgreementSlot slot);
  void BeforeChange(PayoutSlot slot);
  void BeforeChange(CredentialSlot slot);

  // Writes on until `bytes` more have been written, or the end. True at the end.
  [[nodiscard]] bool Continue(std::size_t bytes, const Sink& sink);

 private:
  // The entities of one table at the beginning: those from `next` on are still to be written, `kept` has those of them
  // that have changed since, as they were.
  struct Part {
    std::uint32_t count = 0;
    std::uint32_t next = 0;
    bool begun = false;  // the count has been written
    absl::flat_hash_map<std::uint32_t, std::string> kept = {};
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
  void Keep(Part& part, std::uint32_t index, Entity& entity);
  template <class Entities>
  bool WritePart(Part& part, Entities& entities, std::size_t bytes);
  bool WriteStage(std::size_t bytes);

  State::Impl& state_;
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
