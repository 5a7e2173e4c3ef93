#include "engine/replayer.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "engine/replay_batch.h"

namespace escrow::engine {
namespace {

// Large enough that handing over costs nothing, small enough to stay in a core's cache.
constexpr std::size_t kBatchEvents = 512;

// Below this a thread costs more than it spares.
constexpr std::uint64_t kThreadEventsMin = 16 * kBatchEvents;

}  // namespace

Replayer::Replayer(core::Machine& machine, tlog::CompactRange tree) : machine_(machine), tree_(std::move(tree)) {
  ESCROW_ASSERT(machine_.last_sequence() == tree_.size());
}

absl::Status Replayer::Run(const journal::Journal& journal, std::uint64_t through,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (through <= tree_.size()) {
    return absl::OkStatus();
  }
  const std::uint64_t before = tree_.size();
  const std::uint64_t count = through - before;
  ReplayBatch first;
  absl::Status applied;
  absl::Status read;
  if (count < kThreadEventsMin) {
    read = ReadBatches(journal, through, &first, [&](ReplayBatch*& batch) {
      applied = Apply(*batch);
      return applied.ok();
    });
  } else {
    ReplayBatch second;
    ReplayHandover handover;
    std::thread applier([&] {
      ReplayBatch* batch = &second;
      while (applied.ok() && handover.Take(batch)) {
        applied = Apply(*batch);
      }
      handover.Stop();
    });
    std::uint64_t given = 0;
    read = ReadBatches(journal, through, &first, [&](ReplayBatch*& batch) {
      given += batch->events.size();
      progress(given, count);
      return handover.Give(batch);
    });
    handover.End();
    applier.join();
  }
  progress(tree_.size() - before, count);
  // What was read is applied before: the first thing that is wrong is told.
  applied.Update(read);
  if (applied.ok()) {
    ESCROW_ASSERT(tree_.size() == through);
  }
  return applied;
}

absl::Status Replayer::ReadBatches(const journal::Journal& journal, std::uint64_t through, ReplayBatch* batch,
                                   const BatchSink& sink) const {
  tlog::TreeHasher hasher;
  absl::Status wrong;
  const auto flush = [&] {
    const bool goes_on = batch->empty() || sink(batch);
    batch->Clear();
    return goes_on;
  };
  const auto add = [&](std::uint64_t sequence, std::string_view bytes) {
    if (sequence > through || (batch->events.size() >= kBatchEvents && !flush())) {
      return false;
    }
    auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&batch->arena);
    if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      wrong = absl::DataLossError(absl::StrCat("event ", sequence, " is not an event"));
    } else if (event->sequence() != sequence) {
      wrong = absl::DataLossError(absl::StrCat("event ", sequence, " says that it is event ", event->sequence()));
    } else {
      batch->events.push_back(event);
      batch->leaves.push_back(hasher.Leaf(bytes));
    }
    return wrong.ok();
  };
  absl::Status read = journal.Replay(tree_.size() + 1, add, [&](const journal::Tail& group_end) {
    batch->group_ends.push_back(group_end);
    return true;
  });
  flush();
  wrong.Update(read);
  return wrong;
}

absl::Status Replayer::Apply(const ReplayBatch& batch) {
  auto group_end = batch.group_ends.begin();
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    tree_.Append(batch.leaves[i], hasher_);
    machine_.Apply(*batch.events[i]);
    if (group_end == batch.group_ends.end() || group_end->sequence != tree_.size()) {
      continue;
    }
    if (Root() != group_end->root) {
      return absl::DataLossError(absl::StrCat("the events of the group that ends at event ", group_end->sequence,
                                              " are not those that were acknowledged: they give another Merkle root"));
    }
    ++group_end;
  }
  ESCROW_ASSERT(group_end == batch.group_ends.end());
  return absl::OkStatus();
}

}  // namespace escrow::engine
