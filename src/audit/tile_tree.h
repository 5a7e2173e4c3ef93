#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/complaint.h"
#include "audit/entry_source.h"
#include "tlog/merkle.h"
#include "tlog/proof.h"
#include "tlog/tile.h"

namespace escrow::audit {

// The root of a full tile from its 256 hashes. REQUIRES: there are 256.
[[nodiscard]] tlog::Hash RootOfTile(const std::vector<tlog::Hash>& hashes, tlog::TreeHasher& hasher);

// TileTree: the Merkle tree of a log (RFC 6962 section 2.1), made again from leaf hashes a bundle at a time, and beside
// it the comparison with the tiles that are stored.
//
// Threading: none. Borrows the source. Limits: keeps the last tile of each level.
class TileTree final : private tlog::HashReader {
 public:
  explicit TileTree(EntrySource& stored) : stored_(stored) {}

  // The next hashes of leaves, 1 to 256; only the last bundle may have fewer. `root` is RootOfTile of them when there
  // are 256. Errors: of the source; a tile that it does not have counts in missing_tiles().
  [[nodiscard]] absl::Status Take(const std::vector<tlog::Hash>& leaves, const tlog::Hash& root);
  // No more leaves come: compares the partial tiles.
  [[nodiscard]] absl::Status Finish();

  // What is wrong with the first stored tile that differs.
  [[nodiscard]] const Complaint& wrong() const { return wrong_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // The root of the tree of the first `size` leaves. REQUIRES: size() - 256 < size <= size(), and no leaf of a later
  // bundle than that of leaf size - 1 was taken.
  [[nodiscard]] tlog::Hash Root(std::uint64_t size);

  [[nodiscard]] std::uint64_t compared_tiles() const { return compared_; }
  [[nodiscard]] std::uint64_t missing_tiles() const { return missing_; }

 private:
  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> ReadHashes(std::span<const tlog::NodeId> nodes) override;
  // Adds a hash to a level, which may complete its tile and so on upwards.
  [[nodiscard]] absl::Status Add(std::uint32_t level, const tlog::Hash& hash);
  // The last tile of a level against the stored one.
  [[nodiscard]] absl::Status Compare(std::uint32_t level);

  struct Level {
    std::vector<tlog::Hash> last;  // of the tile that is being filled; a full one stays until the next hash
    std::uint64_t index = 0;       // of that tile
  };

  EntrySource& stored_;
  tlog::TreeHasher hasher_;
  std::vector<Level> levels_;
  std::uint64_t size_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t missing_ = 0;
  Complaint wrong_;
};

}  // namespace escrow::audit
