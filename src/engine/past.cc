#include "engine/past.h"

#include <string>
#include <utility>

#include "base/assert.h"
#include "core/apply.h"
#include "engine/snapshot_series.h"
#include "escrow/v1/event.pb.h"

namespace escrow::engine {
namespace {

constexpr std::uint64_t kEventsBetweenQuestions = 1'024;

absl::Status NoEvent(std::uint64_t sequence) {
  return absl::DataLossError("event " + std::to_string(sequence) + " is not an event");
}

}  // namespace

void Past::Begin(std::uint64_t sequence) {
  if (machine_ != nullptr && machine_->last_sequence() > sequence) {
    machine_.reset();
  }
  std::uint64_t best = machine_ == nullptr ? 0 : machine_->last_sequence();
  SnapshotLoader loader(journal_, core::MachineOptions());
  for (const journal::SnapshotInfo& snapshot : loader.snapshots()) {
    if (snapshot.sequence <= best || snapshot.sequence > sequence) {
      continue;
    }
    // The engine may take a snapshot away while it is read, and a damaged one costs no more than time.
    if (absl::StatusOr<LoadedSnapshot> loaded = loader.Load(snapshot); loaded.ok()) {
      best = snapshot.sequence;
      machine_ = std::move(loaded->machine);
    }
  }
  if (machine_ == nullptr) {
    machine_ = std::make_unique<core::Machine>();
  }
}

absl::Status Past::MoveTo(std::uint64_t sequence, const std::function<bool()>& stop) {
  ESCROW_ASSERT(sequence >= 1 && sequence <= journal_.tail().sequence);
  Begin(sequence);
  if (machine_->last_sequence() == sequence) {
    return absl::OkStatus();
  }
  absl::Status status;
  v1::Event event;
  const absl::Status read =
      journal_.Read(machine_->last_sequence() + 1, [&](std::uint64_t position, std::string_view bytes) {
        if (position % kEventsBetweenQuestions == 0 && stop()) {
          status = absl::CancelledError("nobody waits for the answer any more");
        } else if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
          status = NoEvent(position);
        } else {
          machine_->Apply(event);
        }
        return status.ok() && position < sequence;
      });
  return status.ok() ? read : status;
}

absl::StatusOr<std::uint64_t> LastEventUntil(const journal::Journal& journal, base::Time time) {
  std::uint64_t before = 0;  // at or before `time`, or no event
  std::uint64_t after = journal.tail().sequence + 1;
  v1::Event event;
  while (after - before > 1) {
    const std::uint64_t middle = before + (after - before) / 2;
    const absl::StatusOr<std::string> bytes = journal.ReadOne(middle);
    if (!bytes.ok()) {
      return bytes.status();
    }
    if (!event.ParseFromString(*bytes)) {
      return NoEvent(middle);
    }
    (core::FromTimestamp(event.log_time()) <= time ? before : after) = middle;
  }
  return before;
}

}  // namespace escrow::engine
