#include "publish/signer.h"

#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/hex.h"
#include "publish/durable_file.h"
#include "publish/key_file.h"
#include "publish/next_key.h"
#include "tlog/note.h"

namespace escrow::publish {
namespace {

using tlog::SignatureType;
using tlog::SignedCheckpoint;
using tlog::SignerKey;

constexpr std::string_view kRunbook = "; see deploy/runbooks/signing-key.md";

absl::Status Refuse(std::string_view what) {
  return absl::FailedPreconditionError(std::string(what) + std::string(kRunbook));
}

// Nothing when there is no file. Its signature is not checked.
absl::StatusOr<std::optional<SignedCheckpoint>> ReadLast(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, tlog::kNoteBytesMax);
  if (absl::IsNotFound(text.status())) {
    return std::nullopt;
  }
  if (!text.ok()) {
    return text.status();
  }
  absl::StatusOr<SignedCheckpoint> checkpoint = tlog::ParseSignedCheckpoint(*text);
  if (!checkpoint.ok()) {
    return absl::DataLossError(
        absl::StrCat(path, " is no checkpoint: ", checkpoint.status().message(), kRunbook.data()));
  }
  return std::optional<SignedCheckpoint>(*std::move(checkpoint));
}

// A new key, and the checkpoint of the empty log by it.
absl::Status MakeNew(const Signer::Files& files, const std::string& origin) {
  const SignerKey key = SignerKey::Generate(origin, SignatureType::kEd25519);
  tlog::TreeHasher hasher;
  const SignedCheckpoint empty =
      tlog::SignCheckpoint({.origin = origin, .size = 0, .root = hasher.EmptyRoot(), .extensions = {}}, key);
  // In this order: a checkpoint of nothing without a key counts as nothing when this is cut short.
  if (absl::Status status = ReplaceFile(files.last, tlog::FormatNote(empty.note)); !status.ok()) {
    return status;
  }
  return WriteKey(files.key, key);
}

// The key of the file, once it is the one that the log names.
absl::StatusOr<std::optional<SignerKey>> CurrentKey(const Signer::Files& files, const std::string& verifier_key) {
  absl::StatusOr<std::optional<SignerKey>> key = ReadKey(files.key);
  if (!key.ok() || !key->has_value() || verifier_key.empty() || (*key)->verifier().Format() == verifier_key) {
    return key;
  }
  const absl::StatusOr<std::optional<SignerKey>> next = ReadKey(NextKeyPath(files));
  if (!next.ok()) {
    return next.status();
  }
  if (!next->has_value() || (*next)->verifier().Format() != verifier_key) {
    return Refuse(absl::StrCat("the log was handed over to ", verifier_key, ", but ", files.key, " holds ",
                               (*key)->verifier().Format()));
  }
  if (absl::Status status = InstallNextKey(files); !status.ok()) {
    return status;
  }
  return ReadKey(files.key);
}

std::string Describe(std::uint64_t size, const tlog::Hash& root) {
  return absl::StrCat(size, " entries with root ", crypto::HexEncode(root));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Signer>> Signer::Open(const Files& files, const std::string& origin,
                                                     const std::string& verifier_key) {
  absl::StatusOr<std::optional<SignerKey>> key = CurrentKey(files, verifier_key);
  if (!key.ok()) {
    return key.status();
  }
  absl::StatusOr<std::optional<SignerKey>> old = ReadKey(OldKeyPath(files));
  if (!old.ok()) {
    return old.status();
  }
  absl::StatusOr<std::optional<SignedCheckpoint>> last = ReadLast(files.last);
  if (!last.ok()) {
    return last.status();
  }
  const bool signed_before = last->has_value() && (*last)->checkpoint.size > 0;
  if (!key->has_value() && !signed_before) {
    if (absl::Status status = MakeNew(files, origin); !status.ok()) {
      return status;
    }
    return Open(files, origin, verifier_key);
  }
  if (!key->has_value()) {
    return Refuse(
        absl::StrCat("checkpoints were signed (", files.last, "), but the private key ", files.key, " is gone"));
  }
  if (!last->has_value()) {
    return Refuse(absl::StrCat("the key ", files.key, " may have signed checkpoints, but ", files.last,
                               ", which remembers the last one, is gone"));
  }
  if ((*key)->name() != origin || (*last)->checkpoint.origin != origin) {
    return Refuse(absl::StrCat("the origin is ", origin, ", but the key is of ", (*key)->name(),
                               " and the last checkpoint of ", (*last)->checkpoint.origin));
  }
  std::unique_ptr<Signer> signer(new Signer(files, **std::move(key), *std::move(old), **std::move(last)));
  if (const absl::Status status = tlog::VerifyNote(signer->last_.note, signer->verifiers()).status(); !status.ok()) {
    return absl::DataLossError(
        absl::StrCat(files.last, " is not signed by ", files.key, ": ", status.message(), kRunbook.data()));
  }
  return signer;
}

absl::Status Signer::CheckContinues(const TreeHead& head, tlog::HashReader& tree) const {
  const tlog::Checkpoint& last = last_.checkpoint;
  if (head.size < last.size) {
    return absl::DataLossError(absl::StrCat("the log has ", head.size, " entries, but a checkpoint of ", last.size,
                                            " was signed: it was rolled back", kRunbook.data()));
  }
  const absl::StatusOr<tlog::Hash> root = head.size == last.size ? head.root : tlog::TreeRoot(last.size, tree);
  if (!root.ok()) {
    return root.status();
  }
  if (*root != last.root) {
    return absl::DataLossError(absl::StrCat("a checkpoint of ", Describe(last.size, last.root),
                                            " was signed, but the log's root there is ", crypto::HexEncode(*root),
                                            ": its history was changed", kRunbook.data()));
  }
  return absl::OkStatus();
}

std::vector<tlog::VerifierKey> Signer::verifiers() const {
  std::vector<tlog::VerifierKey> keys{key_.verifier()};
  if (old_) {
    keys.push_back(old_->verifier());
  }
  return keys;
}

absl::Status Signer::TakeOver() {
  if (absl::Status status = InstallNextKey(files_); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::optional<SignerKey>> key = ReadKey(files_.key);
  if (!key.ok() || !key->has_value()) {
    return key.ok() ? absl::NotFoundError(files_.key + " is gone") : key.status();
  }
  if ((*key)->verifier() != key_.verifier()) {
    old_ = std::move(key_);
    key_ = **std::move(key);
  }
  return absl::OkStatus();
}

absl::StatusOr<SignedCheckpoint> Signer::Sign(const TreeHead& head, tlog::HashReader& tree) {
  if (absl::Status status = CheckContinues(head, tree); !status.ok()) {
    return status;
  }
  SignedCheckpoint next =
      tlog::SignCheckpoint({.origin = key_.name(), .size = head.size, .root = head.root, .extensions = {}}, key_);
  if (old_) {
    next.note.signatures.push_back(old_->Sign(next.note.text));
  }
  if (absl::Status status = ReplaceFile(files_.last, tlog::FormatNote(next.note)); !status.ok()) {
    return status;
  }
  last_ = next;
  return next;
}

}  // namespace escrow::publish
