#pragma once

#include <string>

#include "absl/status/status.h"
#include "escrowctl/client.h"
#include "escrowctl/views.h"

// The commands that keep and bring back logs: `escrowctl backup create`, `restore` and `verify`. deploy/runbooks says
// when to use which.
namespace escrow::ctl {

// Brings the backup in `folder` up to where the server stands; makes it when there is none. The server goes on serving.
// Everything is verified against the server's Merkle root.
[[nodiscard]] absl::Status CreateBackup(Client& client, const std::string& folder, Output output);

struct RestoreOptions {
  std::string from;      // a backup, or the data folder of a server that is stopped
  std::string to;        // the new data folder: must not exist, or be empty
  bool salvage = false;  // take what can be read of a damaged log
};
// Makes a data folder out of a backup. It has no anchor, so that no server starts on it beside the one that it came
// from unless the operator accepts (escrowd --accept-rollback).
[[nodiscard]] absl::Status RestoreBackup(const RestoreOptions& options, Output output);

// Verifies a backup or the data folder of a server, and says what was checked.
[[nodiscard]] absl::Status VerifyBackup(const std::string& folder, const std::string& anchor_path, Output output);

}  // namespace escrow::ctl
