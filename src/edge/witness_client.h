#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "publish/witness_connection.h"

namespace escrow::edge {

// InvalidArgument with the reason when this cannot be the prefix of a witness: a URL of http or https, without a query
// and without a fragment.
[[nodiscard]] absl::Status CheckWitnessUrl(const std::string& url);

// A connection to the witness with this submission prefix (https://c2sp.org/tlog-witness): POST <url>/add-checkpoint.
//
// It is kept open between calls. A call takes three seconds for connecting and five in all, at most; an answer has
// 64 KiB at most. Certificates are checked against the authorities of the system, redirections are not followed.
// Errors: those of CheckWitnessUrl.
[[nodiscard]] absl::StatusOr<std::unique_ptr<publish::WitnessConnection>> ConnectWitness(const std::string& url);

}  // namespace escrow::edge
