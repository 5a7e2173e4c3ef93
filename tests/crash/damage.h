#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "journal/rocks/database.h"

// Ways to damage the files of a data directory. Each fails the program when there is nothing to damage, so that no case
// passes because it did nothing.
namespace escrow::test {

using Path = std::filesystem::path;

// The write-ahead logs with rows, the oldest first.
[[nodiscard]] std::vector<Path> WriteAheadLogs(const Path& directory);
// The file whose name begins with `prefix`, such as MANIFEST-.
[[nodiscard]] Path FileNamed(const Path& directory, const std::string& prefix);
// The tables of the events, the oldest first.
[[nodiscard]] std::vector<Path> Tables(const Path& directory);

// The snapshots, the oldest first.
[[nodiscard]] std::vector<Path> Snapshots(const Path& directory);

// How many bytes of the file were written: RocksDB may have reserved more.
[[nodiscard]] std::uint64_t WrittenBytes(const Path& file);

void Truncate(const Path& file, std::uint64_t size);
void FlipBit(const Path& file, std::uint64_t offset);
// Fills the bytes from `offset` to what was written with `fill`, or with noise when it is negative.
void Overwrite(const Path& file, std::uint64_t offset, int fill);
void Remove(const Path& file);

// Changes rows as somebody would who knows the format, so that every checksum fits.
void ChangeRows(const Path& directory, const std::function<rocksdb::Status(journal::rocks::Database&)>& change);
// Deletes the group that has this event.
void DeleteGroup(const Path& directory, std::uint64_t sequence);
// Replaces the bytes of an event; its checksum fits.
void ForgeEvent(const Path& directory, std::uint64_t sequence);

}  // namespace escrow::test
