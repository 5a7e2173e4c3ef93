#pragma once

#include <string>

#include "absl/status/status.h"
#include "escrowctl/client.h"
#include "escrowctl/views.h"

// Records of personal data from and to files: their content is neither a flag nor a table.
namespace escrow::ctl {

struct PutOptions {
  std::string party;  // resource name
  std::string record_id;
  std::string kind;        // of v1::RecordKind
  std::string file;        // "-" is the standard input
  std::string request_id;  // a fresh one when empty
};
[[nodiscard]] absl::Status PutRecord(Client& client, const PutOptions& options, Output output);

// Writes the content to a new file that only the owner can read, and shows the rest of the record.
[[nodiscard]] absl::Status GetRecord(Client& client, const std::string& name, const std::string& file, Output output);

}  // namespace escrow::ctl
