#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/ed25519.h"

// Keys of signed notes (https://c2sp.org/signed-note): who signs under which name, and the texts that state it.
//
// Threading: values; any thread may use one that nobody changes.
namespace escrow::tlog {

// What a signature means, and over which bytes it is made.
enum class SignatureType : std::uint8_t {
  kEd25519 = 0x01,      // over the text of the note
  kCosignature = 0x04,  // with a time: tlog/cosignature.h
};

// One signature line of a note: who signed (name and id together tell the key) and the bytes that the type defines.
struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string bytes;

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

// Whether a key may have this name: UTF-8, not empty, without spaces (also those of Unicode), plus signs and ASCII
// control characters, and at most 255 bytes.
[[nodiscard]] bool ValidKeyName(std::string_view name);

// A public key with its name: a "vkey", `name+hex(id)+base64(type || public key)`.
class VerifierKey {
 public:
  // REQUIRES: ValidKeyName(name).
  VerifierKey(std::string name, SignatureType type, const crypto::Ed25519PublicKey& key);
  // Errors: InvalidArgument with the reason, also when the id is not the one of name and key, or when the type is none
  // of SignatureType.
  [[nodiscard]] static absl::StatusOr<VerifierKey> Parse(std::string_view text);
  [[nodiscard]] std::string Format() const;

  // Whether the line says that it is by this key. It may still be bad.
  [[nodiscard]] bool Made(const NoteSignature& signature) const {
    return signature.key_id == id_ && signature.name == name_;
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] SignatureType type() const { return type_; }
  [[nodiscard]] const crypto::Ed25519PublicKey& public_key() const { return public_key_; }
  // SHA-256(name || 0x0A || type || public key), its first four bytes, big-endian.
  [[nodiscard]] std::uint32_t id() const { return id_; }

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  std::string name_;
  SignatureType type_;
  crypto::Ed25519PublicKey public_key_;
  std::uint32_t id_;
};

// A private key with its name: `PRIVATE+KEY+name+hex(id)+base64(type || seed)`, the form of Go's sumdb/note. Owns its
// secret.
class SignerKey {
 public:
  // REQUIRES: ValidKeyName(name).
  SignerKey(std::string name, SignatureType type, crypto::Ed25519PrivateKey key);
  // A new key. REQUIRES: ValidKeyName(name).
  [[nodiscard]] static SignerKey Generate(std::string name, SignatureType type);
  // Errors: InvalidArgument with a reason that repeats nothing of the text, which is a secret.
  [[nodiscard]] static absl::StatusOr<SignerKey> Parse(std::string_view text);
  // A secret: the caller wipes it (crypto/wipe.h).
  [[nodiscard]] std::string Format() const;

  // A signature of type kEd25519 of a note's text. REQUIRES: type() is that; for the other see tlog/cosignature.h.
  [[nodiscard]] NoteSignature Sign(std::string_view text) const;

  [[nodiscard]] const VerifierKey& verifier() const { return verifier_; }
  [[nodiscard]] const std::string& name() const { return verifier_.name(); }
  [[nodiscard]] SignatureType type() const { return verifier_.type(); }
  [[nodiscard]] const crypto::Ed25519PrivateKey& private_key() const { return private_key_; }

 private:
  crypto::Ed25519PrivateKey private_key_;
  VerifierKey verifier_;
};

}  // namespace escrow::tlog
