#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/time.h"
#include "core/machine.h"
#include "engine/engine.h"
#include "escrow/v1/command.pb.h"
#include "journal/journal.h"

// One request id, one effect, for the life of the log (design.md §3, 5): what the log knows of an id that was used
// before.
namespace escrow::engine {

// The reply to a request as the log gives it again.
struct StoredReply {
  core::Outcome outcome;
  base::Time log_time;              // of the first time
  std::vector<std::string> events;  // as stored; empty when outcome is a refusal
};

// The first field, in the order of field numbers and depth first, in which the bodies differ: a path within the payload
// such as "agreement.milestones[1].amount.minor_units", or "payload" when the kinds differ. Empty when equal.
// validate_only makes no difference: a dry run of what was done before is answered as a repetition is.
[[nodiscard]] std::string FirstDifference(const v1::Command& first, const v1::Command& second);

// What to answer to `command` whose request id was used before, by the command whose first event is at
// `first_sequence`: the first reply again, REQUEST_ID_REUSED ("field": the first difference) or REQUEST_ID_BURNT
// ("first_reason": its name). Reads the journal; errors are its errors, or DATA_LOSS when the event there is not a
// command's. REQUIRES: that event is durable.
[[nodiscard]] absl::StatusOr<StoredReply> ResolveRepeated(const journal::Journal& journal, const v1::Command& command,
                                                          std::uint64_t first_sequence);

// The stored reply to an earlier request of `actor`, events included. A request that was refused and burnt gives its
// refusal; an unknown one REQUEST_NOT_FOUND; OVERLOADED and DRAINING as of Engine::Query. Blocks; not on the engine's
// own threads.
[[nodiscard]] absl::StatusOr<StoredReply> FindReply(Engine& engine, const v1::Principal& actor,
                                                    std::string_view request_id);

}  // namespace escrow::engine
