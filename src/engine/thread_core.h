#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace escrow::engine {

// ThreadCore: where a thread of the engine runs. While commands come one by one it may stay on the core of the thread
// that takes them; while they come in batches, it runs where there is room.
//
// WHY: on two cores the kernel leaves one idle while threads wait for the other. With the sequencer in one place with
// the thread that takes calls a sixth more commands are carried that come one by one; the sequencer of batches has work
// for a core of its own and is slower when it shares one (docs/PERFORMANCE.md, 25). The responder writes to what that
// thread reads from: between cores that are far apart each call then costs a third more, while near ones carry more
// when it is free to run on either (docs/PERFORMANCE.md, 35).
//
// Threading: the thread that it is about.
class ThreadCore {
 public:
  // `shared`: the core of the thread that takes calls; none: the kernel chooses, always. `wanted` is asked now and then
  // whether to stay there while commands come one by one.
  explicit ThreadCore(std::optional<std::size_t> shared, std::function<bool()> wanted = [] { return true; });

  // A submission of so many commands is about to be executed, or answered.
  void Note(std::size_t commands);

 private:
  const std::optional<std::size_t> shared_;
  const std::function<bool()> wanted_;
  std::vector<std::size_t> others_;  // the cores that the thread had before
  std::size_t batched_ = 0;          // commands that came in batches, less those that did not; 0 to kBatchedMax
  bool stays_ = false;
};

}  // namespace escrow::engine
