#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/entry_source.h"
#include "tlog/proof.h"

namespace escrow::audit::evidence {

// LogProofs: entries of a log and proofs about them, from its stored tiles. What it builds is only as good as the
// tiles: check it against a root.
//
// Threading: none. Borrows the source. Limits: keeps a few hundred tiles at most. Errors: those of the source; DataLoss
// when a tile is not what its name says.
class LogProofs final : private tlog::HashReader {
 public:
  // Of the log as it was when it had `size` entries.
  LogProofs(EntrySource& source, std::uint64_t size) : source_(source), size_(size) {}

  // REQUIRES: index < size.
  [[nodiscard]] absl::StatusOr<std::string> Entry(std::uint64_t index);
  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> Inclusion(std::uint64_t index);
  // InvalidArgument when the log is smaller than `old_size`.
  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> Consistency(std::uint64_t old_size);

 private:
  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> ReadHashes(std::span<const tlog::NodeId> nodes) override;
  // Valid until the next call.
  [[nodiscard]] absl::StatusOr<const std::string*> Read(tlog::Tile::Kind kind, std::uint32_t level,
                                                        std::uint64_t index);

  EntrySource& source_;
  const std::uint64_t size_;
  std::map<std::string, std::string> tiles_;  // by path
};

}  // namespace escrow::audit::evidence
