#include "engine/snapshot_series.h"

#include <algorithm>
#include <future>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "crypto/sha256.h"

namespace escrow::engine {
namespace {

// A new series begins when the changes take this part of what the whole takes. Then changes that are loaded for
// nothing, since later ones replace them, cost a start little; and of all that is written for snapshots, two thirds are
// changes in the worst case, where nothing but the whole would be written otherwise.
constexpr std::uint64_t kChangesPartMax = 2;  // a half

// A file each.
constexpr std::uint64_t kChangesMax = 32;

// With fewer bytes a thread costs more than it spares.
constexpr std::size_t kHashedBesideMin = 1 << 20;

}  // namespace

core::SaveExtent SnapshotSeries::Next() const {
  const bool ends = sequence == 0 || changes_bytes >= whole_bytes / kChangesPartMax || changes_count >= kChangesMax;
  return ends ? core::SaveExtent::kWhole : core::SaveExtent::kChanges;
}

void SnapshotSeries::Add(const journal::SnapshotInfo& info, std::uint64_t bytes) {
  if (info.whole()) {
    *this = {.whole_bytes = bytes};
  } else {
    ESCROW_ASSERT(info.base_sequence == sequence && info.base_digest == digest);
    changes_bytes += bytes;
    ++changes_count;
  }
  sequence = info.sequence;
  digest = info.digest;
}

SnapshotLoader::SnapshotLoader(const journal::Journal& journal, const core::MachineOptions& options)
    : journal_(journal), options_(options), snapshots_(journal.Snapshots()) {}

absl::StatusOr<std::vector<journal::SnapshotInfo>> SnapshotLoader::SeriesOf(const journal::SnapshotInfo& info) const {
  std::vector<journal::SnapshotInfo> series = {info};
  while (!series.back().whole()) {
    const journal::SnapshotInfo& last = series.back();
    const auto base = std::ranges::find(snapshots_, last.base_sequence, &journal::SnapshotInfo::sequence);
    if (base == snapshots_.end() || base->sequence >= last.sequence || base->digest != last.base_digest) {
      return absl::DataLossError(
          absl::StrCat("it builds on one at event ", last.base_sequence, ", which is not there"));
    }
    series.push_back(*base);
  }
  std::ranges::reverse(series);
  return series;
}

absl::StatusOr<std::vector<std::string>> SnapshotLoader::ReadAll(const std::vector<journal::SnapshotInfo>& series) {
  std::vector<std::string> saves;
  for (const journal::SnapshotInfo& info : series) {
    if (wrong_.contains(info.sequence)) {
      return absl::DataLossError(absl::StrCat("it builds on the one at event ", info.sequence));
    }
    absl::StatusOr<std::string> bytes = journal_.ReadSnapshot(info.sequence);
    if (!bytes.ok()) {
      wrong_.insert(info.sequence);
      return bytes.status();
    }
    saves.push_back(*std::move(bytes));
  }
  return saves;
}

absl::Status SnapshotLoader::CheckDigests(const std::vector<journal::SnapshotInfo>& series,
                                          const std::vector<std::string>& saves) {
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (crypto::Sha256Of(saves[i]) != series[i].digest) {
      wrong_.insert(series[i].sequence);
      return absl::DataLossError(
          absl::StrCat("the bytes of the one at event ", series[i].sequence, " do not have its digest"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadedSnapshot> SnapshotLoader::Load(const journal::SnapshotInfo& info) {
  std::optional<tlog::CompactRange> tree = tlog::CompactRange::FromEdge(info.sequence, info.right_edge);
  tlog::TreeHasher hasher;
  if (!tree || tree->Root(hasher) != info.root) {
    return absl::DataLossError("its tree does not have its root");
  }
  const absl::StatusOr<std::vector<journal::SnapshotInfo>> series = SeriesOf(info);
  if (!series.ok()) {
    return series.status();
  }
  const absl::StatusOr<std::vector<std::string>> saves = ReadAll(*series);
  if (!saves.ok()) {
    return saves.status();
  }
  // Worked out beside the loading, which wrong bytes do no harm.
  std::future<absl::Status> digests =
      std::async(saves->front().size() < kHashedBesideMin ? std::launch::deferred : std::launch::async,
                 [&] { return CheckDigests(*series, *saves); });
  LoadedSnapshot loaded;
  loaded.machine = std::make_unique<core::Machine>(options_);
  const std::vector<std::string_view> views(saves->begin(), saves->end());
  const bool is_state = loaded.machine->Load(views) && loaded.machine->last_sequence() == info.sequence;
  if (absl::Status status = digests.get(); !status.ok()) {
    return status;
  }
  if (!is_state) {
    return absl::DataLossError("its bytes are not a state at its position");
  }
  loaded.tree = *std::move(tree);
  for (std::size_t i = 0; i < series->size(); ++i) {
    loaded.series.Add((*series)[i], (*saves)[i].size());
  }
  return loaded;
}

}  // namespace escrow::engine
