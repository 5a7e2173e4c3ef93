#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "escrowctl/client.h"
#include "escrowctl/views.h"

// The commands of an auditor, and of whoever does not want to believe the server: `escrowctl audit ...`.
namespace escrow::ctl {

struct CheckpointOptions {
  std::string verifier_key;  // the log's, had from elsewhere; empty: the one that the server tells
  std::string save;          // file to write it to; empty: none
  std::string since;         // file of an older one, which it must continue; empty: none
};
// The newest checkpoint: checks its signature, and that it continues the older one. `good` is false when it does not.
[[nodiscard]] absl::Status ShowCheckpoint(Client& client, const CheckpointOptions& options, Output output, bool& good);

struct ReceiptOptions {
  std::int64_t sequence = 0;
  std::string file;          // for the receipt
  std::string verifier_key;  // as above
};
// Writes the receipt of an event and checks it, as anybody who gets the file can.
[[nodiscard]] absl::Status SaveReceipt(Client& client, const ReceiptOptions& options, Output output);

// Writes the whole log up to the newest checkpoint into a new folder, as C2SP tlog-tiles lays it out.
[[nodiscard]] absl::Status ExportLog(Client& client, const std::string& folder, Output output);

}  // namespace escrow::ctl
