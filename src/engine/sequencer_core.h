#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace escrow::engine {

// SequencerCore: where the sequencer's thread runs. While commands come one by one it stays on the core of the thread
// that brings them; while they come in batches, it runs where there is room.
//
// WHY: a command that comes alone costs about as much to bring as to execute, and less than to wake a thread on another
// core for. On two cores the kernel, which cannot know that, puts threads together that could have run beside each
// other and the other way round, and leaves a core idle meanwhile. The sequencer of a batch has work for a core of its
// own (docs/PERFORMANCE.md, 25).
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
