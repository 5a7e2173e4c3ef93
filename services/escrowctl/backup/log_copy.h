#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "journal/journal.h"

// Copying a log: from a server to a backup, from a backup to a data directory. A copy is a log like any other, written
// by the same code; events are copied as stored, byte for byte. (Its groups are cut elsewhere, which changes no root.)
namespace escrow::ctl {

// Where events come from.
class LogSource {
 public:
  virtual ~LogSource() = default;
  // Up to where to copy: the last event and the Merkle root there.
  [[nodiscard]] virtual absl::StatusOr<journal::Tail> End() = 0;
  // Visits the events from `first` to `last`, as stored. REQUIRES: last is not beyond the end.
  [[nodiscard]] virtual absl::Status Read(std::uint64_t first, std::uint64_t last,
                                          const journal::Journal::Visitor& visit) = 0;
};

// A log in a directory.
class JournalSource final : public LogSource {
 public:
  // Copies up to `end`, which is a group's end.
  JournalSource(const journal::Journal& journal, const journal::Tail& end) : journal_(journal), end_(end) {}
  [[nodiscard]] absl::StatusOr<journal::Tail> End() override { return end_; }
  [[nodiscard]] absl::Status Read(std::uint64_t first, std::uint64_t last,
                                  const journal::Journal::Visitor& visit) override;

 private:
  const journal::Journal& journal_;
  const journal::Tail end_;
};

struct CopyResult {
  std::uint64_t before = 0;  // the copy ended here
  journal::Tail end;         // and ends here now
};

// Copies into `target` what the source has beyond it, and checks: what the target has already (each event, each root),
// that both are the same log, and at the end that all of it has the source's root. Only then the target's anchor is
// moved there: what is beyond a copy's anchor was never found right. An interrupted copy goes on where it ended.
// DATA_LOSS when something does not fit; FAILED_PRECONDITION when the source is another log, or older than the copy.
[[nodiscard]] absl::StatusOr<CopyResult> CopyLog(LogSource& source, journal::Journal& target,
                                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace escrow::ctl
