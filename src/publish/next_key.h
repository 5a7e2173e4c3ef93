#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "publish/signer.h"
#include "tlog/key.h"

// The files by which a log changes its signing key (deploy/runbooks/signing-key.md). Beside the key's file:
//
//   FILE.next  a key that is to take over; made by MakeNextKey, used by nothing before the log says so
//   FILE.old   the key before: signs beside the new one, for those who do not know that yet, until the file is removed
//
// Threading: any; each call reads the files anew. Errors: those of key_file.h.
namespace escrow::publish {

[[nodiscard]] std::string NextKeyPath(const Signer::Files& files);
[[nodiscard]] std::string OldKeyPath(const Signer::Files& files);

// Makes FILE.next and says which key it is. FAILED_PRECONDITION when there is one, or no key that it could follow.
[[nodiscard]] absl::StatusOr<tlog::VerifierKey> MakeNextKey(const Signer::Files& files);

// The handover (tlog/handover.h) to this key: from FILE to FILE.next, or, once that has happened, from FILE.old to
// FILE. NOT_FOUND when there is no such key.
[[nodiscard]] absl::StatusOr<std::string> MakeHandover(const Signer::Files& files, const std::string& verifier_key);

// FILE becomes FILE.old, FILE.next becomes FILE. Cut short, it is finished by the next call. REQUIRES: nobody else does
// so at the same time.
[[nodiscard]] absl::Status InstallNextKey(const Signer::Files& files);

}  // namespace escrow::publish
