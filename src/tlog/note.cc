#include "tlog/note.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "crypto/base64.h"
#include "tlog/cosignature.h"
#include "tlog/fields.h"
#include "tlog/utf8.h"

namespace escrow::tlog {
namespace {

constexpr std::string_view kDash = "\u2014 ";  // what a signature line begins with
constexpr std::size_t kKeyIdBytes = 4;

// What may not be in a note: control characters but newline, and what is not UTF-8.
absl::Status CheckCharacters(std::string_view text) {
  const std::size_t size = text.size();
  while (!text.empty()) {
    const std::size_t at = size - text.size();
    const std::optional<char32_t> character = TakeCharacter(text);
    if (!character.has_value()) {
      return Malformed("the note is not UTF-8 at byte " + std::to_string(at));
    }
    if (*character < 0x20 && *character != '\n') {
      return Malformed("the note has a control character at byte " + std::to_string(at));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<NoteSignature> ParseSignatureLine(std::string_view line) {
  const std::string_view whole = line;
  if (!line.starts_with(kDash)) {
    return Malformed("the signature line " + Quoted(whole) + " does not begin with a dash and a space");
  }
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  if (space == std::string_view::npos || !ValidKeyName(name)) {
    return Malformed("the signature line " + Quoted(whole) + " has no name that a key may have");
  }
  std::optional<std::string> bytes = crypto::Base64Decode(line.substr(space + 1));
  if (!bytes.has_value() || bytes->size() <= kKeyIdBytes) {
    return Malformed("the signature line " + Quoted(whole) + " has no key id and signature in base 64");
  }
  NoteSignature signature{.name = std::string(name), .key_id = 0, .bytes = {}};
  for (std::size_t i = 0; i < kKeyIdBytes; ++i) {
    signature.key_id = signature.key_id << 8 | static_cast<std::uint8_t>((*bytes)[i]);
  }
  signature.bytes = bytes->substr(kKeyIdBytes);
  return signature;
}

// Which of the known keys the line says that it is by.
absl::StatusOr<std::optional<std::size_t>> MakerOf(const NoteSignature& signature, std::span<const VerifierKey> known) {
  std::optional<std::size_t> maker;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].Made(signature)) {
      if (maker.has_value()) {
        return Malformed("two known keys have the name " + Quoted(signature.name) + " and the same id");
      }
      maker = i;
    }
  }
  return maker;
}

// The time of a good signature, when its type has one. REQUIRES: key.Made(signature).
absl::StatusOr<std::optional<std::uint64_t>> Verify(const NoteSignature& signature, std::string_view text,
                                                    const VerifierKey& key) {
  if (key.type() == SignatureType::kCosignature) {
    return VerifyCosignature(key, text, signature);
  }
  crypto::Ed25519Signature bytes;
  if (signature.bytes.size() == bytes.size()) {
    std::copy(signature.bytes.begin(), signature.bytes.end(), bytes.begin());
    if (crypto::Ed25519Verify(key.public_key(), text, bytes)) {
      return std::nullopt;
    }
  }
  return absl::UnauthenticatedError("the signature by " + Quoted(signature.name) + " is not over this text");
}

}  // namespace

absl::StatusOr<Note> ParseNote(std::string_view bytes) {
  if (bytes.size() > kNoteBytesMax) {
    return Malformed("the note has " + std::to_string(bytes.size()) + " bytes, more than " +
                     std::to_string(kNoteBytesMax));
  }
  if (const absl::Status good = CheckCharacters(bytes); !good.ok()) {
    return good;
  }
  const std::size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos) {
    return Malformed("the note has no blank line between text and signatures");
  }
  absl::StatusOr<std::vector<NoteSignature>> signatures = ParseSignatureLines(bytes.substr(blank + 2));
  if (!signatures.ok()) {
    return signatures.status();
  }
  return Note{.text = std::string(bytes.substr(0, blank + 1)), .signatures = *std::move(signatures)};
}

std::string FormatNote(const Note& note) {
  ESCROW_ASSERT(note.text.ends_with('\n') && CheckCharacters(note.text).ok() && !note.signatures.empty());
  std::string bytes = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) {
    bytes.append(FormatSignatureLine(signature));
  }
  return bytes;
}

std::string FormatSignatureLine(const NoteSignature& signature) {
  ESCROW_ASSERT(ValidKeyName(signature.name) && !signature.bytes.empty());
  std::string bytes;
  for (std::size_t i = 0; i < kKeyIdBytes; ++i) {
    bytes.push_back(static_cast<char>(signature.key_id >> (8 * (kKeyIdBytes - 1 - i)) & 0xff));
  }
  bytes.append(signature.bytes);
  return std::string(kDash) + signature.name + " " + crypto::Base64Encode(bytes) + "\n";
}

absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines) {
  if (lines.size() > kNoteBytesMax) {
    return Malformed("the signatures have " + std::to_string(lines.size()) + " bytes, more than " +
                     std::to_string(kNoteBytesMax));
  }
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    const std::optional<std::string_view> line = TakeLine(lines);
    if (!line.has_value()) {
      return Malformed("the last signature line has no newline");
    }
    if (signatures.size() == kNoteSignaturesMax) {
      return Malformed("there are more than " + std::to_string(kNoteSignaturesMax) + " signatures");
    }
    absl::StatusOr<NoteSignature> signature = ParseSignatureLine(*line);
    if (!signature.ok()) {
      return signature.status();
    }
    signatures.push_back(*std::move(signature));
  }
  if (signatures.empty()) {
    return Malformed("there is no signature line");
  }
  return signatures;
}

absl::StatusOr<std::vector<VerifiedSignature>> VerifyNote(const Note& note, std::span<const VerifierKey> known) {
  std::vector<VerifiedSignature> verified;
  for (std::size_t line = 0; line < note.signatures.size(); ++line) {
    const NoteSignature& signature = note.signatures[line];
    const absl::StatusOr<std::optional<std::size_t>> maker = MakerOf(signature, known);
    if (!maker.ok()) {
      return maker.status();
    }
    if (!maker->has_value()) {
      continue;
    }
    const std::size_t key = **maker;
    const absl::StatusOr<std::optional<std::uint64_t>> time_seconds = Verify(signature, note.text, known[key]);
    if (!time_seconds.ok()) {
      return time_seconds.status();
    }
    if (std::none_of(verified.begin(), verified.end(), [&](const auto& earlier) { return earlier.key == key; })) {
      verified.push_back({.line = line, .key = key, .time_seconds = *time_seconds});
    }
  }
  if (verified.empty()) {
    return absl::UnauthenticatedError("no known key has signed");
  }
  return verified;
}

}  // namespace escrow::tlog
