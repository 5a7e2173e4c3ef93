#pragma once

#include <string_view>
#include <utility>

#include "journal/journal.h"

namespace escrow::test {

// A snapshot that is there at once. Borrows its bytes.
class WholeSnapshot final : public journal::SnapshotSource {
 public:
  WholeSnapshot(journal::SnapshotInfo info, std::string_view bytes) : info_(std::move(info)), rest_(bytes) {}

  [[nodiscard]] absl::StatusOr<std::string_view> Next() override { return std::exchange(rest_, ""); }
  [[nodiscard]] const journal::SnapshotInfo& info() const override { return info_; }

 private:
  const journal::SnapshotInfo info_;
  std::string_view rest_;
};

inline absl::Status WriteSnapshot(journal::Journal& journal, const journal::SnapshotInfo& info,
                                  std::string_view bytes) {
  WholeSnapshot snapshot(info, bytes);
  return journal.WriteSnapshot(snapshot);
}

}  // namespace escrow::test
