#include "engine/replay.h"

#include "base/assert.h"
#include "crypto/sha256.h"
#include "engine/replayer.h"

namespace escrow::engine {

journal::Hash StateDigest(const core::Machine& machine) {
  crypto::Sha256 sha;
  machine.Save([&](std::string_view piece) { sha.Update(piece); });
  return sha.Finish();
}

absl::StatusOr<ReplayResult> ReplayFromZero(const journal::Journal& journal, std::uint64_t through,
                                            const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  ESCROW_ASSERT(through <= journal.tail().sequence);
  ReplayResult result;
  result.machine = std::make_unique<core::Machine>();
  Replayer replayer(*result.machine, tlog::CompactRange());
  if (absl::Status status = replayer.Run(journal, through, progress); !status.ok()) {
    return status;
  }
  result.digest = StateDigest(*result.machine);
  result.root = replayer.Root();
  return result;
}

}  // namespace escrow::engine
