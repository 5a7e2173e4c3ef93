#pragma once

#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "tlog/add_checkpoint.h"

namespace escrow::publish {

// WitnessConnection: how a witness is reached. This layer knows no network: see edge/witness_client.h.
//
// Threading: one thread at a time.
class WitnessConnection {
 public:
  virtual ~WitnessConnection() = default;
  // Sends the body of an `add-checkpoint` and waits for the answer, whatever its status. It takes a few seconds at
  // most, and about one once `stop` is requested. Errors: UNAVAILABLE with the reason: there is no answer.
  [[nodiscard]] virtual absl::StatusOr<tlog::WitnessResponse> AddCheckpoint(const std::string& body,
                                                                            const std::stop_token& stop) = 0;
};

}  // namespace escrow::publish
