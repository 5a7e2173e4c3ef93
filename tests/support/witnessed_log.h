#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/memory_tree.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/tlog_proof.h"

namespace escrow::tlog {

inline constexpr std::uint64_t kNow = 1'679'315'147;  // the time in the example of the standard

// Keys that are the same in every run: the seed is one byte 32 times.
inline SignerKey FixedKey(std::string name, SignatureType type, std::uint8_t byte) {
  crypto::Ed25519Seed seed;
  seed.fill(byte);
  return SignerKey(std::move(name), type, crypto::Ed25519PrivateKey::FromSeed(seed));
}

// A log of the entries "0", "1", … and three witnesses X1, X2, X3, of whom any two may vouch for it.
struct WitnessedLog {
  explicit WitnessedLog(std::size_t size, std::string origin = "example.com/log")
      : tree(size), key(FixedKey(std::move(origin), SignatureType::kEd25519, 1)) {
    for (std::uint8_t i = 1; i <= 3; ++i) {
      witnesses.push_back(FixedKey("witness.example/w" + std::to_string(i), SignatureType::kCosignature, 10 + i));
    }
  }

  [[nodiscard]] SignedCheckpoint Checkpoint(std::uint64_t size) {
    return SignCheckpoint({.origin = key.name(), .size = size, .root = tree.Root(size), .extensions = {}}, key);
  }

  // With the cosignatures of the first two witnesses.
  [[nodiscard]] SignedCheckpoint Cosigned(std::uint64_t size) {
    SignedCheckpoint checkpoint = Checkpoint(size);
    for (std::size_t i = 0; i < 2; ++i) {
      checkpoint.note.signatures.push_back(Cosign(witnesses[i], checkpoint.note.text, kNow + i));
    }
    return checkpoint;
  }

  [[nodiscard]] TlogProof Proof(std::uint64_t index, std::uint64_t size) {
    return {.extra = "context",
            .index = index,
            .hashes = *BuildInclusionProof(index, size, tree),
            .checkpoint = Cosigned(size)};
  }

  [[nodiscard]] std::string PolicyText() const {
    std::string text = "log " + key.verifier().Format() + " https://example.com/log\n";
    for (std::size_t i = 0; i < witnesses.size(); ++i) {
      text += "witness X" + std::to_string(i + 1) + " " + witnesses[i].verifier().Format() + "\n";
    }
    return text + "group X 2 X1 X2 X3\nquorum X\n";
  }

  MemoryTree tree;
  SignerKey key;
  std::vector<SignerKey> witnesses;
};

}  // namespace escrow::tlog
