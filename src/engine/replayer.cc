#include "engine/replayer.h"

#include "absl/strings/str_cat.h"
#include "base/assert.h"

namespace escrow::engine {
namespace {

constexpr std::uint64_t kProgressEvents = 8'192;

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
  absl::Status wrong;
  const absl::Status read = journal.Replay(
      before + 1,
      [&](std::uint64_t sequence, std::string_view bytes) {
        if (sequence > through) {
          return false;
        }
        wrong = Apply(sequence, bytes);
        if ((sequence - before) % kProgressEvents == 0) {
          progress(sequence - before, through - before);
        }
        return wrong.ok();
      },
      [&](const journal::Tail& group_end) {
        wrong = CheckRoot(group_end);
        return wrong.ok();
      });
  progress(tree_.size() - before, through - before);
  if (!wrong.ok()) {
    return wrong;
  }
  if (read.ok()) {
    ESCROW_ASSERT(tree_.size() == through);
  }
  return read;
}

absl::Status Replayer::Apply(std::uint64_t sequence, std::string_view bytes) {
  if (!event_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat("event ", sequence, " is not an event"));
  }
  if (event_.sequence() != sequence) {
    return absl::DataLossError(absl::StrCat("event ", sequence, " says that it is event ", event_.sequence()));
  }
  tree_.Append(hasher_.Leaf(bytes), hasher_);
  machine_.Apply(event_);
  ESCROW_ASSERT(machine_.last_sequence() == sequence);
  return absl::OkStatus();
}

absl::Status Replayer::CheckRoot(const journal::Tail& group_end) {
  ESCROW_ASSERT(group_end.sequence == tree_.size());
  if (Root() != group_end.root) {
    return absl::DataLossError(absl::StrCat("the events of the group that ends at event ", group_end.sequence,
                                            " are not those that were acknowledged: they give another Merkle root"));
  }
  return absl::OkStatus();
}

}  // namespace escrow::engine
