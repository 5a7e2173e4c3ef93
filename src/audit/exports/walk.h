#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/clock_time.h"
#include "audit/entry_source.h"
#include "escrow/v1/event.pb.h"
#include "tlog/checkpoint.h"

namespace escrow::audit::exports {

// As of which moment of a log something is said. At most one of the two; neither means the newest checkpoint.
struct Moment {
  std::optional<std::uint64_t> through;  // the position of the last event
  std::optional<Nanos> at;               // the last event whose log time is not later
};

// A part of a log: its events 1 to `through`.
struct Extent {
  tlog::Checkpoint checkpoint;
  std::uint64_t through = 0;
};

// RFC 3339 in UTC or with an offset, "2026-11-20T10:00:00Z", as nanoseconds. InvalidArgument for anything else and for
// times before 1970 or after 2262.
[[nodiscard]] absl::StatusOr<Nanos> ParseTime(const std::string& text);

// Finds the part of the log that a moment stands for. Its checkpoint is read as it is; whether it is signed is the
// business of Verify. Errors: OutOfRange when the moment lies behind the checkpoint or before the first event; those of
// the source.
[[nodiscard]] absl::StatusOr<Extent> FindExtent(EntrySource& source, const Moment& moment);

// Calls `take` with every event of the extent in order, until it fails. Every entry must have an event's one form and
// stand where it says (levels "structure" and "chain"), and when the extent is all of the checkpoint's log, the entries
// must lead to its root: DataLoss with the position and the reason otherwise. An extent that ends before is only read
// that far, so its events are proven by nothing here.
[[nodiscard]] absl::Status Walk(EntrySource& source, const Extent& extent,
                                const std::function<absl::Status(const v1::Event&)>& take);

}  // namespace escrow::audit::exports
