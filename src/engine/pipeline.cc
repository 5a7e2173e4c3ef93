#include "engine/pipeline.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "core/limits.h"
#include "engine/fail_stop.h"

namespace escrow::engine {
namespace {

absl::Status CheckOptions(const EngineOptions& options) {
  if (options.inflight_commands_max < core::kBatchCommandsMax) {
    return absl::InvalidArgumentError(absl::StrCat("inflight_commands_max is ", options.inflight_commands_max,
                                                   " but one batch may have ", core::kBatchCommandsMax, " commands"));
  }
  if (options.inflight_queries_max == 0 || options.group_events_max == 0 || options.group_bytes_max == 0 ||
      options.snapshot_events == 0 || options.expire_max == 0) {
    return absl::InvalidArgumentError("an option of the engine is 0");
  }
  return absl::OkStatus();
}

ThreadCore ResponderCore(const EngineOptions& options) {
  if (options.core_distance == nullptr) {
    return ThreadCore(std::nullopt);
  }
  return ThreadCore(options.shared_core, [distance = options.core_distance] { return distance->far(); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Open(
    const EngineOptions& options, const Outside& outside,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress, std::function<void()> make_room) {
  if (absl::Status status = CheckOptions(options); !status.ok()) {
    return status;
  }
  absl::StatusOr<Recovered> recovered = Recover(outside.journal, outside.clock, options.machine, progress);
  if (!recovered.ok()) {
    return recovered.status();
  }
  return std::make_unique<Pipeline>(options, outside, *std::move(recovered), std::move(make_room));
}

Pipeline::Pipeline(const EngineOptions& options_in, const Outside& outside, Recovered recovered,
                   std::function<void()> make_room)
    : options(options_in),
      journal(outside.journal),
      machine(std::move(recovered.machine)),
      inbox(options.inflight_commands_max, options.inflight_queries_max),
      slot(options.group_events_max, options.group_bytes_max, std::move(make_room)),
      disk(journal, outside.steady, options.disk_free_bytes_min),
      responder(journal, inbox, journal.tail(), ResponderCore(options)),
      snapshotter(journal, responder, recovered.snapshots, options.disk_free_bytes_min),
      committer(journal, std::move(recovered.tree), outside.steady, inbox, slot, responder, disk),
      sequencer({.options = options,
                 .clock = outside.clock,
                 .machine = *machine,
                 .inbox = inbox,
                 .slot = slot,
                 .responder = responder,
                 .snapshotter = snapshotter,
                 .disk = disk}) {
  ESCROW_ASSERT(machine->last_sequence() == journal.tail().sequence);
}

v1::Reason Pipeline::Submit(std::unique_ptr<Submission>& submission) {
  ESCROW_ASSERT(!submission->requests.empty() && submission->requests.size() <= core::kBatchCommandsMax);
  if (!accepts_writes()) {
    return v1::REASON_DISK_ALMOST_FULL;
  }
  Work work = std::move(submission);
  const v1::Reason refusal = inbox.Add(work);
  if (refusal != v1::REASON_UNSPECIFIED) {
    submission = std::move(std::get<std::unique_ptr<Submission>>(work));
  }
  return refusal;
}

v1::Reason Pipeline::Query(std::function<void(const core::Machine&, base::Time)> read, std::function<void()> done) {
  Work work = QueryWork{.read = std::move(read), .done = std::move(done)};
  return inbox.Add(work);
}

Watermarks Pipeline::watermarks() const {
  Watermarks marks;
  const journal::Tail durable = responder.durable();
  marks.durable_sequence = durable.sequence;
  marks.durable_root = durable.root;
  marks.applied_sequence = sequencer.applied_sequence();
  marks.snapshot_sequence = snapshotter.newest().sequence;
  return marks;
}

bool Pipeline::accepts_writes() {
  if (!disk.has_room()) {
    disk.Check();
  }
  return disk.has_room();
}

v1::Reason Pipeline::OrderSnapshot(std::function<void(absl::Status)> done) {
  Work work = SnapshotWork{.done = std::move(done)};
  return inbox.Add(work);
}

void Pipeline::Leave() {
  absl::Status status = journal.WriteAnchor();
  if (disk.has_room() && snapshotter.newest().sequence != machine->last_sequence()) {
    const std::shared_ptr<SnapshotFeed> snapshot = sequencer.MakeSnapshot();
    snapshot->SetTree(committer.tree());
    status.Update(snapshotter.Write(*snapshot));
  }
  if (!status.ok()) {
    Warn("leaving without a last snapshot or anchor: " + status.ToString());
  }
}

}  // namespace escrow::engine
