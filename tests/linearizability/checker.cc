#include "linearizability/checker.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "base/assert.h"

namespace escrow::test {
namespace {

constexpr std::size_t kOperationsMax = 4'096;

// Where the search stands: what has been carried out, and what came of it.
struct Position {
  std::vector<std::uint64_t> done;  // a bit for each operation
  State state;
  friend bool operator==(const Position&, const Position&) = default;

  [[nodiscard]] bool Did(std::size_t operation) const { return (done[operation / 64] >> operation % 64 & 1U) != 0; }
};

struct PositionHash {
  std::size_t operator()(const Position& position) const {
    std::size_t hash = HashOf(position.state);
    for (const std::uint64_t word : position.done) {
      hash = (hash ^ word) * 0x9e3779b97f4a7c15U + (hash >> 29U);
    }
    return hash;
  }
};

class Search {
 public:
  explicit Search(const std::vector<Operation>& operations) : operations_(operations) {
    for (const Operation& operation : operations_) {
      answered_ += operation.answered ? 1U : 0U;
    }
  }

  Verdict Run() {
    Position first;
    first.done.assign((operations_.size() + 63) / 64, 0);
    Verdict verdict;
    verdict.linearizable = Go(first, 0, 0);
    verdict.explored = seen_.size();
    verdict.complaint = verdict.linearizable ? "" : Complaint();
    return verdict;
  }

 private:
  // Tries every order from here on. `answered`: how many answered operations are done; `latest`: the last beginning
  // among all that are done.
  bool Go(const Position& position, std::size_t answered, std::uint64_t latest) {
    if (answered == answered_) {
      return true;
    }
    if (!seen_.insert(position).second) {
      return false;
    }
    if (answered >= best_answered_) {
      best_answered_ = answered;
      best_ = position;
    }
    for (const std::size_t next : Candidates(position, latest)) {
      const Operation& operation = operations_[next];
      Position after = position;
      const Output output = Apply(operation.input, after.state);
      // Without an answer any is good; one that changes nothing might as well not have happened.
      const bool fits = operation.answered ? output == operation.output : after.state != position.state;
      if (!fits) {
        continue;
      }
      after.done[next / 64] |= std::uint64_t{1} << next % 64;
      if (Go(after, answered + (operation.answered ? 1U : 0U), std::max(latest, operation.begin))) {
        return true;
      }
    }
    return false;
  }

  // What may come next: everything that began before all of the rest that was answered had ended. An operation without
  // an answer may not come after one that began when the former could not happen any more.
  [[nodiscard]] std::vector<std::size_t> Candidates(const Position& position, std::uint64_t latest) const {
    std::uint64_t earliest_end = UINT64_MAX;
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < operations_.size() && operations_[i].begin < earliest_end; ++i) {
      const Operation& operation = operations_[i];
      if (position.Did(i) || (!operation.answered && operation.end < latest)) {
        continue;
      }
      candidates.push_back(i);
      if (operation.answered) {
        earliest_end = std::min(earliest_end, operation.end);
      }
    }
    std::erase_if(candidates, [&](std::size_t i) { return operations_[i].begin > earliest_end; });
    return candidates;
  }

  [[nodiscard]] std::string Complaint() const {
    std::string text = std::to_string(best_answered_) + " of " + std::to_string(answered_) +
                       " answers can be explained; then none of these can follow:\n";
    std::uint64_t earliest_end = UINT64_MAX;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const Operation& operation = operations_[i];
      if (best_.Did(i) || operation.begin > earliest_end) {
        continue;
      }
      if (operation.answered) {
        earliest_end = std::min(earliest_end, operation.end);
      }
      State state = best_.state;
      text += "  client " + std::to_string(operation.client) + " [" + std::to_string(operation.begin) + ", " +
              std::to_string(operation.end) + "] " + Text(operation.input) + " was told " +
              (operation.answered ? Text(operation.output) : "nothing") + "; the model says ";
      text += Text(Apply(operation.input, state)) + "\n";
    }
    return text;
  }

  const std::vector<Operation>& operations_;
  std::size_t answered_ = 0;
  std::unordered_set<Position, PositionHash> seen_;
  std::size_t best_answered_ = 0;
  Position best_;
};

}  // namespace

Verdict Check(const std::vector<Operation>& operations) {
  ESCROW_ASSERT(operations.size() <= kOperationsMax);
  ESCROW_ASSERT(std::ranges::is_sorted(operations, {}, &Operation::begin));
  return Search(operations).Run();
}

}  // namespace escrow::test
