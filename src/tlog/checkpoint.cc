#include "tlog/checkpoint.h"

#include <optional>
#include <utility>

#include "base/assert.h"
#include "tlog/fields.h"
#include "tlog/proof.h"

namespace escrow::tlog {
namespace {

void AppendLine(std::string_view line, std::string& text) {
  ESCROW_ASSERT(!line.empty() && line.find('\n') == std::string_view::npos);
  text.append(line).append("\n");
}

}  // namespace

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  ESCROW_ASSERT(checkpoint.size <= kTreeSizeMax);
  std::string text;
  AppendLine(checkpoint.origin, text);
  AppendLine(std::to_string(checkpoint.size), text);
  AppendLine(FormatHash(checkpoint.root), text);
  for (const std::string& extension : checkpoint.extensions) {
    AppendLine(extension, text);
  }
  return text;
}

absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::optional<std::string_view> line = TakeLine(text);
    if (!line.has_value()) {
      return Malformed("the checkpoint does not end in a newline");
    }
    if (line->empty()) {
      return Malformed("the checkpoint's line " + std::to_string(lines.size() + 1) + " is empty");
    }
    lines.push_back(*line);
  }
  if (lines.size() < 3) {
    return Malformed("the checkpoint has " + std::to_string(lines.size()) + " lines; origin, size and root are needed");
  }
  const std::optional<std::uint64_t> size = ParseNumber(lines[1]);
  if (!size.has_value()) {
    return Malformed("the checkpoint's size " + Quoted(lines[1]) +
                     " is not a decimal number below 2^63 without leading zeros");
  }
  const std::optional<Hash> root = ParseHash(lines[2]);
  if (!root.has_value()) {
    return Malformed("the checkpoint's root " + Quoted(lines[2]) + " is not a hash in base 64");
  }
  return Checkpoint{.origin = std::string(lines[0]),
                    .size = *size,
                    .root = *root,
                    .extensions = std::vector<std::string>(lines.begin() + 3, lines.end())};
}

absl::StatusOr<SignedCheckpoint> ParseSignedCheckpoint(std::string_view bytes) {
  absl::StatusOr<Note> note = ParseNote(bytes);
  if (!note.ok()) {
    return note.status();
  }
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  return SignedCheckpoint{.checkpoint = *std::move(checkpoint), .note = *std::move(note)};
}

SignedCheckpoint SignCheckpoint(const Checkpoint& checkpoint, const SignerKey& signer) {
  ESCROW_ASSERT(signer.name() == checkpoint.origin);
  std::string text = FormatCheckpoint(checkpoint);
  NoteSignature signature = signer.Sign(text);
  return {.checkpoint = checkpoint, .note = {.text = std::move(text), .signatures = {std::move(signature)}}};
}

}  // namespace escrow::tlog
