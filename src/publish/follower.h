#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"
#include "publish/public_log.h"

namespace escrow::publish {

// Follower: copies what is durable from the journal to the public log and checks that both give the same root.
//
// A public log that is ahead of the journal, or has another root than it, belongs to a journal that is no more (one
// that was restored, say): it is made again. Whether anybody was promised something else is the Signer's to find out.
//
// Threading: not thread-safe. Borrows both.
class Follower {
 public:
  Follower(const journal::Journal& journal, PublicLog& log) : journal_(journal), log_(log) {}

  // Compares the two where the public log ends, and forgets it when they do not agree. Once, before the first Step.
  [[nodiscard]] absl::Status Begin();

  // Copies the next groups, about `events_max` events, and makes them readable. True when the journal's end was
  // reached. Errors: DATA_LOSS when the events that were read do not give the root that was stored with them; of the
  // journal; of the public log. After an error no further step may be taken.
  [[nodiscard]] absl::StatusOr<bool> Step(std::uint64_t events_max);

 private:
  const journal::Journal& journal_;
  PublicLog& log_;
};

}  // namespace escrow::publish
