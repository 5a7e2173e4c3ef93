#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "publish/public_log.h"
#include "tlog/merkle.h"
#include "tlog/proof.h"

namespace escrow::publish {

// TreeReader: the hashes of a public log, for roots and proofs of any size up to the log's. Borrows the log.
// Threading: one thread at a time; as many readers of a log as wanted. Errors: those of PublicLog::ReadHashes.
class TreeReader final : public tlog::HashReader {
 public:
  explicit TreeReader(const PublicLog& log) : log_(log) {}

  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> ReadHashes(std::span<const tlog::NodeId> nodes) override;

 private:
  const PublicLog& log_;
  tlog::TreeHasher hasher_;
};

}  // namespace escrow::publish
