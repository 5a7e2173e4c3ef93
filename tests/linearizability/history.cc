#include "linearizability/history.h"

#include "base/assert.h"

namespace escrow::test {

std::size_t History::Begin(std::uint32_t client, const Input& input) {
  const std::lock_guard lock(mutex_);
  operations_.push_back({.client = client, .input = input, .output = {}, .begin = ++moment_});
  begun_.notify_all();
  return operations_.size() - 1;
}

void History::End(std::size_t operation, const Output& output) {
  const std::lock_guard lock(mutex_);
  Operation& ended = operations_.at(operation);
  ESCROW_ASSERT(ended.end == 0);
  ended.output = output;
  ended.end = ++moment_;
  ended.answered = true;
}

void History::EndLife() {
  const std::lock_guard lock(mutex_);
  ++moment_;
  for (; ended_lives_ < operations_.size(); ++ended_lives_) {
    Operation& operation = operations_[ended_lives_];
    if (!operation.answered) {
      operation.end = moment_;
    }
  }
}

std::size_t History::size() const {
  const std::lock_guard lock(mutex_);
  return operations_.size();
}

void History::AwaitSize(std::size_t size) const {
  std::unique_lock lock(mutex_);
  begun_.wait(lock, [&] { return operations_.size() >= size; });
}

std::map<std::uint32_t, std::vector<Operation>> History::ByAgreement() const {
  const std::lock_guard lock(mutex_);
  ESCROW_ASSERT(ended_lives_ == operations_.size());
  std::map<std::uint32_t, std::vector<Operation>> parts;
  for (const Operation& operation : operations_) {
    parts[operation.input.agreement].push_back(operation);
  }
  return parts;
}

}  // namespace escrow::test
