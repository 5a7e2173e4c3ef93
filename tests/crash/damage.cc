#include "crash/damage.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/assert.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "journal/rocks/scan.h"

namespace escrow::test {
namespace {

namespace fs = std::filesystem;
namespace rocks = journal::rocks;

std::string Contents(const Path& file) {
  std::ifstream stream(file, std::ios::binary);
  ESCROW_ASSERT(stream.good());
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void Put(const Path& file, std::uint64_t offset, const std::string& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ESCROW_ASSERT(stream.good());
}

// The group that has this event.
journal::Group GroupOf(const rocks::Database& database, std::uint64_t sequence) {
  journal::Group group;
  const absl::Status read =
      rocks::VisitGroups(database, rocks::ScanRead(), sequence, sequence, [&group](const rocks::GroupRow& row) {
        group.first_sequence = row.first_sequence();
        group.root = row.end().root;
        for (std::uint64_t event = row.first_sequence(); event <= row.last_sequence(); ++event) {
          group.bytes += row.event(event);
          group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
        }
        return true;
      });
  ESCROW_ASSERT(read.ok());
  return group;
}

}  // namespace

std::vector<Path> WriteAheadLogs(const Path& directory) {
  std::vector<Path> logs;
  for (const fs::directory_entry& file : fs::directory_iterator(directory / "log")) {
    if (file.path().extension() == ".log" && WrittenBytes(file.path()) > 0) {
      logs.push_back(file.path());
    }
  }
  std::ranges::sort(logs);
  ESCROW_ASSERT(!logs.empty());
  return logs;
}

Path FileNamed(const Path& directory, const std::string& prefix) {
  Path found;
  for (const fs::directory_entry& file : fs::directory_iterator(directory / "log")) {
    if (file.path().filename().string().starts_with(prefix)) {
      found = std::max(found, file.path());
    }
  }
  ESCROW_ASSERT(!found.empty());
  return found;
}

std::vector<Path> Tables(const Path& directory) {
  const auto database = rocks::Database::OpenForReading((directory / "log").string());
  ESCROW_ASSERT(database.ok());
  std::vector<rocksdb::LiveFileMetaData> files;
  (*database)->db().GetLiveFilesMetaData(&files);
  std::vector<Path> tables;
  for (const rocksdb::LiveFileMetaData& file : files) {
    if (file.column_family_name == rocks::kGroupsFamily) {
      tables.push_back(directory / "log" / Path(file.name).relative_path());
    }
  }
  std::ranges::sort(tables);
  ESCROW_ASSERT(!tables.empty());
  return tables;
}

std::vector<Path> Snapshots(const Path& directory) {
  std::vector<Path> snapshots;
  for (const fs::directory_entry& file : fs::directory_iterator(directory / "snapshots")) {
    snapshots.push_back(file.path());
  }
  std::ranges::sort(snapshots);
  ESCROW_ASSERT(snapshots.size() == 2);
  return snapshots;
}

std::uint64_t WrittenBytes(const Path& file) {
  const std::string bytes = Contents(file);
  const std::size_t last = bytes.find_last_not_of('\0');
  return last == std::string::npos ? 0 : last + 1;
}

void Truncate(const Path& file, std::uint64_t size) {
  ESCROW_ASSERT(size < WrittenBytes(file));
  fs::resize_file(file, size);
}

void FlipBit(const Path& file, std::uint64_t offset) {
  const std::string bytes = Contents(file);
  ESCROW_ASSERT(offset < bytes.size());
  Put(file, offset, std::string(1, static_cast<char>(bytes[offset] ^ 0x10)));
}

void Overwrite(const Path& file, std::uint64_t offset, int fill) {
  const std::uint64_t end = WrittenBytes(file);
  ESCROW_ASSERT(offset < end);
  std::string bytes;
  for (std::uint64_t at = offset; at < end; ++at) {
    bytes.push_back(static_cast<char>(fill < 0 ? 0x9e3779b97f4a7c15 * at >> 56 : static_cast<std::uint64_t>(fill)));
  }
  Put(file, offset, bytes);
}

void Remove(const Path& file) { ESCROW_ASSERT(fs::remove_all(file) > 0); }

void ChangeRows(const Path& directory, const std::function<rocksdb::Status(rocks::Database&)>& change) {
  const auto database = rocks::Database::Open((directory / "log").string(), false);
  ESCROW_ASSERT(database.ok());
  ESCROW_ASSERT(change(**database).ok());
}

void DeleteGroup(const Path& directory, std::uint64_t sequence) {
  ChangeRows(directory, [&](rocks::Database& d) {
    return d.db().Delete(rocks::DurableWrite(), d.groups(),
                         rocks::KeySlice(rocks::EncodeSequence(GroupOf(d, sequence).first_sequence)));
  });
}

void ForgeEvent(const Path& directory, std::uint64_t sequence) {
  ChangeRows(directory, [&](rocks::Database& d) {
    journal::Group group = GroupOf(d, sequence);
    char& last = group.bytes.at(group.ends.at(sequence - group.first_sequence) - 1);
    last = static_cast<char>(last ^ 1);
    const rocks::GroupFrame frame = rocks::EncodeGroup(group);
    return d.db().Put(rocks::DurableWrite(), d.groups(), rocks::KeySlice(rocks::EncodeSequence(group.first_sequence)),
                      frame.head + group.bytes + std::string(frame.checksum.data(), frame.checksum.size()));
  });
}

}  // namespace escrow::test
