#include "engine/committer.h"

#include <string>

#include "engine/fail_stop.h"

namespace escrow::engine {
namespace {

// The anchor may lag so far behind the log.
constexpr std::chrono::seconds kAnchorPause{1};

}  // namespace

Committer::Committer(journal::Journal& journal, GroupSlot& slot, Responder& responder, DiskGuard& disk)
    : journal_(journal), slot_(slot), responder_(responder), disk_(disk), durable_(journal.tail()) {}

void Committer::Run() {
  Filling filling;
  while (slot_.Take(filling)) {
    const bool has_events = !filling.group.ends.empty();
    if (has_events) {
      Commit(filling.group);
    }
    responder_.Deliver(filling.completions, durable_);
    if (!has_events) {
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_anchor_) {
      if (const absl::Status status = journal_.WriteAnchor(); !status.ok()) {
        FailStop("the anchor cannot be written: " + status.ToString());
      }
      next_anchor_ = now + kAnchorPause;
    }
    disk_.Check();
  }
}

void Committer::Commit(const journal::Group& group) {
  if (const absl::Status status = journal_.Append(group); !status.ok()) {
    FailStop("events " + std::to_string(group.first_sequence) + " to " + std::to_string(group.last_sequence()) +
             " may or may not be in the log: " + status.ToString());
  }
  durable_ = {.sequence = group.last_sequence(), .root = group.root};
}

}  // namespace escrow::engine
