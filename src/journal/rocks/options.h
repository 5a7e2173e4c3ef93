#pragma once

#include <memory>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"

// Every setting of RocksDB that we depend on, each with its reason. Measurements: architecture.md §3.7.
namespace escrow::journal::rocks {

inline constexpr char kGroupsFamily[] = "groups";
inline constexpr char kMetaFamily[] = "meta";

// Of a log that is served. `env` is where its files are, null for the disk; `listener` gets the background errors.
[[nodiscard]] rocksdb::DBOptions MakeDbOptions(rocksdb::Env* env, std::shared_ptr<rocksdb::EventListener> listener);

// Of a log that is only read: leaves no trace in its directory.
[[nodiscard]] rocksdb::DBOptions MakeReadingOptions(rocksdb::Env* env);

// Of a damaged log: reads on behind damage instead of refusing. Nothing that is read so may be served.
[[nodiscard]] rocksdb::DBOptions MakeSalvageOptions(rocksdb::Env* env);

// The column families in this order: default (unused, but RocksDB insists), groups, meta.
[[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor> MakeColumnFamilies();

// Writes that must be durable when they return.
[[nodiscard]] rocksdb::WriteOptions DurableWrite();

// Reads of single rows.
[[nodiscard]] rocksdb::ReadOptions PointRead();
// Reads of some rows in order.
[[nodiscard]] rocksdb::ReadOptions ScanRead();
// Reads of the whole log, or most of it, once.
[[nodiscard]] rocksdb::ReadOptions ReplayRead();

}  // namespace escrow::journal::rocks
