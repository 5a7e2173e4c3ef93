#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/complaint.h"
#include "tlog/checkpoint.h"
#include "tlog/key.h"
#include "tlog/policy.h"

namespace escrow::audit {

// Trust: whose signatures count. Either a policy, or keys, of which all must have signed and one must be the log's.
struct Trust {
  std::vector<tlog::VerifierKey> keys;
  std::optional<tlog::Policy> policy;

  [[nodiscard]] bool given() const { return !keys.empty() || policy.has_value(); }
};

// Level "signatures": whether the checkpoint is signed as `trust` demands. Fills who has signed, as lines for people.
// REQUIRES: trust.given().
[[nodiscard]] Complaint CheckSignatures(const tlog::SignedCheckpoint& checkpoint, const Trust& trust,
                                        std::vector<std::string>& signers);

}  // namespace escrow::audit
