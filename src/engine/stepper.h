#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "core/machine.h"
#include "engine/engine.h"
#include "engine/stage.h"
#include "journal/journal.h"

namespace escrow::engine {

enum class Stage : std::uint8_t { kSequencer, kCommitter, kResponder, kSnapshotter };
inline constexpr std::array kStages = {Stage::kSequencer, Stage::kCommitter, Stage::kResponder, Stage::kSnapshotter};

// Stepper: the engine without its threads, for a simulator that decides what runs next. The stages are those of Engine.
// A sequencer that would wait for the committer steps it instead.
//
// Threading: one thread for everything. Borrows journal and clocks. Its end is that of a killed process: what is in
// flight is dropped without an answer.
class Stepper {
 public:
  // As Engine::Open. `steady` paces looks at the disk and writes of the anchor.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Stepper>> Open(const EngineOptions& options,
                                                                     journal::Journal& journal,
                                                                     const base::Clock& clock,
                                                                     const base::Clock& steady);
  ~Stepper();
  Stepper(const Stepper&) = delete;
  Stepper& operator=(const Stepper&) = delete;

  // One step of one stage, without waiting. An error is where Engine would stop the process: from then on every call
  // returns it, and nothing happens any more.
  [[nodiscard]] absl::StatusOr<Stepped> Step(Stage stage);

  // As those of Engine; they return at once, and the work is done by steps.
  [[nodiscard]] v1::Reason Submit(std::unique_ptr<Submission>& submission);
  [[nodiscard]] v1::Reason Query(std::function<void(const core::Machine&, base::Time)> read,
                                 std::function<void()> done);
  [[nodiscard]] v1::Reason Snapshot(std::function<void(absl::Status)> done);
  [[nodiscard]] Watermarks watermarks() const;

  // The state with everything applied so far, durable or not. For checks.
  [[nodiscard]] const core::Machine& machine() const;

  // What Engine does last when it ends in good order. REQUIRES: nothing is in flight and nothing has failed.
  void Leave();

 private:
  class Impl;
  explicit Stepper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::engine
