#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tlog/key.h"

// Logs as strangers get them, made from entries alone.
namespace escrow::test {

// The origin of the checkpoints below.
inline constexpr const char* kLogOrigin = "log.example/escrow";

// A key for kLogOrigin; the same in every run.
[[nodiscard]] tlog::SignerKey LogKey();

// The signed checkpoint of the log of these entries.
[[nodiscard]] std::string CheckpointOf(const std::vector<std::string>& entries, const tlog::SignerKey& key);

// Writes a log export (a C2SP tlog-tiles folder): entries, hashes of every level, partial tiles and a checkpoint.
void WriteLogExport(const std::string& folder, const std::vector<std::string>& entries, const tlog::SignerKey& key);

// Writes the `public/` of a data directory (docs/DATA_FORMATS.md). The last `beyond` entries are not in the checkpoint.
void WriteDataDirectory(const std::string& folder, const std::vector<std::string>& entries, std::size_t beyond,
                        const tlog::SignerKey& key);

}  // namespace escrow::test
