#include "bench/raw_log.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/assert.h"
#include "bench/stats.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace escrow::bench {
namespace {

constexpr std::size_t kCopyBatchEvents = 1'024;

// A database with the journal's settings and nothing but events in it, a row each.
std::unique_ptr<rocksdb::DB> OpenRaw(const std::string& directory, bool create) {
  rocksdb::Options options(journal::rocks::MakeDbOptions(nullptr, nullptr), rocksdb::ColumnFamilyOptions());
  options.create_if_missing = create;
  options.listeners.clear();
  for (const rocksdb::ColumnFamilyDescriptor& family : journal::rocks::MakeColumnFamilies()) {
    if (family.name == journal::rocks::kGroupsFamily) {
      static_cast<rocksdb::ColumnFamilyOptions&>(options) = family.options;
    }
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
  ESCROW_ASSERT(status.ok());
  return std::unique_ptr<rocksdb::DB>(db);
}

void PutEvent(std::uint64_t sequence, std::string_view bytes, rocksdb::WriteBatch& batch) {
  const journal::rocks::SequenceKey key = journal::rocks::EncodeSequence(sequence);
  batch.Put(rocksdb::Slice(key.data(), key.size()), rocksdb::Slice(bytes.data(), bytes.size()));
}

void Write(const rocksdb::WriteOptions& options, rocksdb::DB& db, rocksdb::WriteBatch& batch) {
  const rocksdb::Status written = db.Write(options, &batch);
  ESCROW_ASSERT(written.ok());
  batch.Clear();
}

}  // namespace

std::size_t Stretch::events_per_group() const {
  ESCROW_ASSERT(groups > 0);
  return std::max<std::size_t>((ends.size() + groups / 2) / groups, 1);
}

Stretch ReadStretch(const journal::Journal& log, std::uint64_t after) {
  Stretch stretch;
  const absl::Status status = log.Replay(
      after + 1,
      [&](std::uint64_t, std::string_view bytes) {
        stretch.bytes += bytes;
        stretch.ends.push_back(stretch.bytes.size());
        return true;
      },
      [&](const journal::Tail&) {
        ++stretch.groups;
        return true;
      });
  ESCROW_ASSERT(status.ok() && !stretch.ends.empty());
  return stretch;
}

RawLog::RawLog(const std::string& directory) : db_(OpenRaw(directory, /*create=*/true)) {}

RawLog::~RawLog() = default;

double RawLog::Append(const Stretch& stretch, std::size_t events_per_group) {
  const std::string_view bytes = stretch.bytes;
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const Clock::time_point begin = Clock::now();
  rocksdb::WriteBatch batch;
  std::size_t from = 0;
  for (std::size_t i = 0; i < stretch.ends.size(); ++i) {
    PutEvent(++sequence_, bytes.substr(from, stretch.ends[i] - from), batch);
    from = stretch.ends[i];
    if ((i + 1) % events_per_group == 0 || i + 1 == stretch.ends.size()) {
      Write(durable, *db_, batch);
    }
  }
  return SecondsSince(begin);
}

void CopyRaw(const journal::Journal& log, std::uint64_t through, const std::string& directory) {
  const std::unique_ptr<rocksdb::DB> db = OpenRaw(directory, /*create=*/true);
  rocksdb::WriteOptions quick;
  quick.disableWAL = true;
  rocksdb::WriteBatch batch;
  const absl::Status read = log.Read(1, [&](std::uint64_t sequence, std::string_view bytes) {
    PutEvent(sequence, bytes, batch);
    if (sequence % kCopyBatchEvents == 0 || sequence == through) {
      Write(quick, *db, batch);
    }
    return sequence < through;
  });
  const rocksdb::Status flushed = db->Flush(rocksdb::FlushOptions());
  ESCROW_ASSERT(read.ok() && flushed.ok());
}

double ScanRaw(const std::string& directory, std::uint64_t rows) {
  const std::unique_ptr<rocksdb::DB> db = OpenRaw(directory, /*create=*/false);
  const Clock::time_point begin = Clock::now();
  const std::unique_ptr<rocksdb::Iterator> row(db->NewIterator(journal::rocks::ReplayRead()));
  std::uint64_t seen = 0;
  std::uint64_t bytes = 0;
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    bytes += row->value().size();
    ++seen;
  }
  const double seconds = SecondsSince(begin);
  ESCROW_ASSERT(row->status().ok() && seen == rows && bytes > 0);
  return seconds;
}

}  // namespace escrow::bench
