#include "tlog/handover.h"

#include <array>
#include <vector>

#include "base/assert.h"

namespace escrow::tlog {
namespace {

constexpr std::string_view kFirstLine = "escrow.dev/signing-key/1";

// Without their newlines. REQUIRES: the text ends in one, as that of every note.
std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

std::string SignHandover(const SignerKey& before, const SignerKey& next) {
  ESCROW_ASSERT(before.type() == SignatureType::kEd25519 && next.type() == SignatureType::kEd25519);
  ESCROW_ASSERT(before.name() == next.name() && before.verifier() != next.verifier());
  Note note{.text = std::string(kFirstLine) + "\n" + next.name() + "\n" + next.verifier().Format() + "\n",
            .signatures = {}};
  note.signatures = {before.Sign(note.text), next.Sign(note.text)};
  return FormatNote(note);
}

absl::StatusOr<Handover> ParseHandover(std::string_view bytes) {
  absl::StatusOr<Note> note = ParseNote(bytes);
  if (!note.ok()) {
    return note.status();
  }
  const std::vector<std::string_view> lines = LinesOf(note->text);
  if (lines.size() != 3 || lines[0] != kFirstLine) {
    return absl::InvalidArgumentError("the note is no handover of a signing key");
  }
  absl::StatusOr<VerifierKey> next = VerifierKey::Parse(lines[2]);
  if (!next.ok()) {
    return absl::InvalidArgumentError("the handover names no key: " + std::string(next.status().message()));
  }
  if (next->type() != SignatureType::kEd25519 || next->name() != lines[1]) {
    return absl::InvalidArgumentError("the handover is to a key of another log or kind");
  }
  const std::array known{*next};
  if (!VerifyNote(*note, known).ok()) {
    return absl::UnauthenticatedError("the key that takes over has not signed the handover");
  }
  return Handover{.next = *std::move(next), .note = *std::move(note)};
}

absl::Status CheckHandover(const Handover& handover, const VerifierKey& before) {
  if (before.type() != SignatureType::kEd25519 || before.name() != handover.next.name()) {
    return absl::InvalidArgumentError("the handover is of another log");
  }
  const std::array known{before};
  return VerifyNote(handover.note, known).ok()
             ? absl::OkStatus()
             : absl::UnauthenticatedError("the handover is not signed by " + before.Format());
}

}  // namespace escrow::tlog
