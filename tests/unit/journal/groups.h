#pragma once

#include <string>
#include <vector>

#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::journal::test {

// Makes groups as the engine does: contiguous, with the root of the log so far.
class GroupMaker {
 public:
  Group Make(const std::vector<std::string>& events) {
    Group group;
    group.first_sequence = tree_.size() + 1;
    for (const std::string& event : events) {
      group.bytes += event;
      group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
      tree_.Append(hasher_.Leaf(event), hasher_);
    }
    group.root = tree_.Root(hasher_);
    return group;
  }

  // A group of `count` events whose bytes name their positions.
  Group Make(std::size_t count) {
    std::vector<std::string> events;
    for (std::size_t i = 0; i < count; ++i) {
      events.push_back(EventAt(tree_.size() + 1 + i));
    }
    return Make(events);
  }

  static std::string EventAt(std::uint64_t sequence) { return "event number " + std::to_string(sequence); }

  // A snapshot's description at the present position.
  SnapshotInfo Info(const std::string& bytes) {
    return {.sequence = tree_.size(),
            .digest = crypto::Sha256Of(bytes),
            .root = tree_.Root(hasher_),
            .right_edge = tree_.edge()};
  }

 private:
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
};

}  // namespace escrow::journal::test
