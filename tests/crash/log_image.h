#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.h"

namespace escrow::test {

// Where the parts of a LogImage are: every number is a sequence.
struct Landmarks {
  std::uint64_t older_snapshot = 0;  // events up to here are in a table
  std::uint64_t newer_snapshot = 0;  // and up to here in a second one
  std::uint64_t older_wal_end = 0;   // up to here in the older write-ahead log
  std::uint64_t last_group = 0;      // first event of the last group
  std::uint64_t end = 0;             // up to here in the newest write-ahead log
};

// LogImage: the data directory of a server that died a moment ago, as its disk has it: real events, two tables, two
// snapshots, two write-ahead logs, an anchor. Everything in it was acknowledged. Made once; copies of it are damaged.
class LogImage {
 public:
  // Makes it in the new folder `directory`.
  explicit LogImage(std::string directory);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const Landmarks& landmarks() const { return landmarks_; }
  // Event s is at s - 1.
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  // SHA-256 of the state at the end.
  [[nodiscard]] const journal::Hash& digest() const { return digest_; }

 private:
  void RunEngine(journal::Journal& journal);
  void WriteRows(const std::string& live) const;

  const std::string directory_;
  Landmarks landmarks_;
  std::vector<std::string> events_;
  std::vector<journal::Group> groups_;
  std::map<std::uint64_t, std::pair<journal::SnapshotInfo, std::string>> snapshots_;
  journal::Hash digest_{};
};

}  // namespace escrow::test
