#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "linearizability/model.h"

namespace escrow::test {

// A call as its client saw it. Moments are numbers of one counter: one call ended before another began if and only if
// its `end` is less than the other's `begin`.
struct Operation {
  std::uint32_t client = 0;
  Input input{};
  Output output{};  // when answered
  std::uint64_t begin = 0;
  // The answer came; or, without one, the server that might have carried it out was gone.
  std::uint64_t end = 0;
  // Without an answer (the server died, or the client stopped waiting) it may have happened, once and before `end`, or
  // not at all.
  bool answered = false;
};

// History: records what concurrent clients call and are told. Thread-safe.
class History {
 public:
  // A call begins, before anything of it is sent. Returns what End wants.
  [[nodiscard]] std::size_t Begin(std::uint32_t client, const Input& input);
  // Its answer came.
  void End(std::size_t operation, const Output& output);
  // The server is gone: what it has not answered, it will not carry out any more. REQUIRES: no call is under way.
  void EndLife();

  // How many calls have begun.
  [[nodiscard]] std::size_t size() const;
  // Returns when so many have.
  void AwaitSize(std::size_t size) const;
  // What happened, by agreement, in the order of their beginnings. REQUIRES: EndLife was called last.
  [[nodiscard]] std::map<std::uint32_t, std::vector<Operation>> ByAgreement() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable begun_;
  std::uint64_t moment_ = 0;
  std::vector<Operation> operations_;
  std::size_t ended_lives_ = 0;  // operations of lives that have ended
};

}  // namespace escrow::test
