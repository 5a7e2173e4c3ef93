// The formats of transparency logs, as strangers send them. The first byte says which. What was read, written again is
// the same bytes: a file has one form. What is checked needs no trust, so no input may stop the checker.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/target.h"
#include "support/witnessed_log.h"
#include "tlog/policy.h"
#include "tlog/tile.h"
#include "tlog/tlog_proof.h"
#include "tlog/witness.h"

namespace escrow::fuzz {
namespace {

using namespace tlog;  // whose parsers are listed below

constexpr std::size_t kLogSize = 16;

WitnessedLog& Log() {
  static WitnessedLog log(kLogSize);
  return log;
}

const Policy& KnownPolicy() {
  static const Policy policy = *Policy::Parse(Log().PolicyText());
  return policy;
}

void Notes(std::string_view bytes) {
  const auto note = ParseNote(bytes);
  if (note.ok()) {
    ESCROW_ASSERT(FormatNote(*note) == bytes);
    const auto verified = VerifyNote(*note, std::array{Log().key.verifier(), Log().witnesses[0].verifier()});
    ESCROW_ASSERT(verified.ok() || !verified.status().message().empty());
  }
}

void Checkpoints(std::string_view text) {
  const auto checkpoint = ParseCheckpoint(text);
  ESCROW_ASSERT(!checkpoint.ok() || FormatCheckpoint(*checkpoint) == text);
  const auto with_signatures = ParseSignedCheckpoint(text);
  if (with_signatures.ok()) {
    ESCROW_ASSERT(FormatCheckpoint(with_signatures->checkpoint) == with_signatures->note.text);
  }
}

void Keys(std::string_view text) {
  const auto verifier = VerifierKey::Parse(text);
  ESCROW_ASSERT(!verifier.ok() || verifier->Format() == text);
  const auto signer = SignerKey::Parse(text);
  ESCROW_ASSERT(!signer.ok() || signer->Format() == text);
}

void TilePaths(std::string_view path) {
  const auto tile = ParseTilePath(path);
  ESCROW_ASSERT(!tile.ok() || FormatTilePath(*tile) == path);
}

// The first byte is the width, less one.
void Bundles(std::string_view input) {
  if (input.empty()) {
    return;
  }
  const std::string_view bundle = input.substr(1);
  const auto entries = ParseEntryBundle(bundle, static_cast<std::uint8_t>(input[0]) + 1U);
  if (entries.ok()) {
    std::string again;
    for (const std::string_view entry : *entries) {
      AppendEntry(again, entry);
    }
    ESCROW_ASSERT(again == bundle);
  }
}

// Everything that a proof proves is true: the policy's keys have signed nothing but this log.
void ProofFiles(std::string_view bytes) {
  const auto proof = ParseTlogProof(bytes);
  if (!proof.ok()) {
    return;
  }
  ESCROW_ASSERT(FormatTlogProof(*proof) == bytes);
  const auto proven = VerifyTlogProof(*proof, std::to_string(proof->index), KnownPolicy());
  if (proven.ok()) {
    ESCROW_ASSERT(proof->index < kLogSize && proven->leaf == Log().tree.leaves()[proof->index]);
  }
}

void Policies(std::string_view text) {
  const auto policy = Policy::Parse(text);
  if (policy.ok()) {
    const auto verdict = policy->Check(Log().Cosigned(kLogSize));
    ESCROW_ASSERT(verdict.ok() || !verdict.status().message().empty());
  }
}

// Remembers one checkpoint.
class OneCheckpoint final : public WitnessStore {
 public:
  [[nodiscard]] absl::StatusOr<std::optional<WitnessedCheckpoint>> Load(std::string_view) override { return known; }
  [[nodiscard]] absl::StatusOr<bool> Replace(std::string_view, const std::optional<WitnessedCheckpoint>&,
                                             const WitnessedCheckpoint& next) override {
    known = next;
    return true;
  }

  std::optional<WitnessedCheckpoint> known;
};

// A witness that knows 6 leaves gets no further than the log has signed.
void AddCheckpoints(std::string_view body) {
  static const Witness witness(FixedKey("witness.example/w1", SignatureType::kCosignature, 11),
                               {{"example.com/log", {Log().key.verifier()}}});
  const auto request = ParseAddCheckpoint(body);
  ESCROW_ASSERT(!request.ok() || FormatAddCheckpoint(*request) == body);
  OneCheckpoint store;
  store.known = {.size = 6, .root = Log().tree.Root(6), .note = {}};
  const WitnessResponse response = witness.AddCheckpoint(body, store, kNow);
  ESCROW_ASSERT(response.status == 200 ? request.ok() : store.known->size == 6);
  ESCROW_ASSERT(store.known->size <= kLogSize && store.known->root == Log().tree.Root(store.known->size));
  const auto size = ReadKnownSize(body);
  ESCROW_ASSERT(!size.ok() || std::to_string(*size) + "\n" == body);
}

// Two numbers of eight bytes, then hashes.
void Proofs(std::string_view input) {
  const auto number = [&input] {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8 && !input.empty(); ++i) {
      value = value << 8 | static_cast<std::uint8_t>(input[0]);
      input.remove_prefix(1);
    }
    return value;
  };
  const std::uint64_t index = number();
  const std::uint64_t size = number();
  std::vector<Hash> proof;
  for (; input.size() >= kHashBytes && proof.size() <= kProofHashesMax; input.remove_prefix(kHashBytes)) {
    std::copy_n(input.begin(), kHashBytes, proof.emplace_back().begin());
  }
  const Hash root{};
  const bool included = VerifyInclusion(root, index, size, proof, root).ok();
  ESCROW_ASSERT(!included || (index == 0 && size == 1));  // nobody knows the hashes that would lead to zeros
  const bool consistent = VerifyConsistency(index, size, root, root, proof).ok();
  ESCROW_ASSERT(!consistent || (index == size && index != 0));
}

constexpr std::array kParsers = {Notes,      Checkpoints, Keys,           TilePaths, Bundles,
                                 ProofFiles, Policies,    AddCheckpoints, Proofs};

}  // namespace
}  // namespace escrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 0) {
    escrow::fuzz::kParsers[data[0] % escrow::fuzz::kParsers.size()](escrow::fuzz::View(data + 1, size - 1));
  }
  return 0;
}
