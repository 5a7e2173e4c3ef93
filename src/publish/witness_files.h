#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tlog/witness.h"

namespace escrow::publish {

// WitnessFiles: what a witness must not forget, a file for each log: the newest checkpoint that it cosigned, as
// monitors are served it. Its name is the hexadecimal SHA-256 of the log's origin.
//
// Threading: any thread. Errors: UNAVAILABLE from the disk; DATA_LOSS for a file that is no checkpoint: then nothing of
// that log is cosigned until somebody has looked at it.
class WitnessFiles final : public tlog::WitnessStore {
 public:
  // REQUIRES: the folder is there.
  explicit WitnessFiles(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] absl::StatusOr<std::optional<tlog::WitnessedCheckpoint>> Load(std::string_view origin) override;
  [[nodiscard]] absl::StatusOr<bool> Replace(std::string_view origin,
                                             const std::optional<tlog::WitnessedCheckpoint>& expected,
                                             const tlog::WitnessedCheckpoint& next) override;

 private:
  // Under the mutex.
  [[nodiscard]] absl::StatusOr<std::optional<tlog::WitnessedCheckpoint>> Read(const std::string& path) const;

  const std::string folder_;
  std::mutex mutex_;  // a comparison and the replacement after it are one step
};

}  // namespace escrow::publish
