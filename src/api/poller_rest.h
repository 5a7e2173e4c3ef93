#pragma once

#include <memory>

namespace escrow::api {

// PollerRest: lets one of the threads rest on which gRPC polls and calls back.
//
// WHY: gRPC 1.51 has at least two of them. One polls; when something comes, it wakes the other one to poll in its
// place, and so on: two switches between threads for each event, which is a tenth of what a unary call costs on two
// cores (docs/PERFORMANCE.md, 18). It has no setting for it. The threads also call back the clients of the same
// process; so the end of a call that can only fail is waited for, and the thread that brings it is kept.
//
// Threading: any thread; the thread rests until the destructor, which waits for it. The threads are the process's: of
// several of these at a time only the first has an effect.
class PollerRest {
 public:
  PollerRest();
  ~PollerRest();
  PollerRest(const PollerRest&) = delete;
  PollerRest& operator=(const PollerRest&) = delete;

 private:
  struct Call;
  std::unique_ptr<Call> call_;
};

}  // namespace escrow::api
