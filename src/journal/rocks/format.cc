#include "journal/rocks/format.h"

#include <cstring>

#include "base/assert.h"
#include "journal/crc32c.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::size_t kEndBytes = 4;

void StoreBe(char* out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i > 0; --i) {
    out[i - 1] = static_cast<char>(value & 0xff);
    value >>= 8;
  }
}

void AppendBe(std::string& out, std::uint64_t value, std::size_t bytes) {
  char buffer[8];
  StoreBe(buffer, value, bytes);
  out.append(buffer, bytes);
}

// The part of a row before its checksum, when the checksum fits.
std::optional<std::string_view> Checked(std::string_view value, std::string_view key) {
  if (value.size() < kChecksumBytes) {
    return std::nullopt;
  }
  const std::string_view body = value.substr(0, value.size() - kChecksumBytes);
  Cursor checksum(value.substr(body.size()));
  if (checksum.Be32() != Crc32c(Crc32c(0, body), key)) {
    return std::nullopt;
  }
  return body;
}

std::string_view View(const SequenceKey& key) { return {key.data(), key.size()}; }

}  // namespace

void AppendBe32(std::string& out, std::uint32_t value) { AppendBe(out, value, 4); }
void AppendBe64(std::string& out, std::uint64_t value) { AppendBe(out, value, 8); }

void AppendHash(std::string& out, const Hash& hash) { out.append(hash.begin(), hash.end()); }

std::string_view Cursor::Take(std::size_t bytes) {
  if (!ok_ || rest_.size() < bytes) {
    ok_ = false;
    return {};
  }
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

std::uint64_t Cursor::Number(std::size_t bytes) {
  std::uint64_t value = 0;
  for (const char byte : Take(bytes)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

Hash Cursor::TakeHash() {
  Hash hash{};
  const std::string_view bytes = Take(hash.size());
  if (ok_) {
    std::memcpy(hash.data(), bytes.data(), hash.size());
  }
  return hash;
}

SequenceKey EncodeSequence(std::uint64_t sequence) {
  SequenceKey key;
  StoreBe(key.data(), sequence, key.size());
  return key;
}

std::optional<std::uint64_t> DecodeSequence(std::string_view key) {
  if (key.size() != std::tuple_size_v<SequenceKey>) {
    return std::nullopt;
  }
  return Cursor(key).Be64();
}

GroupFrame EncodeGroup(const Group& group) {
  ESCROW_ASSERT(group.first_sequence >= 1 && !group.ends.empty());
  GroupFrame frame;
  frame.head.reserve(kEndBytes + sizeof(Hash) + group.ends.size() * kEndBytes);
  AppendBe32(frame.head, static_cast<std::uint32_t>(group.ends.size()));
  AppendHash(frame.head, group.root);
  for (const std::uint32_t end : group.ends) {
    AppendBe32(frame.head, end);
  }
  const std::uint32_t checksum =
      Crc32c(Crc32c(Crc32c(0, frame.head), group.bytes), View(EncodeSequence(group.first_sequence)));
  StoreBe(frame.checksum.data(), checksum, frame.checksum.size());
  return frame;
}

std::optional<GroupRow> GroupRow::Decode(std::string_view key, std::string_view value) {
  const std::optional<std::uint64_t> first = DecodeSequence(key);
  const std::optional<std::string_view> body = Checked(value, key);
  if (!first || !body) {
    return std::nullopt;
  }
  Cursor cursor(*body);
  GroupRow row;
  row.first_sequence_ = *first;
  row.count_ = cursor.Be32();
  row.root_ = cursor.TakeHash();
  const bool has_ends = cursor.ok() && cursor.rest().size() / kEndBytes >= row.count_;
  const bool has_positions = *first != 0 && row.count_ != 0 && row.last_sequence() >= *first;
  if (!has_positions || !has_ends) {
    return std::nullopt;
  }
  row.ends_ = cursor.rest().substr(0, row.count_ * kEndBytes);
  row.events_ = cursor.rest().substr(row.ends_.size());
  return row.EndsAreSensible() ? std::optional(row) : std::nullopt;
}

bool GroupRow::EndsAreSensible() const {
  std::uint32_t before = 0;
  for (std::uint64_t i = 0; i < count_; ++i) {
    const std::uint32_t end = EndOf(i);
    if (end < before) {
      return false;
    }
    before = end;
  }
  return before == events_.size();
}

std::uint32_t GroupRow::EndOf(std::uint64_t index) const {
  return Cursor(ends_.substr(index * kEndBytes, kEndBytes)).Be32();
}

std::string_view GroupRow::event(std::uint64_t sequence) const {
  ESCROW_ASSERT(sequence >= first_sequence_ && sequence <= last_sequence());
  const std::uint64_t index = sequence - first_sequence_;
  const std::uint32_t begin = index == 0 ? 0 : EndOf(index - 1);
  return events_.substr(begin, EndOf(index) - begin);
}

std::string EncodeSnapshotInfo(const SnapshotRow& row) {
  std::string value;
  AppendBe64(value, row.size);
  AppendHash(value, row.info.digest);
  AppendBe64(value, row.info.base_sequence);
  AppendHash(value, row.info.base_digest);
  AppendHash(value, row.info.root);
  AppendBe32(value, static_cast<std::uint32_t>(row.info.right_edge.size()));
  for (const Hash& hash : row.info.right_edge) {
    AppendHash(value, hash);
  }
  AppendBe32(value, Crc32c(Crc32c(0, value), View(EncodeSequence(row.info.sequence))));
  return value;
}

std::optional<SnapshotRow> DecodeSnapshotInfo(std::uint64_t sequence, std::string_view value) {
  const std::optional<std::string_view> body = Checked(value, View(EncodeSequence(sequence)));
  if (!body) {
    return std::nullopt;
  }
  Cursor cursor(*body);
  SnapshotRow row;
  row.info.sequence = sequence;
  row.size = cursor.Be64();
  row.info.digest = cursor.TakeHash();
  row.info.base_sequence = cursor.Be64();
  row.info.base_digest = cursor.TakeHash();
  row.info.root = cursor.TakeHash();
  const std::uint32_t hashes = cursor.Be32();
  for (std::uint32_t i = 0; i < hashes && cursor.ok(); ++i) {
    row.info.right_edge.push_back(cursor.TakeHash());
  }
  if (!cursor.ok() || !cursor.rest().empty()) {
    return std::nullopt;
  }
  return row;
}

}  // namespace escrow::journal::rocks
