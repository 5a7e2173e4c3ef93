#include "publish/next_key.h"

#include <unistd.h>

#include <cerrno>
#include <optional>

#include "absl/strings/str_cat.h"
#include "publish/durable_file.h"
#include "publish/key_file.h"
#include "tlog/handover.h"

namespace escrow::publish {
namespace {

using tlog::SignerKey;
using MaybeKey = absl::StatusOr<std::optional<SignerKey>>;

bool Holds(const MaybeKey& key, const std::string& verifier_key) {
  return key.ok() && key->has_value() && (*key)->verifier().Format() == verifier_key;
}

}  // namespace

std::string NextKeyPath(const Signer::Files& files) { return files.key + ".next"; }
std::string OldKeyPath(const Signer::Files& files) { return files.key + ".old"; }

absl::StatusOr<tlog::VerifierKey> MakeNextKey(const Signer::Files& files) {
  const MaybeKey key = ReadKey(files.key);
  const MaybeKey next = ReadKey(NextKeyPath(files));
  for (const MaybeKey* read : {&key, &next}) {
    if (!read->ok()) {
      return read->status();
    }
  }
  if (!key->has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no signing key ", files.key, ": the first start makes it"));
  }
  if (next->has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is a next key already, ", NextKeyPath(files), ": ", (*next)->verifier().Format()));
  }
  const SignerKey made = SignerKey::Generate((*key)->name(), tlog::SignatureType::kEd25519);
  if (absl::Status status = WriteKey(NextKeyPath(files), made); !status.ok()) {
    return status;
  }
  return made.verifier();
}

absl::StatusOr<std::string> MakeHandover(const Signer::Files& files, const std::string& verifier_key) {
  const MaybeKey key = ReadKey(files.key);
  const MaybeKey next = ReadKey(NextKeyPath(files));
  const MaybeKey old = ReadKey(OldKeyPath(files));
  for (const MaybeKey* read : {&key, &next, &old}) {
    if (!read->ok()) {
      return read->status();
    }
  }
  if (Holds(key, verifier_key) && old->has_value()) {
    return tlog::SignHandover(**old, **key);
  }
  if (Holds(next, verifier_key) && key->has_value() && (*key)->name() == (*next)->name() && !Holds(key, verifier_key)) {
    return tlog::SignHandover(**key, **next);
  }
  return absl::NotFoundError(absl::StrCat(NextKeyPath(files), " does not hold ", verifier_key));
}

absl::Status InstallNextKey(const Signer::Files& files) {
  const MaybeKey key = ReadKey(files.key);
  const MaybeKey next = ReadKey(NextKeyPath(files));
  for (const MaybeKey* read : {&key, &next}) {
    if (!read->ok()) {
      return read->status();
    }
  }
  if (!next->has_value()) {
    return absl::NotFoundError(absl::StrCat("there is no next key ", NextKeyPath(files)));
  }
  if (key->has_value() && (*key)->verifier() != (*next)->verifier()) {
    if (absl::Status status = WriteKey(OldKeyPath(files), **key); !status.ok()) {
      return status;
    }
    if (absl::Status status = WriteKey(files.key, **next); !status.ok()) {
      return status;
    }
  }
  return unlink(NextKeyPath(files).c_str()) == 0 || errno == ENOENT ? absl::OkStatus()
                                                                    : FileError("remove", NextKeyPath(files));
}

}  // namespace escrow::publish
