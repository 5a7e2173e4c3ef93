#include "sim/merkle_root.h"

#include <bit>
#include <string>

#include "crypto/sha256.h"

namespace escrow::sim {
namespace {

// MTH(D[begin:end]).
journal::Hash RootOf(const SimJournal& journal, std::uint64_t begin, std::uint64_t end) {
  if (begin == end) {
    return crypto::Sha256Of("");
  }
  if (end - begin == 1) {
    return crypto::Sha256Of(std::string(1, '\0') + journal.event(begin + 1));
  }
  // "k be the largest power of two smaller than n"
  const std::uint64_t middle = begin + std::bit_floor(end - begin - 1);
  const journal::Hash left = RootOf(journal, begin, middle);
  const journal::Hash right = RootOf(journal, middle, end);
  std::string node(1, '\1');
  node.append(left.begin(), left.end());
  node.append(right.begin(), right.end());
  return crypto::Sha256Of(node);
}

}  // namespace

journal::Hash NaiveRoot(const SimJournal& journal, std::uint64_t size) { return RootOf(journal, 0, size); }

}  // namespace escrow::sim
