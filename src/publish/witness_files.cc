#include "publish/witness_files.h"

#include "absl/strings/str_cat.h"
#include "crypto/hex.h"
#include "crypto/sha256.h"
#include "publish/durable_file.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"

namespace escrow::publish {
namespace {

using tlog::WitnessedCheckpoint;

std::string PathOf(const std::string& folder, std::string_view origin) {
  return absl::StrCat(folder, "/", crypto::HexEncode(crypto::Sha256Of(origin)));
}

bool SameTree(const std::optional<WitnessedCheckpoint>& one, const std::optional<WitnessedCheckpoint>& other) {
  if (!one || !other) {
    return one.has_value() == other.has_value();
  }
  return one->size == other->size && one->root == other->root;
}

}  // namespace

absl::StatusOr<std::optional<WitnessedCheckpoint>> WitnessFiles::Read(const std::string& path) const {
  absl::StatusOr<std::string> note = ReadFile(path, tlog::kNoteBytesMax);
  if (absl::IsNotFound(note.status())) {
    return std::optional<WitnessedCheckpoint>();
  }
  if (!note.ok()) {
    return note.status();
  }
  const absl::StatusOr<tlog::SignedCheckpoint> parsed = tlog::ParseSignedCheckpoint(*note);
  if (!parsed.ok()) {
    return absl::DataLossError(absl::StrCat(path, " is no checkpoint: ", parsed.status().message()));
  }
  return std::optional<WitnessedCheckpoint>(
      {.size = parsed->checkpoint.size, .root = parsed->checkpoint.root, .note = *std::move(note)});
}

absl::StatusOr<std::optional<WitnessedCheckpoint>> WitnessFiles::Load(std::string_view origin) {
  const std::lock_guard lock(mutex_);
  return Read(PathOf(folder_, origin));
}

absl::StatusOr<bool> WitnessFiles::Replace(std::string_view origin, const std::optional<WitnessedCheckpoint>& expected,
                                           const WitnessedCheckpoint& next) {
  const std::lock_guard lock(mutex_);
  const std::string path = PathOf(folder_, origin);
  const absl::StatusOr<std::optional<WitnessedCheckpoint>> newest = Read(path);
  if (!newest.ok()) {
    return newest.status();
  }
  if (!SameTree(*newest, expected)) {
    return false;
  }
  if (absl::Status status = ReplaceFile(path, next.note); !status.ok()) {
    return status;
  }
  return true;
}

}  // namespace escrow::publish
