#pragma once

#include <cstdint>

// The engine is a row of stages: sequencer, committer, responder, snapshotter. Each has one function,
//
//   absl::StatusOr<Stepped> Step(Wait wait);
//
// which does the work that is there. A thread is a loop around it (engine.cc); a simulator calls it by hand and decides
// by itself which stage goes next (stepper.h). An error means that nobody can say any more what is durable: the engine
// must go no further (fail_stop.h).
namespace escrow::engine {

// What a step does when there is no work.
enum class Wait : std::uint8_t {
  kNot,      // return at once
  kForWork,  // wait for some
};

// What became of a step.
enum class Stepped : std::uint8_t {
  kIdle,    // there was nothing to do
  kWorked,  // something was done
  kEnded,   // the stage was closed, and everything before that is done
};

}  // namespace escrow::engine
