#include "tlog/key.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "base/assert.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "crypto/sha256.h"
#include "crypto/wipe.h"
#include "tlog/fields.h"
#include "tlog/utf8.h"

namespace escrow::tlog {
namespace {

constexpr std::string_view kSecretPrefix = "PRIVATE+KEY+";
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kMaterialBytes = 32;  // of a public key and of a seed

// The three parts of a vkey, and of a private key after its prefix.
struct KeyText {
  std::string name;
  std::uint32_t id = 0;
  SignatureType type = SignatureType::kEd25519;
  std::array<std::uint8_t, kMaterialBytes> material{};
};

std::string FormatKeyId(std::uint32_t id) {
  return crypto::HexEncode(std::array{static_cast<std::uint8_t>(id >> 24), static_cast<std::uint8_t>(id >> 16),
                                      static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)});
}

// Eight hexadecimal digits of lower case.
std::optional<std::uint32_t> ParseKeyId(std::string_view text) {
  const std::optional<std::string> bytes = crypto::HexDecode(text);
  if (!bytes.has_value() || bytes->size() != 4) {
    return std::nullopt;
  }
  std::uint32_t id = 0;
  for (const char byte : *bytes) {
    id = id << 8 | static_cast<std::uint8_t>(byte);
  }
  return FormatKeyId(id) == text ? std::optional(id) : std::nullopt;
}

// Reads type and material, `bytes`, which the caller wipes. The reasons repeat nothing of it.
absl::Status ReadMaterial(std::string_view what, const std::optional<std::string>& bytes, KeyText& key) {
  if (!bytes.has_value() || bytes->empty()) {
    return Malformed(std::string(what) + ": its last part is not type and key in base 64");
  }
  const auto type = static_cast<std::uint8_t>(bytes->front());
  key.type = static_cast<SignatureType>(type);
  if (key.type != SignatureType::kEd25519 && key.type != SignatureType::kCosignature) {
    return Malformed(std::string(what) + ": signatures of type 0x" + crypto::HexEncode(std::array{type}) +
                     " are not supported; 0x01 and 0x04 are");
  }
  if (bytes->size() != 1 + kMaterialBytes) {
    return Malformed(std::string(what) + ": the key has " + std::to_string(bytes->size() - 1) + " bytes, not 32");
  }
  std::copy(bytes->begin() + 1, bytes->end(), key.material.begin());
  return absl::OkStatus();
}

absl::StatusOr<KeyText> ParseKeyText(std::string_view what, std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) {
    return Malformed(std::string(what) + " is not name+id+key");
  }
  KeyText key;
  key.name = text.substr(0, first);
  if (!ValidKeyName(key.name)) {
    return Malformed(std::string(what) + ": its name is empty, too long or has a character that no name may have");
  }
  const std::optional<std::uint32_t> id = ParseKeyId(text.substr(first + 1, second - first - 1));
  if (!id.has_value()) {
    return Malformed(std::string(what) + ": its id is not eight hexadecimal digits of lower case");
  }
  key.id = *id;
  std::optional<std::string> material = crypto::Base64Decode(text.substr(second + 1));
  const absl::Status read = ReadMaterial(what, material, key);
  if (material.has_value()) {
    crypto::Wipe(*material);
  }
  if (!read.ok()) {
    return read;
  }
  return key;
}

absl::Status CheckId(std::string_view what, std::uint32_t stated, const VerifierKey& key) {
  if (stated == key.id()) {
    return absl::OkStatus();
  }
  return Malformed(std::string(what) + ": its id is " + FormatKeyId(stated) + ", that of its name and key is " +
                   FormatKeyId(key.id()));
}

// RFC 4648 text of type and material: the last part of both texts.
std::string FormatMaterial(SignatureType type, std::span<const std::uint8_t, kMaterialBytes> material) {
  std::array<std::uint8_t, 1 + kMaterialBytes> bytes;
  bytes[0] = static_cast<std::uint8_t>(type);
  std::copy(material.begin(), material.end(), bytes.begin() + 1);
  std::string text = crypto::Base64Encode(bytes);
  crypto::Wipe(bytes);
  return text;
}

