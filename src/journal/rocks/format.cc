#include "journal/rocks/format.h"

#include <cstring>

#include "base/assert.h"
#include "journal/crc32c.h"

namespace escrow::journal::rocks {
namespace {

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

std::array<char, kChecksumBytes> EventChecksum(std::string_view event, const SequenceKey& key) {
  std::array<char, kChecksumBytes> checksum;
  StoreBe(checksum.data(), Crc32c(Crc32c(0, event), View(key)), checksum.size());
  return checksum;
}

std::optional<std::string_view> DecodeEvent(std::string_view value, const SequenceKey& key) {
  return Checked(value, View(key));
}

std::string EncodeGroup(const GroupRow& row) {
  ESCROW_ASSERT(row.first_sequence >= 1 && row.first_sequence <= row.last_sequence);
  std::string value;
  AppendBe64(value, row.first_sequence);
  AppendBe32(value, static_cast<std::uint32_t>(row.last_sequence - row.first_sequence + 1));
  AppendHash(value, row.root);
  AppendBe32(value, Crc32c(Crc32c(0, value), View(EncodeSequence(row.last_sequence))));
  return value;
}

std::optional<GroupRow> DecodeGroup(std::string_view key, std::string_view value) {
  const std::optional<std::uint64_t> last = DecodeSequence(key);
  const std::optional<std::string_view> body = Checked(value, key);
  if (!last || !body) {
    return std::nullopt;
  }
  Cursor cursor(*body);
  GroupRow row;
  row.first_sequence = cursor.Be64();
  row.last_sequence = *last;
  const std::uint32_t count = cursor.Be32();
  row.root = cursor.TakeHash();
  const bool sensible = row.first_sequence >= 1 && count >= 1 && row.last_sequence - row.first_sequence + 1 == count;
  if (!cursor.ok() || !cursor.rest().empty() || !sensible) {
    return std::nullopt;
  }
  return row;
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
