#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "audit/complaint.h"
#include "audit/evidence/pack_files.h"
#include "audit/evidence/proven.h"
#include "audit/trust.h"
#include "crypto/sha256.h"
#include "crypto/timestamp.h"

namespace escrow::audit::evidence {

// What was found of a pack.
struct PackReport {
  Proven proven;          // as far as it was read before something was wrong
  std::size_t files = 0;  // listed in the manifest
  crypto::Digest manifest{};
  std::optional<crypto::Timestamp> timestamp;  // of the manifest, when there is a reply
  Complaint wrong;                             // the first thing, with its file
};

// Checks a pack with nothing else than itself: that the files are those of its manifest; everything that Prove says;
// that each derived file, made again, is the same; that the request is one for a time-stamp of the manifest, and the
// reply, when there is one, an answer to it (crypto/timestamp.h; its signature with `authorities`). Pure.
// InvalidArgument when no trust is given or `authorities` has no certificate.
[[nodiscard]] absl::StatusOr<PackReport> CheckPack(const Files& files, const Trust& trust,
                                                   const std::optional<std::string>& authorities);

}  // namespace escrow::audit::evidence
