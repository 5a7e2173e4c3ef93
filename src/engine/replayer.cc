#include "engine/replayer.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "engine/replay_batch.h"
#include "journal/damage.h"

namespace escrow::engine {
namespace {

// A batch is full with so many; large enough that handing over costs nothing.
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
  const auto flush = [&] {
    const bool goes_on = batch->events.empty() || sink(batch);
    batch->Clear();
    return goes_on;
  };
  const auto add = [&](std::uint64_t sequence, std::string_view bytes) {
    if (sequence > through) {
      return false;
    }
    auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&batch->arena);
    const bool parsed = event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    batch->events.push_back(parsed ? event : nullptr);
    batch->leaves.push_back(hasher.Leaf(bytes));
    return true;
  };
  absl::Status read = journal.Replay(tree_.size() + 1, add, [&](const journal::Tail& group_end) {
    batch->group_ends.push_back(group_end);
    return batch->events.size() < kBatchEvents || flush();
  });
  flush();
  return read;
}

absl::Status Replayer::Apply(const ReplayBatch& batch) {
  const std::uint64_t before = tree_.size();
  std::size_t begin = 0;
  absl::Status status;
  for (const journal::Tail& group : batch.group_ends) {
    const auto end = static_cast<std::size_t>(group.sequence - before);
    status.Update(ApplyGroup(batch, begin, end, &group.root));
    if (!status.ok()) {
      return status;
    }
    begin = end;
  }
  return ApplyGroup(batch, begin, batch.events.size(), nullptr);
}

absl::Status Replayer::ApplyGroup(const ReplayBatch& batch, std::size_t begin, std::size_t end,
                                  const journal::Hash* root) {
  const std::uint64_t first = tree_.size() + 1;
  for (std::size_t i = begin; i < end; ++i) {
    tree_.Append(batch.leaves[i], hasher_);
  }
  if (root != nullptr && Root() != *root) {
    return journal::Damaged(first,
                            absl::StrCat("events ", first, " to ", tree_.size(),
                                         " are not those that were acknowledged: they give another Merkle root"));
  }
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint64_t sequence = first + (i - begin);
    const v1::Event* event = batch.events[i];
    if (event == nullptr) {
      return journal::Damaged(sequence, absl::StrCat("event ", sequence, " is not an event"));
    }
    if (event->sequence() != sequence) {
      return journal::Damaged(sequence, absl::StrCat("event ", sequence, " says that it is event ", event->sequence()));
    }
    machine_.Apply(*event);
  }
  return absl::OkStatus();
}

}  // namespace escrow::engine
