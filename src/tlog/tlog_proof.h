#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tlog/checkpoint.h"
#include "tlog/policy.h"

// Transparency log proofs (https://c2sp.org/tlog-proof): one file that shows, without any network, that an entry is in
// a log. It is the receipt that both sides and a court can check alone.
//
// Threading: pure functions; any thread.
namespace escrow::tlog {

// More than this no proof has: a note, 63 hashes and extra data of a megabyte in base 64.
inline constexpr std::size_t kTlogProofBytesMax = std::size_t{3} << 20;

struct TlogProof {
  std::string extra;  // opaque, vouched for by nobody; empty when there is none
  std::uint64_t index = 0;
  std::vector<Hash> hashes;  // from the leaf's sibling up
  SignedCheckpoint checkpoint;
};

// REQUIRES: at most kProofHashesMax hashes, at most 1 MiB of extra data, the checkpoint has a signature.
[[nodiscard]] std::string FormatTlogProof(const TlogProof& proof);
// Errors: InvalidArgument with the reason. What was read, formatted, gives the same bytes again.
[[nodiscard]] absl::StatusOr<TlogProof> ParseTlogProof(std::string_view bytes);

// What a proof has proven.
struct ProvenEntry {
  Hash leaf{};                 // SHA-256(0x00 || entry)
  Policy::Verdict vouched_by;  // of the policy that it was checked by
};

// Checks that `entry`, the leaf's bytes, is leaf proof.index of a log that the policy believes.
// Errors: those of Policy::Check and of VerifyInclusion.
[[nodiscard]] absl::StatusOr<ProvenEntry> VerifyTlogProof(const TlogProof& proof, std::string_view entry,
                                                          const Policy& policy);

}  // namespace escrow::tlog
