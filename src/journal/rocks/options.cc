#include "journal/rocks/options.h"

#include "rocksdb/cache.h"
#include "rocksdb/table.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::size_t kMiB = 1 << 20;

// Says nothing.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// What all column families share.
rocksdb::ColumnFamilyOptions BaseFamily(const std::shared_ptr<rocksdb::Cache>& cache, std::size_t write_buffer_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = write_buffer_bytes;
  // One fills while one is written out. More would run into the reordering of a retried flush that 7.9 repaired.
  options.max_write_buffer_number = 2;
  // Keys only grow and rows are never changed: files do not overlap, so compaction only moves them from level to level.
  options.compaction_style = rocksdb::kCompactionStyleLevel;
  // Nothing ever expires, so there is no reason to rewrite old files.
  options.periodic_compaction_seconds = 0;
  options.ttl = 0;
  // LZ4 costs little when a memtable is written out. The same on every level: with a better compression on the last one
  // RocksDB would rewrite every file on its way there instead of moving it.
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kDisableCompressionOption;

  rocksdb::BlockBasedTableOptions table;
  // Groups are read in long runs: large blocks compress better and need a smaller index. One that is larger has a block
  // to itself.
  table.block_size = 32 * 1024;
  // Rows are found by the position before which they begin, which no bloom filter could tell.
  table.filter_policy = nullptr;
  table.block_cache = cache;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

rocksdb::DBOptions MakeDbOptions(rocksdb::Env* env, std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions options;
  if (env != nullptr) {
    options.env = env;
  }
  options.listeners.push_back(std::move(listener));

  // Damage is told, never worked around.
  options.paranoid_checks = true;
  options.best_efforts_recovery = false;
  // A torn write at the end of the write-ahead log is a group that nobody was told of; any other damage in it refuses
  // to open. kPointInTimeRecovery, the default, would silently open with all that follows the damage cut off;
  // kAbsoluteConsistency would refuse after every power cut in the middle of a write.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A failed write has an unknown outcome and stops the process; trying to go on by itself can write it twice.
  options.max_bgerror_resume_count = 0;

  // One thread writes groups, each synced by its own write: the plain path, without the options that reorder or delay.
  options.manual_wal_flush = false;
  options.two_write_queues = false;
  options.enable_pipelined_write = false;
  options.unordered_write = false;
  options.atomic_flush = false;
  options.allow_2pc = false;
  options.avoid_flush_during_recovery = false;
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;

  // 7.8 can wrongly miss a log file with tracking on (repaired in 7.10); the anchor and the check for gaps find more.
  options.track_and_verify_wals_in_manifest = false;
  // Compressed logs could not always be recovered before 8.0.
  options.wal_compression = rocksdb::kNoCompression;
  // A log file is written from its beginning, over zeros (LogFileSystem), so that old bytes can never be taken for new
  // ones, and goes when it is flushed.
  options.recycle_log_file_num = 0;
  options.WAL_ttl_seconds = 0;
  options.WAL_size_limit_MB = 0;
  // Each group is synced as a whole; syncing in between would only add writes.
  options.wal_bytes_per_sync = 0;
  // Bounds what is replayed from the write-ahead log at a start.
  options.max_total_wal_size = 512 * kMiB;

  // Fewer than 8, see max_write_buffer_number; two cores have other things to do.
  options.max_background_jobs = 2;
  // All files stay open: they are opened, and so found to be there, at the start.
  options.max_open_files = -1;
  options.use_fsync = false;      // fdatasync keeps all that is needed
  options.bytes_per_sync = kMiB;  // smooths the writing of large files, which would delay the syncs of the log

  // The default depends on how RocksDB's headers were compiled.
  options.info_log_level = rocksdb::InfoLogLevel::INFO_LEVEL;
  options.keep_log_file_num = 10;
  options.max_log_file_size = 16 * kMiB;
  options.stats_dump_period_sec = 600;
  options.dump_malloc_stats = false;
  return options;
}

rocksdb::DBOptions MakeReadingOptions(rocksdb::Env* env) {
  rocksdb::DBOptions options = MakeDbOptions(env, nullptr);
  options.listeners.clear();
  // Without a logger of ours RocksDB would begin a new LOG in the directory.
  options.info_log = std::make_shared<SilentLogger>();
  return options;
}

rocksdb::DBOptions MakeSalvageOptions(rocksdb::Env* env) {
  rocksdb::DBOptions options = MakeReadingOptions(env);
  options.paranoid_checks = false;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  // Files are opened when they are read: one that is missing hides its own rows only.
  options.max_open_files = 256;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeColumnFamilies() {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(64 * kMiB);
  return {
      {rocksdb::kDefaultColumnFamilyName, BaseFamily(cache, kMiB)},
      {kGroupsFamily, BaseFamily(cache, 64 * kMiB)},
      {kMetaFamily, BaseFamily(cache, kMiB)},
  };
}

rocksdb::WriteOptions DurableWrite() {
  rocksdb::WriteOptions options;
  options.sync = true;
  options.disableWAL = false;
  options.no_slowdown = false;
  // Checksums each row from here to the write-ahead log and the memtable, against faults of memory.
  options.protection_bytes_per_key = 8;
  return options;
}

rocksdb::ReadOptions PointRead() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

rocksdb::ReadOptions ScanRead() {
  rocksdb::ReadOptions options = PointRead();
  options.total_order_seek = true;
  return options;
}

rocksdb::ReadOptions ReplayRead() {
  rocksdb::ReadOptions options = ScanRead();
  // Everything is read once and must not push out what is in use.
  options.fill_cache = false;
  options.readahead_size = 4 * kMiB;
  return options;
}

}  // namespace escrow::journal::rocks
