#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace escrow::engine {

// SequencerCore: where the sequencer's thread runs. While commands come one by one it stays on the core of the thread
// that brings them; while they come in batches, it runs where there is room.
//
// WHY: on two cores the kernel leaves one idle while threads wait for the other. With these two in one place a sixth
// more commands are carried that come one by one; the sequencer of batches has work for a core of its own and is slower
// when it shares one (docs/PERFORMANCE.md, 25).
//
// Threading: the sequencer's thread.
class SequencerCore {
 public:
  // `shared`: the core of the thread that brings the commands; none: the kernel chooses, always.
  explicit SequencerCore(std::optional<std::size_t> shared) : shared_(shared) {}

  // A submission of so many commands is about to be executed.
  void Note(std::size_t commands);

 private:
  const std::optional<std::size_t> shared_;
  std::vector<std::size_t> others_;  // the cores that the thread had before
  std::size_t batched_ = 0;          // commands that came in batches, less those that did not; 0 to kBatchedMax
  bool stays_ = false;
};

}  // namespace escrow::engine
