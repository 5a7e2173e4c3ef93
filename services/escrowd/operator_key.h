#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"

namespace escrow::daemon {

// What became of the operator's key.
enum class OperatorKey {
  kKnown,    // the file's key is in the log, or there is no file and others have credentials
  kCreated,  // a credential was logged for the file's key
};

// Makes sure that a new log has a caller: the operator's first API key.
//
//   1. No file and no credential in the log: a random key is written to data_dir/operator.key, mode 0600, and synced.
//   2. A file whose key is not in the log: a credential of the operator is logged for it.
//
// The file is durable before the credential is, and step 2 runs on every start, so a crash in between loses nothing. It
// also is the way back for an operator who has lost every key: put a new one into the file and restart. Who can write
// there owns the log anyway.
//
// Before serving. Errors: UNAVAILABLE or INVALID_ARGUMENT for the file, FAILED_PRECONDITION when the engine refuses.
[[nodiscard]] absl::StatusOr<OperatorKey> EnsureOperatorKey(engine::Engine& engine, const std::string& data_dir);

}  // namespace escrow::daemon
