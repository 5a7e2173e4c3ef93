#include "edge/public_site.h"

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tlog/note.h"
#include "tlog/tile.h"

namespace escrow::edge {
namespace {

// A checkpoint is replaced within a second, a tile never.
constexpr char kBriefly[] = "public, max-age=1";
constexpr char kForEver[] = "public, max-age=31536000, immutable";

HttpResponse Fail(unsigned status, std::string_view reason) {
  return {.status = status, .body = std::string(reason) + "\n"};
}

HttpResponse AnswerTile(const publish::PublicLog& log, const tlog::Tile& tile, std::uint64_t size) {
  const std::uint32_t available = tlog::TileWidth(tile.level, tile.index, size);
  if (tile.width > available) {
    return Fail(404, "the checkpoint does not cover this tile");
  }
  const std::uint64_t first = tile.index * tlog::kTileWidth;
  absl::StatusOr<std::string> bytes = tile.kind == tlog::Tile::Kind::kEntries
                                          ? log.ReadBundle(first, tile.width)
                                          : log.ReadHashes(static_cast<int>(tile.level), first, tile.width);
  if (!bytes.ok()) {
    return Fail(500, "the tile cannot be read");
  }
  return {.content_type = "application/octet-stream", .cache_control = kForEver, .body = *std::move(bytes)};
}

}  // namespace

HttpResponse PublicSite::Answer(const HttpRequest& request) const {
  if (request.method != "GET") {
    return Fail(405, "only GET and HEAD");
  }
  const absl::StatusOr<publish::SharedCheckpoint> shown = publisher_.shown_checkpoint();
  if (!shown.ok()) {
    return Fail(503, "nothing is published at present");
  }
  if (request.target == "/checkpoint") {
    return {.cache_control = kBriefly, .body = tlog::FormatNote((*shown)->note)};
  }
  if (!request.target.starts_with("/tile/")) {
    return Fail(404, "there is /checkpoint, /tile/<L>/<N> and /tile/entries/<N>");
  }
  const absl::StatusOr<tlog::Tile> tile = tlog::ParseTilePath(std::string_view(request.target).substr(1));
  if (!tile.ok()) {
    return Fail(404, std::string(tile.status().message()));
  }
  if (tile->kind == tlog::Tile::Kind::kEntries && entries_ == PublicEntries::kNone) {
    return Fail(403, "the entries of this log are not public");
  }
  return AnswerTile(publisher_.log(), *tile, (*shown)->checkpoint.size);
}

}  // namespace escrow::edge
