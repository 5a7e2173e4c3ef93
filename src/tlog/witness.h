#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tlog/add_checkpoint.h"
#include "tlog/key.h"

// Being a witness of other logs (https://c2sp.org/tlog-witness): what to answer to `add-checkpoint`.
namespace escrow::tlog {

// The newest checkpoint that was cosigned of a log.
struct WitnessedCheckpoint {
  std::uint64_t size = 0;
  Hash root{};
  std::string note;  // with the log's signatures that were checked and our cosignature: what monitors are served
};

// WitnessStore: what a witness must not forget. The caller's: on disk, durable. Thread-safe.
class WitnessStore {
 public:
  virtual ~WitnessStore() = default;
  // Nothing: no checkpoint of this log was cosigned.
  [[nodiscard]] virtual absl::StatusOr<std::optional<WitnessedCheckpoint>> Load(std::string_view origin) = 0;
  // In one step: when the log's newest checkpoint still has the size and root of `expected` (nothing: when there is
  // none), puts `next` in its place and says true once that is durable; otherwise changes nothing and says false. After
  // an error it may be the one or the other.
  [[nodiscard]] virtual absl::StatusOr<bool> Replace(std::string_view origin,
                                                     const std::optional<WitnessedCheckpoint>& expected,
                                                     const WitnessedCheckpoint& next) = 0;
};

// Witness: decides about checkpoints of the logs it knows. The cosignature leaves it only after the store has put the
// checkpoint in the place of the one that it was compared with, so no two answers can contradict each other, however
// many requests there are at once.
//
// Threading: any thread, at the same time, as the store. Ownership: owns the key.
class Witness {
 public:
  // Keys by the log's origin. REQUIRES: cosigner.type() is kCosignature; those of the logs are kEd25519 and no two the
  // same.
  Witness(SignerKey cosigner, std::map<std::string, std::vector<VerifierKey>, std::less<>> logs);

  // The answer to a request: 200 with the cosignature, or
  //   400 it cannot be read, or the old size is more than the checkpoint's
  //   403 no known key of the log has signed, or one of its signatures is bad
  //   404 the log is unknown
  //   409 the old size is not that of the newest checkpoint; the body is its size
  //   422 the proof does not prove, or there are two roots of one size, or the root of no leaves is not that of none
  //   500 the store has failed; why is the store's to tell, not a stranger's to read
  // Each but 200 and 409 has the reason as its body. `now_seconds`: since 1970. REQUIRES: 0 < now_seconds < 2^63.
  [[nodiscard]] WitnessResponse AddCheckpoint(std::string_view body, WitnessStore& store,
                                              std::uint64_t now_seconds) const;

  [[nodiscard]] const VerifierKey& verifier() const { return cosigner_.verifier(); }

 private:
  const SignerKey cosigner_;
  const std::map<std::string, std::vector<VerifierKey>, std::less<>> logs_;
};

// Where a monitor finds the newest checkpoint of a log below a witness's monitoring prefix:
// "<hex of SHA-256(origin)>/checkpoint".
[[nodiscard]] std::string MonitoringPath(std::string_view origin);

}  // namespace escrow::tlog
