#include "audit/prepared.h"

#include <algorithm>

#include "audit/event_form.h"
#include "audit/tile_tree.h"

namespace escrow::audit {
namespace {

PreparedBundle PrepareBundle(std::uint64_t first, const std::vector<std::string_view>& entries,
                             google::protobuf::Arena& arena, tlog::TreeHasher& hasher) {
  PreparedBundle bundle{.first = first, .leaves = {}, .events = {}, .wrong = {}};
  for (const std::string_view entry : entries) {
    bundle.leaves.push_back(hasher.Leaf(entry));
  }
  if (bundle.leaves.size() == tlog::kTileWidth) {
    bundle.root = RootOfTile(bundle.leaves, hasher);
  }
  for (const std::string_view entry : entries) {
    auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&arena);
    bundle.wrong = ReadEvent(entry, *event);
    if (bundle.wrong) {
      break;
    }
    bundle.events.push_back(event);
  }
  return bundle;
}

}  // namespace

PreparedBatch PrepareBatch(EntrySource& source, std::uint64_t first, std::uint64_t size) {
  PreparedBatch batch{.status = {}, .arena = std::make_unique<google::protobuf::Arena>(), .bundles = {}};
  tlog::TreeHasher hasher;
  for (const std::uint64_t end = std::min(size, first + kBatchEntries); first < end; first += tlog::kTileWidth) {
    const tlog::Tile tile{.kind = tlog::Tile::Kind::kEntries,
                          .index = first / tlog::kTileWidth,
                          .width = static_cast<std::uint32_t>(std::min<std::uint64_t>(tlog::kTileWidth, size - first))};
    const absl::StatusOr<std::string> bytes = source.ReadTile(tile);
    if (!bytes.ok() && !absl::IsDataLoss(bytes.status())) {
      batch.status = bytes.status();
      return batch;
    }
    const auto entries = bytes.ok() ? tlog::ParseEntryBundle(*bytes, tile.width)
                                    : absl::StatusOr<std::vector<std::string_view>>(bytes.status());
    if (!entries.ok()) {
      batch.bundles.push_back({.first = first,
                               .leaves = {},
                               .events = {},
                               .wrong = tlog::FormatTilePath(tile) + ": " + std::string(entries.status().message())});
      return batch;
    }
    batch.bundles.push_back(PrepareBundle(first, *entries, *batch.arena, hasher));
  }
  return batch;
}

}  // namespace escrow::audit
