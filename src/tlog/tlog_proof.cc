#include "tlog/tlog_proof.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "base/assert.h"
#include "crypto/base64.h"
#include "tlog/fields.h"
#include "tlog/proof.h"

namespace escrow::tlog {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kExtraBytesMax = std::size_t{1} << 20;

}  // namespace

std::string FormatTlogProof(const TlogProof& proof) {
  ESCROW_ASSERT(proof.hashes.size() <= kProofHashesMax && proof.extra.size() <= kExtraBytesMax);
  std::string bytes = std::string(kFirstLine) + "\n";
  if (!proof.extra.empty()) {
    bytes.append(kExtra).append(crypto::Base64Encode(proof.extra)).append("\n");
  }
  bytes.append(kIndex).append(std::to_string(proof.index)).append("\n");
  for (const Hash& hash : proof.hashes) {
    bytes.append(FormatHash(hash)).append("\n");
  }
  return bytes.append("\n").append(FormatNote(proof.checkpoint.note));
}

absl::StatusOr<TlogProof> ParseTlogProof(std::string_view bytes) {
  if (bytes.size() > kTlogProofBytesMax) {
    return Malformed("the proof has " + std::to_string(bytes.size()) + " bytes, more than " +
                     std::to_string(kTlogProofBytesMax));
  }
  TlogProof proof;
  if (TakeLine(bytes) != kFirstLine) {
    return Malformed("the proof does not begin with the line " + std::string(kFirstLine));
  }
  std::optional<std::string_view> line = TakeLine(bytes);
  if (line.has_value() && line->starts_with(kExtra)) {
    std::optional<std::string> extra = crypto::Base64Decode(line->substr(kExtra.size()));
    if (!extra.has_value() || extra->empty() || extra->size() > kExtraBytesMax) {
      return Malformed("the proof's extra data are not 1 byte to 1 MiB in base 64");
    }
    proof.extra = *std::move(extra);
    line = TakeLine(bytes);
  }
  if (!line.has_value() || !line->starts_with(kIndex)) {
    return Malformed("the proof has no line 'index ' and a number after its first lines");
  }
  const std::optional<std::uint64_t> index = ParseNumber(line->substr(kIndex.size()));
  if (!index.has_value()) {
    return Malformed("the proof's index " + Quoted(line->substr(kIndex.size())) +
                     " is not a decimal number below 2^63 without leading zeros");
  }
  proof.index = *index;
  absl::StatusOr<std::vector<Hash>> hashes = TakeHashes("the proof", bytes);
  if (!hashes.ok()) {
    return hashes.status();
  }
  proof.hashes = *std::move(hashes);
  absl::StatusOr<SignedCheckpoint> checkpoint = ParseSignedCheckpoint(bytes);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  proof.checkpoint = *std::move(checkpoint);
  return proof;
}

absl::StatusOr<ProvenEntry> VerifyTlogProof(const TlogProof& proof, std::string_view entry, const Policy& policy) {
  absl::StatusOr<Policy::Verdict> verdict = policy.Check(proof.checkpoint);
  if (!verdict.ok()) {
    return verdict.status();
  }
  const Checkpoint& checkpoint = proof.checkpoint.checkpoint;
  const Hash leaf = TreeHasher().Leaf(entry);
  const absl::Status included = VerifyInclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root);
  if (!included.ok()) {
    return included;
  }
  return ProvenEntry{.leaf = leaf, .vouched_by = *std::move(verdict)};
}

}  // namespace escrow::tlog
