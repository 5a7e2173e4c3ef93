#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "journal/journal.h"

// The rows of the log in RocksDB. All numbers are big-endian, so that keys sort by position. docs/DATA_FORMATS.md has
// the same.
//
// clang-format off
//   family    key                         value
//   meta      "format_version"            "2"
//   events    be64 sequence               event as stored | be32 crc32c(event as stored | key)
//   groups    be64 last sequence          be64 first sequence | be32 count | root | be32 crc32c(all before | key)
//
//   file snapshots/{sequence, 20 digits}:
//   "escrow-snapshot\3" | bytes of the snapshot | description, n bytes | be32 n
//   description: be64 size | digest | be64 base sequence | base digest | root | be32 n | n hashes
//                | be32 crc32c(all of it before | be64 sequence)
// clang-format on
namespace escrow::journal::rocks {

inline constexpr std::string_view kFormatVersionKey = "format_version";
inline constexpr std::string_view kFormatVersion = "2";
inline constexpr std::size_t kChecksumBytes = 4;

using SequenceKey = std::array<char, 8>;

[[nodiscard]] SequenceKey EncodeSequence(std::uint64_t sequence);
// Nothing when the key has another size.
[[nodiscard]] std::optional<std::uint64_t> DecodeSequence(std::string_view key);

// The checksum that follows an event's bytes in its row.
[[nodiscard]] std::array<char, kChecksumBytes> EventChecksum(std::string_view event, const SequenceKey& key);
// The event's bytes within its row; nothing when the checksum does not fit.
[[nodiscard]] std::optional<std::string_view> DecodeEvent(std::string_view value, const SequenceKey& key);

struct GroupRow {
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  Hash root{};
};
[[nodiscard]] std::string EncodeGroup(const GroupRow& row);
// Nothing when the row is damaged or says nothing sensible.
[[nodiscard]] std::optional<GroupRow> DecodeGroup(std::string_view key, std::string_view value);

// The description of a snapshot, after its bytes in its file.
struct SnapshotRow {
  SnapshotInfo info;
  std::uint64_t size = 0;  // bytes of the snapshot
};
[[nodiscard]] std::string EncodeSnapshotInfo(const SnapshotRow& row);
[[nodiscard]] std::optional<SnapshotRow> DecodeSnapshotInfo(std::uint64_t sequence, std::string_view value);

// Building blocks, also of the anchor.
void AppendBe32(std::string& out, std::uint32_t value);
void AppendBe64(std::string& out, std::uint64_t value);
void AppendHash(std::string& out, const Hash& hash);

// Takes values from the front of bytes. After taking more than there is, ok() is false and values are zero.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] std::uint32_t Be32() { return static_cast<std::uint32_t>(Number(4)); }
  [[nodiscard]] std::uint64_t Be64() { return Number(8); }
  [[nodiscard]] Hash TakeHash();
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::uint64_t Number(std::size_t bytes);
  std::string_view Take(std::size_t bytes);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace escrow::journal::rocks
