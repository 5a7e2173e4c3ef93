#include "journal/rocks/snapshot_store.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "rocksdb/convenience.h"
#include "rocksdb/sst_file_writer.h"

namespace escrow::journal::rocks {
namespace {

rocksdb::Slice KeySlice(const ChunkKey& key) { return {key.data(), key.size()}; }

}  // namespace

SnapshotStore::SnapshotStore(const Database& database, std::string scratch)
    : database_(database), scratch_(std::move(scratch)) {}

void SnapshotStore::RemoveScratch() const {
  std::error_code ignored;  // usually there is nothing to remove
  std::filesystem::remove(scratch_, ignored);
}

absl::Status SnapshotStore::Write(const SnapshotInfo& info, std::string_view bytes) {
  rocksdb::DB& db = database_.db();
  // A recovery from this snapshot reads no event before it, so it would not notice one that got lost with a file of the
  // write-ahead log. In the files of the tree they are safe: those are listed, checksummed and opened at every start.
  const rocksdb::Status flushed = db.Flush(rocksdb::FlushOptions(), {database_.events(), database_.groups()});
  if (!flushed.ok()) {
    return Convert(flushed, "cannot move events out of the write-ahead log");
  }
  if (absl::Status status = WriteFile(info, bytes); !status.ok()) {
    std::error_code ignored;  // half a file only takes room
    std::filesystem::remove(scratch_, ignored);
    return status;
  }
  // Taken in whole or not at all, and durably: chunks and info record appear together.
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.write_global_seqno = false;
  const rocksdb::Status taken = db.IngestExternalFile(database_.snapshots(), {scratch_}, options);
  if (!taken.ok()) {
    return Convert(taken, "cannot take in a snapshot");
  }
  const std::vector<SnapshotInfo> all = List();
  for (std::size_t i = kSnapshotsKept; i < all.size(); ++i) {
    if (absl::Status status = Forget(all[i].sequence); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotStore::WriteFile(const SnapshotInfo& info, std::string_view bytes) const {
  const rocksdb::Options options = database_.db().GetOptions(database_.snapshots());
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, database_.snapshots());
  rocksdb::Status status = writer.Open(scratch_);
  std::uint32_t chunk = 0;
  for (std::size_t at = 0; status.ok() && at < bytes.size(); at += kChunkBytes) {
    status = writer.Put(KeySlice(EncodeChunk(info.sequence, chunk++)), Slice(bytes.substr(at, kChunkBytes)));
  }
  if (status.ok()) {
    const SnapshotRow row{.info = info, .size = bytes.size()};
    status = writer.Put(KeySlice(EncodeChunk(info.sequence, kInfoChunk)), EncodeSnapshotInfo(row));
  }
  if (status.ok()) {
    status = writer.Finish();  // syncs
  }
  return Convert(status, "cannot write a snapshot");
}

absl::Status SnapshotStore::Forget(std::uint64_t sequence) const {
  rocksdb::DB& db = database_.db();
  const ChunkKey first = EncodeChunk(sequence, 0);
  const ChunkKey info = EncodeChunk(sequence, kInfoChunk);
  const rocksdb::Slice begin = KeySlice(first);
  const rocksdb::Slice end = KeySlice(info);
  // First the info record, so that no reader takes the rest for a snapshot; then the rows, as a whole file where
  // possible.
  rocksdb::Status status = db.Delete(rocksdb::WriteOptions(), database_.snapshots(), end);
  if (status.ok()) {
    status = rocksdb::DeleteFilesInRange(&db, database_.snapshots(), &begin, &end);
  }
  if (status.ok()) {
    status = db.DeleteRange(rocksdb::WriteOptions(), database_.snapshots(), begin, end);
  }
  return Convert(status, "cannot delete an old snapshot");
}

std::vector<SnapshotInfo> SnapshotStore::List() const {
  std::vector<SnapshotInfo> infos;
  const std::unique_ptr<rocksdb::Iterator> row(database_.db().NewIterator(ScanRead(), database_.snapshots()));
  row->SeekToLast();
  while (row->Valid() && row->key().size() == std::tuple_size_v<ChunkKey>) {
    Cursor key(View(row->key()));
    const std::uint64_t sequence = key.Be64();
    if (key.Be32() == kInfoChunk) {
      if (std::optional<SnapshotRow> decoded = DecodeSnapshotInfo(sequence, View(row->value()))) {
        infos.push_back(std::move(decoded->info));
      }
    }
    if (sequence == 0) {
      break;  // no snapshot of ours, and nothing can come before it
    }
    row->SeekForPrev(KeySlice(EncodeChunk(sequence - 1, kInfoChunk)));
  }
  return infos;
}

absl::StatusOr<std::string> SnapshotStore::Read(std::uint64_t sequence) const {
  rocksdb::DB& db = database_.db();
  std::string value;
  const ChunkKey info = EncodeChunk(sequence, kInfoChunk);
  rocksdb::Status status = db.Get(PointRead(), database_.snapshots(), KeySlice(info), &value);
  if (!status.ok()) {
    return Convert(status, absl::StrCat("cannot read the snapshot at ", sequence));
  }
  const std::optional<SnapshotRow> row = DecodeSnapshotInfo(sequence, value);
  if (!row) {
    return absl::DataLossError(absl::StrCat("the info record of the snapshot at ", sequence, " is damaged"));
  }
  std::string bytes;
  bytes.reserve(row->size);
  for (std::uint32_t chunk = 0; chunk < row->chunks(); ++chunk) {
    const ChunkKey key = EncodeChunk(sequence, chunk);
    status = db.Get(PointRead(), database_.snapshots(), KeySlice(key), &value);
    if (!status.ok()) {
      return absl::DataLossError(
          absl::StrCat("chunk ", chunk, " of the snapshot at ", sequence, " cannot be read: ", status.ToString()));
    }
    bytes += value;
  }
  if (bytes.size() != row->size) {
    return absl::DataLossError(
        absl::StrCat("the snapshot at ", sequence, " has ", bytes.size(), " bytes instead of ", row->size));
  }
  return bytes;
}

}  // namespace escrow::journal::rocks
