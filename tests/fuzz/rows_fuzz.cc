// What is on the disk under the log: the write-ahead log, rows of groups, descriptions of snapshots, and the anchor.
// The first byte says which. With its highest bit set the row gets a checksum that fits, so that what is behind the
// checksum is met, too. A row that is taken is the one that would be written for what it says.

#include <array>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "journal/crc32c.h"
#include "journal/rocks/anchor.h"
#include "journal/rocks/format.h"
#include "journal/rocks/log_end.h"

namespace escrow::fuzz {
namespace {

using journal::Crc32c;
using journal::rocks::SequenceKey;

constexpr std::uint8_t kWithChecksum = 0x80;

struct Row {
  std::uint64_t sequence = 0;
  SequenceKey key;
  std::string value;
};

// 8 bytes of key, then the value.
Row ReadRow(std::string_view bytes, bool with_checksum) {
  journal::rocks::Cursor cursor(bytes);
  Row row;
  row.sequence = cursor.Be64();
  row.key = journal::rocks::EncodeSequence(row.sequence);
  row.value = cursor.rest();
  if (with_checksum) {
    const std::string_view key(row.key.data(), row.key.size());
    journal::rocks::AppendBe32(row.value, Crc32c(Crc32c(0, row.value), key));
  }
  return row;
}

// Cut where it ends, and padded, it ends there too.
void LogFile(std::string_view bytes) {
  const std::uint64_t end = journal::rocks::EndOfLog(bytes);
  ESCROW_ASSERT(end <= bytes.size());
  if (end < bytes.size()) {
    const std::string cut = std::string(bytes.substr(0, end)) + std::string(journal::rocks::kSectorBytes, '\0');
    ESCROW_ASSERT(journal::rocks::EndOfLog(cut) == end);
  }
}

void Group(const Row& row) {
  const auto read = journal::rocks::GroupRow::Decode({row.key.data(), row.key.size()}, row.value);
  if (!read) {
    return;
  }
  journal::Group group;
  group.first_sequence = read->first_sequence();
  group.root = read->end().root;
  for (std::uint64_t event = 0; event <= read->last_sequence() - read->first_sequence(); ++event) {
    group.bytes += read->event(read->first_sequence() + event);
    group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
  }
  const journal::rocks::GroupFrame frame = journal::rocks::EncodeGroup(group);
  ESCROW_ASSERT(frame.head + group.bytes + std::string(frame.checksum.data(), frame.checksum.size()) == row.value);
}

void SnapshotInfo(const Row& row) {
  const auto snapshot = journal::rocks::DecodeSnapshotInfo(row.sequence, row.value);
  if (snapshot) {
    ESCROW_ASSERT(journal::rocks::EncodeSnapshotInfo(*snapshot) == row.value);
  }
}

// Two slots, the second at 4096; with a checksum each.
void Anchor(std::string_view bytes, bool with_checksum) {
  constexpr std::size_t kSlotDistance = 4'096;
  constexpr std::size_t kBodyBytes = 64;
  std::string file(2 * kSlotDistance, '\0');
  for (const std::size_t slot : {std::size_t{0}, kSlotDistance}) {
    std::string body(bytes.substr(0, kBodyBytes));
    bytes.remove_prefix(body.size());
    if (with_checksum) {
      journal::rocks::AppendBe32(body, Crc32c(0, body));
    }
    file.replace(slot, body.size(), body);
  }
  const MemoryFile stored(file);
  const auto files = rocksdb::FileSystem::Default();
  const auto tail = journal::rocks::Anchor::Read(files, stored.path());
  const auto anchor = journal::rocks::Anchor::Open(files, stored.path());
  ESCROW_ASSERT(tail.ok() == anchor.ok());
  if (tail.ok()) {
    ESCROW_ASSERT(anchor->tail().sequence == tail->sequence && anchor->tail().root == tail->root);
  } else {
    ESCROW_ASSERT(tail.status().code() == absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace escrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace escrow::fuzz;
  if (size == 0) {
    return 0;
  }
  const bool with_checksum = (data[0] & kWithChecksum) != 0;
  const std::string_view bytes = View(data + 1, size - 1);
  switch (data[0] & 3U) {
    case 0:
      LogFile(bytes);
      break;
    case 1:
      Group(ReadRow(bytes, with_checksum));
      break;
    case 2:
      SnapshotInfo(ReadRow(bytes, with_checksum));
      break;
    default:
      Anchor(bytes, with_checksum);
      break;
  }
  return 0;
}
