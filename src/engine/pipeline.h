#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "core/machine.h"
#include "engine/committer.h"
#include "engine/disk_guard.h"
#include "engine/engine.h"
#include "engine/group_slot.h"
#include "engine/inbox.h"
#include "engine/recovery.h"
#include "engine/responder.h"
#include "engine/sequencer.h"
#include "engine/snapshotter.h"
#include "journal/journal.h"

namespace escrow::engine {

// Pipeline: the stages of an engine and what lies between them, wired; who steps them is not its business.
//
// Threading: as each part says. Borrows the journal and the clocks.
struct Pipeline {
  struct Outside {
    journal::Journal& journal;
    const base::Clock& clock;   // what the log calls time
    const base::Clock& steady;  // paces looks at the disk and writes of the anchor
  };

  // Checks the options and recovers the state, on this thread; see Engine::Open. `make_room`: see GroupSlot.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Pipeline>> Open(
      const EngineOptions& options, const Outside& outside,
      const std::function<void(std::uint64_t, std::uint64_t)>& progress, std::function<void()> make_room);

  Pipeline(const EngineOptions& options_in, const Outside& outside, Recovered recovered,
           std::function<void()> make_room);

  // As those of Engine.
  [[nodiscard]] v1::Reason Submit(std::unique_ptr<Submission>& submission);
  [[nodiscard]] v1::Reason Query(std::function<void(const core::Machine&, base::Time)> read,
                                 std::function<void()> done);
  [[nodiscard]] Watermarks watermarks() const;
  [[nodiscard]] bool accepts_writes();

  // Orders a snapshot; `done` is called by the snapshotter's step. Refusals as for Query.
  [[nodiscard]] v1::Reason OrderSnapshot(std::function<void(absl::Status)> done);

  // Leaves a last snapshot, which makes the next start quick, and a last anchor, which covers the last second. Neither
  // is needed for what was acknowledged. REQUIRES: every stage has ended.
  void Leave();

  // In the order of the data's way, so that each outlives those that borrow it.
  const EngineOptions options;
  journal::Journal& journal;
  const std::unique_ptr<core::Machine> machine;
  Inbox inbox;
  GroupSlot slot;
  DiskGuard disk;
  Responder responder;
  Snapshotter snapshotter;
  Committer committer;
  Sequencer sequencer;
};

}  // namespace escrow::engine
