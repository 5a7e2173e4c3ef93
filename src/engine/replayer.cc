#include "engine/replayer.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "core/command.h"
#include "engine/replay_batch.h"
#include "journal/damage.h"

namespace escrow::engine {
namespace {

// Below this a thread costs more than it spares.
constexpr std::uint64_t kThreadEventsMin = 32 * ReplayBatch::kEvents;

}  // namespace

Replayer::Replayer(core::Machine& machine, tlog::CompactRange tree) : machine_(machine), tree_(std::move(tree)) {
  ESCROW_ASSERT(machine_.last_sequence() == tree_.size());
}

absl::Status Replayer::Run(const journal::Journal& journal, std::uint64_t through,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (through <= tree_.size()) {
    return absl::OkStatus();
  }
  const std::uint64_t before = machine_.last_sequence();
  const std::uint64_t count = through - before;
  absl::Status applied;
  const auto apply = [&](const ReplayBatch& batch) {
    applied = Apply(batch);
    progress(machine_.last_sequence() - before, count);
    return applied.ok();
  };
  absl::Status read;
  if (count < kThreadEventsMin) {
    read = Read(journal, through, apply);
  } else {
    ReplayHandover handover;
    std::thread reader([&] {
      read = Read(journal, through, [&](ReplayBatch& batch) {
        while (handover.Ample() && batch.ParseSome()) {
        }
        return handover.Give(batch);
      });
      handover.End();
    });
    ReplayBatch batch;
    while (handover.Take(batch) && apply(batch)) {
    }
    handover.Stop();
    reader.join();
  }
  // What was read is applied before: the first thing that is wrong is told.
  applied.Update(read);
  if (applied.ok()) {
    ESCROW_ASSERT(machine_.last_sequence() == through && tree_.size() == through);
  }
  return applied;
}

absl::Status Replayer::Read(const journal::Journal& journal, std::uint64_t through, const BatchSink& sink) {
  ReplayBatch batch;
  std::size_t good = 0;                           // events of the batch whose group has its root
  std::size_t wanted = 0;                         // events of the batch up to `through`, once it has been read
  std::optional<tlog::CompactRange> wanted_tree;  // of all of them
  absl::Status root_status;
  const auto flush = [&] {
    const bool goes_on = batch.empty() || sink(batch);
    batch.Clear();
    good = 0;
    return goes_on;
  };
  const auto add = [&](std::uint64_t sequence, std::string_view bytes) {
    batch.Add(bytes);
    tree_.Append(hasher_.Leaf(bytes), hasher_);
    if (sequence == through) {
      wanted = batch.size();
      wanted_tree = tree_;
    }
    return true;
  };
  const auto end_group = [&](const journal::Tail& group) {
    if (Root() != group.root) {
      const std::uint64_t first = group.sequence - (batch.size() - good) + 1;
      root_status = journal::Damaged(first, absl::StrCat("events ", first, " to ", group.sequence,
                                                         " are not those that were acknowledged: they give another "
                                                         "Merkle root"));
      return false;
    }
    if (wanted_tree) {
      good = wanted;
      tree_ = *std::move(wanted_tree);
      return false;
    }
    good = batch.size();
    return batch.size() < ReplayBatch::kEvents || flush();
  };
  absl::Status status = journal.Replay(tree_.size() + 1, add, end_group);
  status.Update(root_status);
  batch.Truncate(good);  // not what was read before an error, of a group that has not ended
  flush();
  return status;
}

absl::Status Replayer::Apply(const ReplayBatch& batch) {
  // Each event passes four stations, so many steps one after the other that what one asks for has come when the next
  // reads it. Before the batch's first event and behind its last an index is none of the batch's. Applying comes first:
  // it makes a place in ahead_ free.
  for (std::size_t step = 0; step < batch.size() + kFetchedAhead; ++step) {
    if (absl::Status status = ApplyEvent(batch, step - kFetchedAhead); !status.ok()) {
      return status;
    }
    LookAhead(batch, step - (kFetchedAhead - kEventsAhead));
    FetchRequestId(batch, step - (kFetchedAhead - kEventsAhead) / 2);
    batch.Prefetch(step);
  }
  return absl::OkStatus();
}

void Replayer::FetchRequestId(const ReplayBatch& batch, std::size_t index) {
  if (const v1::Event* event = batch.parsed(index); event != nullptr && event->has_command()) {
    __builtin_prefetch(core::RequestIdOf(event->command()).data());
  }
}

absl::Status Replayer::ApplyEvent(const ReplayBatch& batch, std::size_t index) {
  if (index >= batch.size()) {
    return absl::OkStatus();
  }
  const std::uint64_t sequence = machine_.last_sequence() + 1;
  const v1::Event* event = ahead_[index % kEventsAhead];
  if (event == nullptr) {
    return journal::Damaged(sequence, absl::StrCat("event ", sequence, " is not an event"));
  }
  if (event->sequence() != sequence) {
    return journal::Damaged(sequence, absl::StrCat("event ", sequence, " says that it is event ", event->sequence()));
  }
  machine_.Apply(*event);
  return absl::OkStatus();
}

void Replayer::LookAhead(const ReplayBatch& batch, std::size_t index) {
  if (index >= batch.size()) {
    return;
  }
  const v1::Event* event = batch.parsed(index);
  if (event == nullptr) {
    event = ParseHere(batch.bytes(index));
  }
  if (event != nullptr) {
    machine_.Announce(*event);
  }
  ahead_[index % kEventsAhead] = event;
}

const v1::Event* Replayer::ParseHere(std::string_view bytes) {
  // The two buffers take turns: when one is emptied, those in the other are later, and so many that its own have been
  // applied.
  core::EventBuffer& buffer = parsed_here_[parsed_here_count_ / kEventsAhead % parsed_here_.size()];
  if (parsed_here_count_ % kEventsAhead == 0) {
    buffer.Clear();
  }
  ++parsed_here_count_;
  v1::Event& event = buffer.Add();
  return Parse(bytes, event) ? &event : nullptr;
}

}  // namespace escrow::engine
