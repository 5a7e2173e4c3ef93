#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "tlog/tile.h"

namespace escrow::audit {

// EntrySource: where a log is read from. Whoever made it is not believed: what comes out is bytes within limits.
//
// Threading: one thread at a time. Errors: NotFound when the source does not have the piece; anything else means that
// it could not be read. Limits: pieces larger than a piece of their kind can be are refused with ResourceExhausted.
class EntrySource {
 public:
  virtual ~EntrySource() = default;

  // What it is, for messages.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // The newest signed checkpoint, as stored.
  [[nodiscard]] virtual absl::StatusOr<std::string> ReadCheckpoint() = 0;
  // How many entries it has, without believing a checkpoint. Unimplemented for a URL, which cannot be listed.
  [[nodiscard]] virtual absl::StatusOr<std::uint64_t> CountEntries() = 0;
  // The first `tile.width` hashes of a tile, or entries of a bundle, in the form of a file of that width. A source that
  // has the tile wider cuts it.
  [[nodiscard]] virtual absl::StatusOr<std::string> ReadTile(const tlog::Tile& tile) = 0;
};

// The source of a folder as C2SP tlog-tiles lays it out (a log export), of the data directory of a server or its
// `public/`, or of a http or https URL of tiles. InvalidArgument when it is none of these.
[[nodiscard]] absl::StatusOr<std::unique_ptr<EntrySource>> OpenSource(const std::string& path_or_url);

// The first `width` entries of a bundle, as a bundle of that width. DataLoss when it ends before them.
[[nodiscard]] absl::StatusOr<std::string> CutBundle(std::string bundle, std::uint32_t width);
// The first `width` hashes of a tile. DataLoss when it ends before them.
[[nodiscard]] absl::StatusOr<std::string> CutTile(const tlog::Tile& tile, std::string bytes);

// The most bytes that a file of a tile, a bundle or a checkpoint can have.
[[nodiscard]] std::size_t BytesMaxOf(const tlog::Tile& tile);
inline constexpr std::size_t kCheckpointBytesMax = std::size_t{1} << 20;

}  // namespace escrow::audit
