#include "sim/log_view.h"

#include "sim/verdict.h"
#include "sim/work.h"

namespace escrow::sim {

void LogView::Sync() {
  const std::uint64_t tail = journal_.tail().sequence;
  if (tail < events_.size()) {
    Violated(Check::kAcknowledged,
             "the log ended at event " + std::to_string(events_.size()) + " and now at " + std::to_string(tail));
  }
  while (events_.size() < tail) {
    const std::uint64_t sequence = events_.size() + 1;
    v1::Event& event = events_.emplace_back();
    if (!event.ParseFromString(journal_.event(sequence))) {
      Violated(Check::kLog, "event " + std::to_string(sequence) + " is not an event");
    }
    if (event.has_command()) {
      const RequestKey key{CallerOf(event.actor()), RequestIdOf(event.command())};
      if (!requests_.emplace(key, sequence).second) {
        Violated(Check::kReply, "events " + std::to_string(requests_.at(key)) + " and " + std::to_string(sequence) +
                                    " are two effects of request " + key.second + " of " + key.first);
      }
    }
  }
}

std::uint64_t LogView::EndOf(std::uint64_t first) const {
  std::uint64_t last = first;
  while (last < size() && at(last + 1).cause_sequence() == first) {
    ++last;
  }
  return last;
}

std::uint64_t LogView::Find(const RequestKey& key) const {
  const auto found = requests_.find(key);
  return found == requests_.end() ? 0 : found->second;
}

}  // namespace escrow::sim
