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

bool IsThere(const Database& database, std::uint64_t sequence) {
  const SequenceKey key = EncodeSequence(sequence);
  std::string row;
  return database.db().Get(PointRead(), database.events(), KeySlice(key), &row).ok() && DecodeEvent(row, key);
}

// The first key of the tables of a family that are missing or cannot be opened; RocksDB looks into each of a few tables
// for any row, so one of these hides all.
std::uint64_t FirstLost(const Database& database, rocksdb::ColumnFamilyHandle* family) {
  std::vector<rocksdb::LiveFileMetaData> files;
  database.db().GetLiveFilesMetaData(&files);
  std::uint64_t first = kEverything;
  for (const rocksdb::LiveFileMetaData& file : files) {
    rocksdb::SstFileReader table(database.db().GetOptions(family));
    if (file.column_family_name == family->GetName() && !table.Open(file.db_path + file.name).ok()) {
      first = std::min(first, DecodeSequence(file.smallestkey).value_or(1));
    }
  }
  return first;
}

// The first event that is missing or damaged. Damage in a table may hide all rows from a scan, but only its own from
// one who asks for them one by one: so where the scan ends, that is asked.
std::uint64_t FirstBadEvent(const Database& database) {
  const std::uint64_t lost = FirstLost(database, database.events());
  if (lost != kEverything) {
    return lost;
  }
  std::uint64_t next = 1;
  VisitEvents(database, ReplayRead(), 1, kEverything, [&next](std::uint64_t sequence, std::string_view) {
    next = sequence + 1;
    return true;
  }).IgnoreError();  // why it ends does not matter
  while (IsThere(database, next)) {
    ++next;
  }
  return next;
}

// The first event before `end` whose group is missing or damaged; `end` when there is none.
std::uint64_t FirstUngrouped(const Database& database, std::uint64_t end) {
  const std::uint64_t lost = FirstLost(database, database.groups());
  if (lost != kEverything) {
    return std::min(end, lost);
  }
  std::uint64_t next = 1;
  for (std::uint64_t sequence = 1; sequence < end; ++sequence) {
    const absl::StatusOr<std::optional<GroupRow>> row = FindGroup(database, sequence);
    if (!row.ok() || (*row && (*row)->first_sequence != next)) {
      return next;
    }
    next = *row ? sequence + 1 : next;
  }
  // `end` may be missing from the middle of a group whose record is in order.
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  row->Seek(KeySlice(EncodeSequence(end)));
  const bool within = row->Valid() && GroupAt(*row).ok() && GroupAt(*row)->first_sequence == next;
  return within ? end : next;
}

std::uint64_t FirstUnreadable(const Database& database) { return FirstUngrouped(database, FirstBadEvent(database)); }

// The checks give what is wrong, empty when nothing is.

// Where the groups end.
std::string FindTail(const Database& database, Tail& tail) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  row->SeekToLast();
  if (!row->status().ok()) {
    return absl::StrCat("the end of the log cannot be read (", row->status().ToString(), ")");
  }
  if (!row->Valid()) {
    tail = Tail{.sequence = 0, .root = tlog::TreeHasher().EmptyRoot()};
    return "";
  }
  const absl::StatusOr<GroupRow> group = GroupAt(*row);
  if (!group.ok()) {
    return "the record of the last group is damaged";
  }
  tail = Tail{.sequence = group->last_sequence, .root = group->root};
  return "";
}

// Events must begin at 1 and end where the groups end.
std::string CheckEnds(const Database& database, std::uint64_t tail) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.events());
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  row->SeekToFirst();
  if (row->Valid()) {
    first = DecodeSequence(View(row->key())).value_or(0);
    row->SeekToLast();
  }
  if (row->Valid()) {
    last = DecodeSequence(View(row->key())).value_or(0);
  }
  if (!row->status().ok()) {
    return absl::StrCat("the ends of the log cannot be read (", row->status().ToString(), ")");
  }
  if (last != tail) {
    return absl::StrCat("the events of the log end at ", last, " but its groups end at ", tail);
  }
  return first > 1 ? absl::StrCat("the log begins at event ", first) : "";
}

// Groups must follow each other without a gap, from the one that holds event `first` on.
std::string CheckGroups(const Database& database, std::uint64_t first) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  std::uint64_t next = first;
  for (row->Seek(KeySlice(EncodeSequence(first))); row->Valid(); row->Next()) {
    const absl::StatusOr<GroupRow> group = GroupAt(*row);
    if (!group.ok()) {
      return absl::StrCat("the record of the group that holds event ", next, " is damaged");
    }
    const bool joins = next == first ? group->first_sequence <= next : group->first_sequence == next;
    if (!joins) {
      return absl::StrCat("the record of the group that holds event ", next, " is missing");
    }
    next = group->last_sequence + 1;
  }
  return row->status().ok() ? ""
                            : absl::StrCat("the groups of the log cannot be read (", row->status().ToString(), ")");
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
  std::string wrong = FindTail(database, tail);
  if (wrong.empty()) {
    wrong = CheckEnds(database, tail.sequence);
  }
  if (wrong.empty()) {
    const auto covered =
        std::ranges::find_if(snapshots, [&](const SnapshotInfo& info) { return info.sequence <= tail.sequence; });
    wrong = CheckGroups(database, covered == snapshots.end() ? 1 : covered->sequence + 1);
  }
  if (!wrong.empty()) {
    // What was stumbled over need not be where it begins.
    return Damaged(FirstUnreadable(database), wrong);
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
  for (std::uint64_t sequence = FirstUnreadable(database) - 1; sequence > 0; --sequence) {
    const absl::StatusOr<std::optional<GroupRow>> group = FindGroup(database, sequence);
    if (!group.ok()) {
      return group.status();
    }
    if (*group) {
      return Tail{.sequence = sequence, .root = (*group)->root};
    }
  }
  return Damaged(1, "nothing can be read of the log");
}

absl::Status CheckAnchor(const Database& database, const Tail& anchor, const Tail& tail) {
  if (anchor.sequence == 0) {
    return absl::OkStatus();
  }
  if (anchor.sequence > tail.sequence) {
    return RolledBack(tail.sequence + 1, absl::StrCat("would roll back acknowledged history: the log ends at event ",
                                                      tail.sequence, " but had come to event ", anchor.sequence));
  }
  const absl::StatusOr<std::optional<GroupRow>> group = FindGroup(database, anchor.sequence);
  if (!group.ok()) {
    return group.status();
  }
  if (!*group || (*group)->root != anchor.root) {
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
