#include "engine/committer.h"

#include <optional>
#include <string>

#include "engine/fail_stop.h"

namespace escrow::engine {
namespace {

// The anchor may lag so far behind the log.
constexpr std::chrono::seconds kAnchorPause{1};

}  // namespace

Committer::Committer(journal::Journal& journal, GroupSlot& slot, Responder& responder, DiskGuard& disk)
    : journal_(journal),
      slot_(slot),
      responder_(responder),
      disk_(disk),
      durable_(journal.tail()),
      anchored_(durable_.sequence) {}

void Committer::Run() {
  Filling filling;
  for (;;) {
    // When nothing comes, the anchor still has to catch up.
    const bool anchor_behind = anchored_ != durable_.sequence;
    const GroupSlot::Taken taken = slot_.Take(filling, anchor_behind ? std::optional(next_anchor_) : std::nullopt);
    if (taken == GroupSlot::Taken::kClosed) {
      return;
    }
    if (!filling.group.ends.empty()) {
      Commit(filling.group);
      disk_.Check();
    }
    if (taken == GroupSlot::Taken::kGroup) {
      responder_.Deliver(filling.completions, durable_);
    }
    WriteAnchorIfDue();
  }
}

void Committer::WriteAnchorIfDue() {
  const auto now = std::chrono::steady_clock::now();
  if (anchored_ == durable_.sequence || now < next_anchor_) {
    return;
  }
  if (const absl::Status status = journal_.WriteAnchor(); !status.ok()) {
    FailStop("the anchor cannot be written: " + status.ToString());
  }
  anchored_ = durable_.sequence;
  next_anchor_ = now + kAnchorPause;
}

void Committer::Commit(const journal::Group& group) {
  if (const absl::Status status = journal_.Append(group); !status.ok()) {
    FailStop("events " + std::to_string(group.first_sequence) + " to " + std::to_string(group.last_sequence()) +
             " may or may not be in the log: " + status.ToString());
  }
  durable_ = {.sequence = group.last_sequence(), .root = group.root};
}

}  // namespace escrow::engine