std::uint32_t KeyId(std::string_view name, SignatureType type, const crypto::Ed25519PublicKey& key) {
  crypto::Sha256 sha;
  sha.Update(name);
  const char separator[] = {'\n', static_cast<char>(type)};
  sha.Update(std::string_view(separator, sizeof separator));
  sha.Update(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
  const crypto::Digest digest = sha.Finish();
  return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 | std::uint32_t{digest[2]} << 8 | digest[3];
}

}  // namespace

bool ValidKeyName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) {
    return false;
  }
  while (!name.empty()) {
    const std::optional<char32_t> character = TakeCharacter(name);
    if (!character.has_value() || *character < 0x20 || *character == '+' || IsSpace(*character)) {
      return false;
    }
  }
  return true;
}

VerifierKey::VerifierKey(std::string name, SignatureType type, const crypto::Ed25519PublicKey& key)
    : name_(std::move(name)), type_(type), public_key_(key), id_(KeyId(name_, type, key)) {
  ESCROW_ASSERT(ValidKeyName(name_));
}

absl::StatusOr<VerifierKey> VerifierKey::Parse(std::string_view text) {
  static constexpr std::string_view kWhat = "the verifier key";
  if (text.starts_with(kSecretPrefix)) {
    return Malformed("this is a private key, not a verifier key; keep it secret");
  }
  const absl::StatusOr<KeyText> parts = ParseKeyText(kWhat, text);
  if (!parts.ok()) {
    return parts.status();
  }
  VerifierKey key(parts->name, parts->type, parts->material);
  const absl::Status fits = CheckId(kWhat, parts->id, key);
  if (!fits.ok()) {
    return fits;
  }
  return key;
}

std::string VerifierKey::Format() const {
  return name_ + "+" + FormatKeyId(id_) + "+" + FormatMaterial(type_, public_key_);
}

SignerKey::SignerKey(std::string name, SignatureType type, crypto::Ed25519PrivateKey key)
    : private_key_(std::move(key)), verifier_(std::move(name), type, private_key_.public_key()) {}

SignerKey SignerKey::Generate(std::string name, SignatureType type) {
  return SignerKey(std::move(name), type, crypto::Ed25519PrivateKey::Generate());
}

absl::StatusOr<SignerKey> SignerKey::Parse(std::string_view text) {
  static constexpr std::string_view kWhat = "the private key";
  if (!text.starts_with(kSecretPrefix)) {
    return Malformed("the private key does not begin with PRIVATE+KEY+");
  }
  absl::StatusOr<KeyText> parts = ParseKeyText(kWhat, text.substr(kSecretPrefix.size()));
  if (!parts.ok()) {
    return parts.status();
  }
  SignerKey key(parts->name, parts->type, crypto::Ed25519PrivateKey::FromSeed(parts->material));
  crypto::Wipe(parts->material);
  const absl::Status fits = CheckId(kWhat, parts->id, key.verifier());
  if (!fits.ok()) {
    return fits;
  }
  return key;
}

std::string SignerKey::Format() const {
  crypto::Ed25519Seed seed = private_key_.seed();
  std::string material = FormatMaterial(type(), seed);
  crypto::Wipe(seed);
  std::string text;
  text.reserve(kSecretPrefix.size() + name().size() + 10 + material.size());  // so that no piece of it is left behind
  text.append(kSecretPrefix).append(name()).append("+").append(FormatKeyId(verifier_.id())).append("+");
  text.append(material);
  crypto::Wipe(material);
  return text;
}

NoteSignature SignerKey::Sign(std::string_view text) const {
  ESCROW_ASSERT(type() == SignatureType::kEd25519);
  const crypto::Ed25519Signature signature = private_key_.Sign(text);
  return {.name = name(), .key_id = verifier_.id(), .bytes = std::string(signature.begin(), signature.end())};
}

}  // namespace escrow::tlog
