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
//   meta      "format_version"            "3"
//   groups    be64 first sequence         be32 count | root | count × be32 end | events | be32 crc32c(all before | key)
//
// A group is one row: whole or not there, as a group is. `events` are its events as stored, back to back, and an `end`
// is where one of them ends among them.
//
//   file snapshots/{sequence, 20 digits}:
//   "escrow-snapshot\3" | bytes of the snapshot | description, n bytes | be32 n
//   description: be64 size | digest | be64 base sequence | base digest | root | be32 n | n hashes
//                | be32 crc32c(all of it before | be64 sequence)
// clang-format on
namespace escrow::journal::rocks {

inline constexpr std::string_view kFormatVersionKey = "format_version";
inline constexpr std::string_view kFormatVersion = "3";
inline constexpr std::size_t kChecksumBytes = 4;

using SequenceKey = std::array<char, 8>;

[[nodiscard]] SequenceKey EncodeSequence(std::uint64_t sequence);
// Nothing when the key has another size.
[[nodiscard]] std::optional<std::uint64_t> DecodeSequence(std::string_view key);

// The value of a group's row but for its events, which come between the two.
struct GroupFrame {
  std::string head;
  std::array<char, kChecksumBytes> checksum{};
};
[[nodiscard]] GroupFrame EncodeGroup(const Group& group);

// A group within its row, which must outlive it.
class GroupRow {
 public:
  // Nothing when the row is damaged or says nothing sensible.
  [[nodiscard]] static std::optional<GroupRow> Decode(std::string_view key, std::string_view value);

  [[nodiscard]] std::uint64_t first_sequence() const { return first_sequence_; }
  [[nodiscard]] std::uint64_t last_sequence() const { return first_sequence_ + count_ - 1; }
  // Where it ends.
  [[nodiscard]] Tail end() const { return {.sequence = last_sequence(), .root = root_}; }
  // REQUIRES: the group has it.
  [[nodiscard]] std::string_view event(std::uint64_t sequence) const;

 private:
  [[nodiscard]] std::uint32_t EndOf(std::uint64_t index) const;
  [[nodiscard]] bool EndsAreSensible() const;

  std::uint64_t first_sequence_ = 0;
  std::uint32_t count_ = 0;
  Hash root_{};
  std::string_view ends_;
  std::string_view events_;
};

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
