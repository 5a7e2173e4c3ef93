#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/key.h"

// Private keys in files: one line, as tlog::SignerKey writes it, readable by its owner alone. Any thread.
namespace escrow::publish {

// Nothing when there is no file. FAILED_PRECONDITION when others may read it, DATA_LOSS when it holds no key.
[[nodiscard]] absl::StatusOr<std::optional<tlog::SignerKey>> ReadKey(const std::string& path);

[[nodiscard]] absl::Status WriteKey(const std::string& path, const tlog::SignerKey& key);

// The key of the file, or a new one that is written there. FAILED_PRECONDITION also when it has another name or type.
[[nodiscard]] absl::StatusOr<tlog::SignerKey> ReadOrMakeKey(const std::string& path, const std::string& name,
                                                            tlog::SignatureType type);

}  // namespace escrow::publish
