#include "engine/committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "base/mutant.h"

namespace escrow::engine {
namespace {

// The anchor may lag so far behind the log.
constexpr std::int64_t kAnchorPauseSeconds = 1;

}  // namespace

Committer::Committer(journal::Journal& journal, tlog::CompactRange tree, const base::Clock& steady, Inbox& inbox,
                     GroupSlot& slot, Responder& responder, DiskGuard& disk)
    : journal_(journal),
      tree_(std::move(tree)),
      steady_(steady),
      inbox_(inbox),
      slot_(slot),
      responder_(responder),
      disk_(disk),
      durable_(journal.tail()),
      anchored_(durable_.sequence),
      next_anchor_(steady.Now()) {
  ESCROW_ASSERT(tree_.tree().size() == durable_.sequence);
}

absl::StatusOr<Stepped> Committer::Step(Wait wait) {
  inbox_.CommitterWaits(true);
  const GroupSlot::Taken taken = slot_.Take(filling_, WaitMax(wait));
  if (taken == GroupSlot::Taken::kClosed) {
    return Stepped::kEnded;
  }
  tree_.Add(filling_.group, filling_.snapshots);
  if (!filling_.group.ends.empty()) {
    inbox_.CommitterWaits(false);
    if (absl::Status status = Commit(filling_.group); !status.ok()) {
      return status;
    }
    disk_.Check();
  }
  if (taken == GroupSlot::Taken::kGroup) {
    responder_.Deliver(filling_.completions, durable_);
  }
  const bool anchor_is_due = AnchorIsDue();
  if (anchor_is_due) {
    if (absl::Status status = WriteAnchor(); !status.ok()) {
      return status;
    }
  }
  return taken == GroupSlot::Taken::kGroup || anchor_is_due ? Stepped::kWorked : Stepped::kIdle;
}

std::optional<std::chrono::nanoseconds> Committer::WaitMax(Wait wait) const {
  if (wait == Wait::kNot) {
    return std::chrono::nanoseconds(0);
  }
  if (anchored_ == durable_.sequence) {
    return std::nullopt;
  }
  // When nothing comes, the anchor still has to catch up.
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, next_anchor_.ns - steady_.Now().ns));
}

bool Committer::AnchorIsDue() const { return anchored_ != durable_.sequence && steady_.Now() >= next_anchor_; }

absl::Status Committer::WriteAnchor() {
  if (const absl::Status status = journal_.WriteAnchor(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat("the anchor cannot be written: ", status.ToString()));
  }
  anchored_ = durable_.sequence;
  next_anchor_ = base::AddSeconds(steady_.Now(), kAnchorPauseSeconds);
  return absl::OkStatus();
}

absl::Status Committer::Commit(const journal::Group& group) {
  if (const absl::Status status = journal_.Append(group); !status.ok() && !ESCROW_MUTANT(FailedAppendIgnored)) {
    return absl::Status(status.code(), absl::StrCat("events ", group.first_sequence, " to ", group.last_sequence(),
                                                    " may or may not be in the log: ", status.ToString()));
  }
  durable_ = {.sequence = group.last_sequence(), .root = group.root};
  return absl::OkStatus();
}

}  // namespace escrow::engine
