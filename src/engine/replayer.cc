#include "engine/replayer.h"

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "journal/damage.h"

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
        Hold(bytes);
        if ((sequence - before) % kProgressEvents == 0) {
          progress(sequence - before, through - before);
        }
        return true;
      },
      [&](const journal::Tail& group_end) {
        wrong = CheckRoot(group_end);
        if (wrong.ok()) {
          wrong = Apply();
        }
        return wrong.ok();
      });
  progress(tree_.size() - before, through - before);
  if (!wrong.ok()) {
    return wrong;
  }
  if (!read.ok()) {
    return read;
  }
  ESCROW_ASSERT(tree_.size() == through);
  return Apply();
}

void Replayer::Hold(std::string_view bytes) {
  tree_.Append(hasher_.Leaf(bytes), hasher_);
  held_ += bytes;
  ends_.push_back(held_.size());
}

absl::Status Replayer::CheckRoot(const journal::Tail& group_end) {
  ESCROW_ASSERT(group_end.sequence == tree_.size());
  if (Root() != group_end.root) {
    const std::uint64_t first = tree_.size() - ends_.size() + 1;
    return journal::Damaged(first,
                            absl::StrCat("events ", first, " to ", group_end.sequence,
                                         " are not those that were acknowledged: they give another Merkle root"));
  }
  return absl::OkStatus();
}

absl::Status Replayer::Apply() {
  std::uint64_t sequence = tree_.size() - ends_.size();
  ESCROW_ASSERT(machine_.last_sequence() == sequence);
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    ++sequence;
    if (!event_.ParseFromArray(held_.data() + begin, static_cast<int>(end - begin))) {
      return journal::Damaged(sequence, absl::StrCat("event ", sequence, " is not an event"));
    }
    if (event_.sequence() != sequence) {
      return journal::Damaged(sequence, absl::StrCat("event ", sequence, " says that it is event ", event_.sequence()));
    }
    machine_.Apply(event_);
    ESCROW_ASSERT(machine_.last_sequence() == sequence);
    begin = end;
  }
  held_.clear();
  ends_.clear();
  return absl::OkStatus();
}

}  // namespace escrow::engine
