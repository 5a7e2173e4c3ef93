#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/key.h"

// Signed notes (https://c2sp.org/signed-note): a text, a blank line, lines of signatures.
//
// Threading: pure functions; any thread.
namespace escrow::tlog {

inline constexpr std::size_t kNoteBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kNoteSignaturesMax = 100;  // the standard asks for 16 at least

struct Note {
  std::string text;  // with the newline at its end, without the blank line
  std::vector<NoteSignature> signatures;

  friend bool operator==(const Note&, const Note&) = default;
};

// The note in these bytes, none of its signatures checked: believe nothing of it before VerifyNote.
// Errors: InvalidArgument with the reason.
[[nodiscard]] absl::StatusOr<Note> ParseNote(std::string_view bytes);

// REQUIRES: the text is UTF-8 without control characters and ends in a newline; there is a signature.
[[nodiscard]] std::string FormatNote(const Note& note);

// "— name base64(id || bytes)\n". REQUIRES: ValidKeyName(signature.name), signature.bytes is not empty.
[[nodiscard]] std::string FormatSignatureLine(const NoteSignature& signature);
// Such lines and nothing else, as a witness answers them. Errors: InvalidArgument with the reason.
[[nodiscard]] absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines);

// A signature that was checked.
struct VerifiedSignature {
  std::size_t line = 0;                       // which of note.signatures
  std::size_t key = 0;                        // which of the known keys
  std::optional<std::uint64_t> time_seconds;  // of a cosignature: when it was made, since 1970
};

// The signatures of the note by known keys, one for each key that has signed, in the order of the lines.
//
// Lines of unknown keys are ignored. Every line by a known key must be good, also a second one of the same key (the
// first counts). Errors: Unauthenticated when a line by a known key is bad, or when no known key has signed;
// InvalidArgument when two of the known keys have the same name and id, for then a line does not say whose it is.
[[nodiscard]] absl::StatusOr<std::vector<VerifiedSignature>> VerifyNote(const Note& note,
                                                                        std::span<const VerifierKey> known);

}  // namespace escrow::tlog
