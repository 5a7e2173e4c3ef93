#pragma once

#include "escrow/v1/event.pb.h"
#include "journal/journal.h"
#include "tlog/merkle.h"

namespace escrow::engine {

// An event is at most this large, so that it fits an entry of a transparency log (C2SP tlog-tiles). The limits of the
// core (core/limits.h) see to it.
inline constexpr std::size_t kEventBytesMax = 65'535;

// Encoder: makes the bytes that the log keeps, and the tree over them. An event is serialised once, here; what is
// hashed, stored and sent are these bytes.
//
// Threading: not thread-safe; the sequencer's thread owns it.
class Encoder {
 public:
  // Goes on from `tree`, that of all events so far.
  explicit Encoder(tlog::CompactRange tree) : tree_(std::move(tree)) {}

  // Appends an event to a group. REQUIRES: it is the next of the log.
  void Add(const v1::Event& event, journal::Group& group);

  // The root over all events added so far.
  [[nodiscard]] journal::Hash Root() { return tree_.Root(hasher_); }
  [[nodiscard]] const tlog::CompactRange& tree() const { return tree_; }

 private:
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
};

}  // namespace escrow::engine
