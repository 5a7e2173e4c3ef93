#include "journal/journal.h"

#include "base/assert.h"

namespace escrow::journal {

std::string_view Group::event(std::size_t index) const {
  ESCROW_ASSERT(index < ends.size());
  const std::size_t begin = index == 0 ? 0 : ends[index - 1];
  ESCROW_ASSERT(begin <= ends[index] && ends[index] <= bytes.size());
  return std::string_view(bytes).substr(begin, ends[index] - begin);
}

std::uint64_t FirstSnapshotKept(const std::vector<SnapshotInfo>& snapshots) {
  constexpr int kWholeKept = 2;
  int whole = 0;
  for (const SnapshotInfo& info : snapshots) {
    whole += info.whole() ? 1 : 0;
    if (whole == kWholeKept) {
      return info.sequence;
    }
  }
  return 0;
}

absl::StatusOr<std::string> ReadToEnd(SnapshotSource& source) {
  std::string all;
  for (;;) {
    const absl::StatusOr<std::string_view> piece = source.Next();
    if (!piece.ok()) {
      return piece.status();
    }
    if (piece->empty()) {
      return all;
    }
    all.append(*piece);
  }
}

}  // namespace escrow::journal
