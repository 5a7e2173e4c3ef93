#include "tlog/cosignature.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "base/assert.h"
#include "crypto/ed25519.h"
#include "tlog/fields.h"

namespace escrow::tlog {
namespace {

constexpr std::size_t kTimeBytes = 8;  // big-endian, before the signature

std::string Message(std::string_view text, std::uint64_t time_seconds) {
  return "cosignature/v1\ntime " + std::to_string(time_seconds) + "\n" + std::string(text);
}

absl::Status Bad(const VerifierKey& key, std::string_view reason) {
  return absl::UnauthenticatedError("the cosignature by " + Quoted(key.name()) + " " + std::string(reason));
}

}  // namespace

NoteSignature Cosign(const SignerKey& cosigner, std::string_view text, std::uint64_t time_seconds) {
  ESCROW_ASSERT(cosigner.type() == SignatureType::kCosignature);
  ESCROW_ASSERT(time_seconds != 0 && time_seconds >> 63 == 0);
  NoteSignature signature{.name = cosigner.name(), .key_id = cosigner.verifier().id(), .bytes = {}};
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    signature.bytes.push_back(static_cast<char>(time_seconds >> (8 * (kTimeBytes - 1 - i)) & 0xff));
  }
  const crypto::Ed25519Signature made = cosigner.private_key().Sign(Message(text, time_seconds));
  signature.bytes.append(made.begin(), made.end());
  return signature;
}

absl::StatusOr<std::uint64_t> VerifyCosignature(const VerifierKey& key, std::string_view text,
                                                const NoteSignature& signature) {
  ESCROW_ASSERT(key.type() == SignatureType::kCosignature && key.Made(signature));
  crypto::Ed25519Signature bytes;
  if (signature.bytes.size() != kTimeBytes + bytes.size()) {
    return Bad(key, "has " + std::to_string(signature.bytes.size()) + " bytes, not 72");
  }
  std::uint64_t time_seconds = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    time_seconds = time_seconds << 8 | static_cast<std::uint8_t>(signature.bytes[i]);
  }
  if (time_seconds >> 63 != 0) {
    return Bad(key, "has a time beyond 2^63 - 1");
  }
  std::copy(signature.bytes.begin() + kTimeBytes, signature.bytes.end(), bytes.begin());
  if (!crypto::Ed25519Verify(key.public_key(), Message(text, time_seconds), bytes)) {
    return Bad(key, "is not over this checkpoint");
  }
  return time_seconds;
}

}  // namespace escrow::tlog
