#include "journal/rocks/guard.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "journal/damage.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "journal/rocks/scan.h"
#include "rocksdb/sst_file_reader.h"
#include "tlog/merkle.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();

// The first event of the tables that are missing or cannot be opened; RocksDB looks into each of a few tables for any
// row, so one of these hides all.
std::uint64_t FirstLost(const Database& database) {
  std::vector<rocksdb::LiveFileMetaData> files;
  database.db().GetLiveFilesMetaData(&files);
  std::uint64_t first = kEverything;
  for (const rocksdb::LiveFileMetaData& file : files) {
    rocksdb::SstFileReader table(database.db().GetOptions(database.groups()));
    if (file.column_family_name == database.groups()->GetName() && !table.Open(file.db_path + file.name).ok()) {
      first = std::min(first, DecodeSequence(file.smallestkey).value_or(1));
    }
  }
  return first;
}

// Where the last group ends of which, and before which, everything can be read; 0 when there is none. Damage in a table
// may hide all rows from a scan, but only its own from one who asks for them one by one: so where the scan ends, that
// is asked.
Tail ReadableEnd(const Database& database) {
  Tail end;
  const auto take = [&end](const GroupRow& group) {
    end = group.end();
    return true;
  };
  VisitGroups(database, ReplayRead(), 1, kEverything, take).IgnoreError();  // why it ends does not matter
  while (true) {
    const SequenceKey key = EncodeSequence(end.sequence + 1);
    std::string value;
    if (!database.db().Get(PointRead(), database.groups(), KeySlice(key), &value).ok()) {
      return end;
    }
    const std::optional<GroupRow> group = GroupRow::Decode(View(KeySlice(key)), value);
    if (!group) {
      return end;
    }
    take(*group);
  }
}

std::uint64_t FirstUnreadable(const Database& database) {
  const std::uint64_t lost = FirstLost(database);
  return lost == kEverything ? ReadableEnd(database).sequence + 1 : lost;
}

// Where the log ends. It must begin at event 1.
std::string FindTail(const Database& database, Tail& tail) {
  const std::unique_ptr<rocksdb::Iterator> row = ScanGroups(database);
  row->SeekToFirst();
  const std::uint64_t first = row->Valid() ? DecodeSequence(View(row->key())).value_or(0) : 1;
  row->SeekToLast();
  if (!row->status().ok()) {
    return absl::StrCat("the ends of the log cannot be read (", row->status().ToString(), ")");
  }
  if (!row->Valid()) {
    tail = Tail{.sequence = 0, .root = tlog::TreeHasher().EmptyRoot()};
    return "";
  }
  const std::optional<GroupRow> group = GroupRow::Decode(View(row->key()), View(row->value()));
  if (!group) {
    return "the record of the last group is damaged";
  }
  tail = group->end();
  return first == 1 ? "" : absl::StrCat("the log begins at event ", first);
}

}  // namespace

absl::StatusOr<bool> HasFormat(const Database& database) {
  std::string version;
  const rocksdb::Status status = database.db().Get(PointRead(), database.meta(), Slice(kFormatVersionKey), &version);
  if (status.IsNotFound()) {
    return false;
  }
  if (!status.ok()) {
    return Convert(status, "cannot read the format of the log");
  }
  if (version != kFormatVersion) {
    return absl::UnimplementedError(absl::StrCat("the log in ", database.directory(), " has format ", version,
                                                 " and this program reads format ", std::string(kFormatVersion),
                                                 ": use the program it belongs to"));
  }
  return true;
}

absl::StatusOr<Tail> CheckStructure(const Database& database, const std::vector<SnapshotInfo>& snapshots) {
  Tail tail;
  if (const std::string wrong = FindTail(database, tail); !wrong.empty()) {
    // What was stumbled over need not be where it begins.
    return Damaged(FirstUnreadable(database), wrong);
  }
  const auto covered =
      std::ranges::find_if(snapshots, [&](const SnapshotInfo& info) { return info.sequence <= tail.sequence; });
  const std::uint64_t first = covered == snapshots.end() ? 1 : covered->sequence + 1;
  if (first <= tail.sequence) {
    const absl::Status status =
        VisitGroups(database, ReplayRead(), first, tail.sequence, [](const GroupRow&) { return true; });
    if (!status.ok()) {
      return status;
    }
  }
  return tail;
}

absl::Status CheckSnapshots(const std::vector<SnapshotInfo>& snapshots, const Tail& tail) {
  if (snapshots.empty() || snapshots.front().sequence <= tail.sequence) {
    return absl::OkStatus();
  }
  return RolledBack(tail.sequence + 1,
                    absl::StrCat("would roll back acknowledged history: the log ends at event ", tail.sequence,
                                 " but has a snapshot at event ", snapshots.front().sequence));
}

absl::StatusOr<Tail> LastReadable(const Database& database) {
  const Tail end = ReadableEnd(database);
  if (end.sequence == 0) {
    return Damaged(1, "nothing can be read of the log");
  }
  return end;
}

absl::Status CheckAnchor(const Database& database, const Tail& anchor, const Tail& tail) {
  if (anchor.sequence == 0) {
    return absl::OkStatus();
  }
  if (anchor.sequence > tail.sequence) {
    return RolledBack(tail.sequence + 1, absl::StrCat("would roll back acknowledged history: the log ends at event ",
                                                      tail.sequence, " but had come to event ", anchor.sequence));
  }
  Tail end;
  const absl::Status read =
      VisitGroups(database, ScanRead(), anchor.sequence, anchor.sequence, [&end](const GroupRow& group) {
        end = group.end();
        return true;
      });
  if (!read.ok()) {
    return read;
  }
  if (end.sequence != anchor.sequence || end.root != anchor.root) {
    return RolledBack(anchor.sequence, absl::StrCat("would roll back acknowledged history: at event ", anchor.sequence,
                                                    " or before it the log is not the one that was acknowledged"));
  }
  return absl::OkStatus();
}

absl::Status ExplainDamage(const std::string& directory, rocksdb::Env* env, const std::string& said) {
  const std::string what = absl::StrCat("the log in ", directory, " is damaged (", said, ")");
  const absl::StatusOr<std::unique_ptr<Database>> database = Database::OpenForSalvage(directory, env);

  return Damaged(database.ok() ? FirstUnreadable(**database) : 1, what);
}

}  // namespace escrow::journal::rocks
