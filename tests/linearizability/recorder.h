#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "linearizability/history.h"
#include "support/remote.h"

namespace escrow::test {

// What the clients of one test share: which agreements they work on, and which calls were made with which id.
// Thread-safe.
class Workload {
 public:
  Workload(std::uint64_t seed, std::uint32_t calls_per_agreement);

  // What to call next. Agreements come in small groups and each gets about `calls_per_agreement` calls, so that clients
  // meet on one and no history grows long. Some calls repeat an earlier one with its id, or use its id for something
  // else, while it may still be under way.
  [[nodiscard]] Input Next();

  // How many agreements there were.
  [[nodiscard]] std::uint32_t agreements() const;

 private:
  [[nodiscard]] Input Write(std::uint32_t agreement);
  [[nodiscard]] std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }

  const std::uint32_t calls_per_agreement_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::uint64_t calls_ = 0;
  std::uint32_t requests_ = 100;            // below: those that set up the shop
  std::vector<std::vector<Input>> writes_;  // by agreement
};

// A client: makes one call after the other and writes down what it is told.
class Recorder {
 public:
  Recorder(std::uint32_t client, History& history, std::uint64_t seed)
      : client_(client), history_(history), random_(seed) {}

  // Calls until the server gives no answer any more. A write that was not answered is called again with its id: at
  // once, when the client only had not waited, else in the next life, first of all.
  void Live(const Remote& remote, Workload& workload);

  // Makes one call and records it. False when there was no answer.
  bool Call(const Remote& remote, const Input& input, std::chrono::microseconds deadline);

  // Calls that the client did not wait for.
  [[nodiscard]] std::uint64_t impatient() const { return impatient_; }

 private:
  const std::uint32_t client_;
  History& history_;
  std::mt19937_64 random_;
  std::optional<Input> unanswered_;
  std::uint64_t impatient_ = 0;
};

}  // namespace escrow::test
