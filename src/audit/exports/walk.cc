#include "audit/exports/walk.h"

#include "absl/time/time.h"
#include "audit/chain.h"
#include "audit/prepared.h"
#include "tlog/merkle.h"

namespace escrow::audit::exports {
namespace {

absl::Status Damaged(std::uint64_t sequence, const std::string& reason) {
  return absl::DataLossError("event " + std::to_string(sequence) + ": " + reason);
}

// The bundle of entries that begins with leaf `first`.
absl::StatusOr<PreparedBatch> ReadBundle(EntrySource& source, std::uint64_t first, std::uint64_t size) {
  PreparedBatch batch = PrepareBatch(source, first, std::min(size, first + tlog::kTileWidth));
  if (!batch.status.ok()) {
    return batch.status;
  }
  const PreparedBundle& bundle = batch.bundles.front();
  if (bundle.wrong) {
    return Damaged(first + bundle.events.size() + 1, *bundle.wrong);
  }
  return batch;
}

// How many events of the bundle have a log time that is not later than `at`. REQUIRES: ReadEvent took them.
std::uint64_t CountUpTo(const PreparedBundle& bundle, Nanos at) {
  std::uint64_t count = 0;
  for (const v1::Event* event : bundle.events) {
    count += NanosOf(event->log_time()) <= at ? 1U : 0U;
  }
  return count;
}

// Log times never run back: searches the last bundle whose first event is not later than `at`, and in it.
absl::StatusOr<std::uint64_t> PositionAt(EntrySource& source, Nanos at, std::uint64_t size) {
  std::uint64_t low = 0;  // bundles
  std::uint64_t high = (size + tlog::kTileWidth - 1) / tlog::kTileWidth;
  std::uint64_t position = 0;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const std::uint64_t first = middle * tlog::kTileWidth;
    const absl::StatusOr<PreparedBatch> batch = ReadBundle(source, first, size);
    if (!batch.ok()) {
      return batch.status();
    }
    const std::uint64_t count = CountUpTo(batch->bundles.front(), at);
    if (count == 0) {
      high = middle;
    } else {
      position = first + count;
      low = middle + 1;
    }
  }
  return position;
}

}  // namespace

absl::StatusOr<Nanos> ParseTime(const std::string& text) {
  absl::Time time;
  std::string error;
  const bool full = text.find('T') != std::string::npos;
  if (!full || !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError("'" + text + "' is no time such as 2026-11-20T10:00:00Z");
  }
  if (time < absl::UnixEpoch() || time >= absl::FromUnixSeconds(kTimeSecondsMax)) {
    return absl::InvalidArgumentError("'" + text + "' is before 1970 or after 2262");
  }
  return absl::ToUnixNanos(time);
}

absl::StatusOr<Extent> FindExtent(EntrySource& source, const Moment& moment) {
  const absl::StatusOr<std::string> bytes = source.ReadCheckpoint();
  if (!bytes.ok()) {
    return bytes.status();
  }
  absl::StatusOr<tlog::SignedCheckpoint> signed_checkpoint = tlog::ParseSignedCheckpoint(*bytes);
  if (!signed_checkpoint.ok()) {
    return absl::DataLossError("the checkpoint of " + source.name() + ": " +
                               std::string(signed_checkpoint.status().message()));
  }
  Extent extent{.checkpoint = std::move(signed_checkpoint->checkpoint), .through = 0};
  const std::uint64_t size = extent.checkpoint.size;
  extent.through = moment.through.value_or(size);
  if (moment.at) {
    const absl::StatusOr<std::uint64_t> position = PositionAt(source, *moment.at, size);
    if (!position.ok()) {
      return position.status();
    }
    extent.through = *position;
  }
  if (extent.through == 0) {
    return absl::OutOfRangeError("there is no event at that moment");
  }
  if (extent.through > size) {
    return absl::OutOfRangeError("event " + std::to_string(extent.through) + " lies behind the checkpoint, which has " +
                                 std::to_string(size));
  }
  return extent;
}

absl::Status Walk(EntrySource& source, const Extent& extent,
                  const std::function<absl::Status(const v1::Event&)>& take) {
  tlog::TreeHasher hasher;
  tlog::CompactRange tree;
  Chain chain;
  for (std::uint64_t first = 0; first < extent.through; first += kBatchEntries) {
    const PreparedBatch batch = PrepareBatch(source, first, extent.through);
    for (const PreparedBundle& bundle : batch.bundles) {
      for (std::size_t i = 0; i < bundle.events.size(); ++i) {
        if (const Complaint wrong = chain.Take(*bundle.events[i])) {
          return Damaged(bundle.first + i + 1, *wrong);
        }
        if (const absl::Status taken = take(*bundle.events[i]); !taken.ok()) {
          return taken;
        }
      }
      if (bundle.wrong) {
        return Damaged(bundle.first + bundle.events.size() + 1, *bundle.wrong);
      }
      for (const tlog::Hash& leaf : bundle.leaves) {
        tree.Append(leaf, hasher);
      }
    }
    if (!batch.status.ok()) {
      return batch.status;
    }
  }
  if (extent.through == extent.checkpoint.size && tree.Root(hasher) != extent.checkpoint.root) {
    return absl::DataLossError("the entries do not lead to the checkpoint's root; check the log first");
  }
  return absl::OkStatus();
}

}  // namespace escrow::audit::exports
