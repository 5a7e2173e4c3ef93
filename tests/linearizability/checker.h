#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "linearizability/history.h"

namespace escrow::test {

struct Verdict {
  // There is an order of the operations in which each answer is what the model says, and no operation comes before one
  // that had ended when it began.
  bool linearizable = false;
  std::size_t explored = 0;  // pairs of (operations done, state) that were tried
  // When not: how far the best order came, and which operations could not follow.
  std::string complaint;
};

// Whether the history of one agreement is linearizable, and strictly so: an operation without an answer has its effect
// before its `end` or never.
//
// Wing and Gong's search ("Testing and verifying concurrent objects", 1993) with the memo of Lowe ("Testing for
// linearizability", 2017): a pair of (set of operations done, state) is tried once. The memo compares whole states, not
// only their hashes, so a verdict is never wrong by chance. Time and memory grow with the number of operations that
// overlap, not with the length of the history. REQUIRES: `operations` are in the order of their beginnings and at most
// 4,096.
[[nodiscard]] Verdict Check(const std::vector<Operation>& operations);

}  // namespace escrow::test
