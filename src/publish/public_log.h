#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "publish/append_file.h"
#include "tlog/merkle.h"

namespace escrow::publish {

// What a public log holds: so many entries, and the root of the RFC 6962 tree over them.
struct TreeHead {
  std::uint64_t size = 0;
  tlog::Hash root{};
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// PublicLog: the log as strangers see it, in files that need no database to be read (docs/DATA_FORMATS.md): the
// entries, and the hashes of every level of tiles (C2SP tlog-tiles), back to back. Entry i is event i + 1.
//
// It is derived from the journal and can be made again from it: so writing it costs no sync but for Save, now and then.
// What was appended after the last Save is appended again when the log has been opened anew, over the same bytes: so a
// copy of the folder has at any time what its checkpoint covers.
//
// Threading: Append, Flush and Save from one thread; the rest from any, of what a Flush has made readable. Errors:
// UNAVAILABLE from the disk; after one of a Flush or Save nothing more may be appended.
class PublicLog {
 public:
  // Opens the log in `folder` as the last Save left it; the folder is made if need be. When its files contradict each
  // other it is empty again.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PublicLog>> Open(const std::string& folder);

  // REQUIRES: the entry has at most 65,535 bytes.
  void Append(std::string_view entry);
  // Makes readable what was appended.
  [[nodiscard]] absl::Status Flush();
  // Makes durable what is readable. REQUIRES: nothing was appended since Flush.
  [[nodiscard]] absl::Status Save();
  // Forgets all entries. REQUIRES: nobody reads.
  [[nodiscard]] absl::Status Clear();

  // The tree over all that was appended. On the appending thread.
  [[nodiscard]] TreeHead head();
  // Entries that are readable.
  [[nodiscard]] std::uint64_t size() const { return readable().size; }

  // Hashes [first, first + count) of a level of tiles, back to back. Hash i of level L is that of the perfect tree over
  // the entries [i * 256^L, (i + 1) * 256^L). REQUIRES: all of those are readable.
  [[nodiscard]] absl::StatusOr<std::string> ReadHashes(int tile_level, std::uint64_t first, std::size_t count) const;
  // Entries [first, first + count) as a bundle: each with its length as big-endian uint16. REQUIRES: they are readable,
  // at least one, and of one tile of 256.
  [[nodiscard]] absl::StatusOr<std::string> ReadBundle(std::uint64_t first, std::size_t count) const;

 private:
  // One level of tiles: its file, and the tree over the hashes of the tile that is filling.
  struct Level {
    std::unique_ptr<AppendFile> file;
    tlog::CompactRange filling;
  };

  // What readers may read: entries, and bytes of their file.
  struct Readable {
    std::uint64_t size = 0;
    std::uint64_t entries_bytes = 0;
  };

  explicit PublicLog(std::string folder) : folder_(std::move(folder)) {}

  // The state that Save wrote; the empty log when there is none.
  struct Saved {
    TreeHead head;
    std::uint64_t entries_bytes = 0;
  };
  [[nodiscard]] absl::StatusOr<Saved> ReadSaved() const;
  // Opens the files at these sizes. DATA_LOSS when they are shorter or do not give the root.
  [[nodiscard]] absl::Status Load(const Saved& saved);
  [[nodiscard]] absl::Status LoadLevel(int level, std::uint64_t count);
  void AppendHash(std::size_t level, const tlog::Hash& hash);
  // Every file, in no order.
  template <class Action>
  [[nodiscard]] absl::Status ForEachFile(Action action);
  [[nodiscard]] Readable readable() const;
  void SetReadable(const Readable& readable);
  // Where the entries of a tile start in their file; for the one after the last, where the readable ones end.
  [[nodiscard]] absl::StatusOr<std::uint64_t> OffsetOfTile(std::uint64_t tile, const Readable& readable) const;

  const std::string folder_;
  tlog::TreeHasher hasher_;
  std::uint64_t appended_ = 0;
  std::unique_ptr<AppendFile> entries_;
  std::unique_ptr<AppendFile> index_;  // of every 256th entry
  std::vector<Level> levels_;          // all that a log can have, from the start: readers take no lock for them
  mutable std::mutex mutex_;
  Readable readable_;
};

}  // namespace escrow::publish
