#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/merkle.h"

// Proofs of inclusion and of consistency (RFC 6962 sections 2.1.1 to 2.1.4, RFC 9162 sections 2.1.3 and 2.1.4):
// building them from stored hashes, and checking them without any.
//
// Threading: pure functions; any thread. Sizes and indexes come from outside: every value is answered, none asserted
// on.
namespace escrow::tlog {

// More leaves than this no tree here has: sizes are below 2^63 as in a checkpoint.
inline constexpr std::uint64_t kTreeSizeMax = (std::uint64_t{1} << 63) - 1;
// The longest proof of either kind over such a tree.
inline constexpr std::size_t kProofHashesMax = 63;

// The root of a perfect tree over the 2^level leaves from leaf index * 2^level on.
struct NodeId {
  std::uint32_t level = 0;
  std::uint64_t index = 0;

  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

// HashReader: where the stored hashes of a tree come from: a disk, tiles behind a URL, memory.
class HashReader {
 public:
  virtual ~HashReader() = default;
  // The hashes of these nodes, in their order and as many. All are asked for in one call, so that they may be fetched
  // together. Only nodes whose leaves the tree has are asked for. An error of its own is passed on to the caller.
  [[nodiscard]] virtual absl::StatusOr<std::vector<Hash>> ReadHashes(std::span<const NodeId> nodes) = 0;
};

// The root of the tree of the first `size` leaves.
// Errors: InvalidArgument for a size beyond kTreeSizeMax; the reader's.
[[nodiscard]] absl::StatusOr<Hash> TreeRoot(std::uint64_t size, HashReader& reader);

// The proof that leaf `index` is in the tree of `size` leaves, from the leaf's sibling up (RFC 6962 section 2.1.1).
// Errors: InvalidArgument when there is no such leaf or size; the reader's.
[[nodiscard]] absl::StatusOr<std::vector<Hash>> BuildInclusionProof(std::uint64_t index, std::uint64_t size,
                                                                    HashReader& reader);

// The proof that the tree of `new_size` leaves begins with that of `old_size` leaves (RFC 6962 section 2.1.2). Empty
// when the sizes are equal or the old one is 0. Errors: InvalidArgument when old_size is more than new_size; the
// reader's.
[[nodiscard]] absl::StatusOr<std::vector<Hash>> BuildConsistencyProof(std::uint64_t old_size, std::uint64_t new_size,
                                                                      HashReader& reader);

// How many hashes such a proof has. REQUIRES: index < size, size <= kTreeSizeMax.
[[nodiscard]] std::size_t InclusionProofLength(std::uint64_t index, std::uint64_t size);
// REQUIRES: old_size <= new_size, new_size <= kTreeSizeMax.
[[nodiscard]] std::size_t ConsistencyProofLength(std::uint64_t old_size, std::uint64_t new_size);

// OK when the proof shows that `leaf` (the leaf's hash) is leaf `index` of the tree of `size` leaves with this root.
// InvalidArgument with the reason when the numbers fit no tree or the number of hashes is not the one that they need
// ("the proof has 4 hashes, 3 are needed"); DataLoss when the hashes do not lead to the root.
[[nodiscard]] absl::Status VerifyInclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                           std::span<const Hash> proof, const Hash& root);

// OK when the proof shows that the tree of `new_size` leaves with `new_root` begins with that of `old_size` leaves with
// `old_root`. The empty tree has one root, and is the beginning of every tree; of one size there is one root.
// InvalidArgument as above; DataLoss when the hashes do not lead to the old root, or not to the new root, or when the
// sizes are equal and the roots are not (the log has two histories).
[[nodiscard]] absl::Status VerifyConsistency(std::uint64_t old_size, std::uint64_t new_size, const Hash& old_root,
                                             const Hash& new_root, std::span<const Hash> proof);

}  // namespace escrow::tlog
