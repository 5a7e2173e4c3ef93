#include "journal/rocks/guard.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "journal/damage.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "journal/rocks/scan.h"
#include "tlog/merkle.h"

namespace escrow::journal::rocks {
namespace {

constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();

// The first event that cannot be read, or whose group cannot.
std::uint64_t FirstUnreadable(const Database& database) {
  std::uint64_t next = 1;
  const absl::Status events =
      VisitEvents(database, ReplayRead(), 1, kEverything, [&next](std::uint64_t sequence, std::string_view) {
        next = sequence + 1;
        return true;
      });
  std::uint64_t grouped = 1;
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups(), ReplayRead());
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    const std::optional<GroupRow> group = DecodeGroup(View(row->key()), View(row->value()));
    if (!group || group->first_sequence != grouped) {
      break;
    }
    grouped = group->last_sequence + 1;
  }
  return std::min(next, grouped);
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

absl::StatusOr<Tail> FindTail(const Database& database) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  row->SeekToLast();
  if (!row->status().ok()) {
    return ExplainDamage(database.directory(), database.db().GetEnv(), row->status().ToString());
  }
  if (!row->Valid()) {
    return Tail{.sequence = 0, .root = tlog::TreeHasher().EmptyRoot()};
  }
  absl::StatusOr<GroupRow> group = GroupAt(*row);
  if (!group.ok()) {
    return group.status();
  }
  return Tail{.sequence = group->last_sequence, .root = group->root};
}

absl::Status CheckEnds(const Database& database, const Tail& tail) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.events());
  std::uint64_t ends[2] = {0, 0};
  row->SeekToFirst();
  if (row->Valid()) {
    ends[0] = DecodeSequence(View(row->key())).value_or(0);
    row->SeekToLast();
  }
  if (row->Valid()) {
    ends[1] = DecodeSequence(View(row->key())).value_or(0);
  }
  if (!row->status().ok()) {
    return ExplainDamage(database.directory(), database.db().GetEnv(), row->status().ToString());
  }
  if (ends[0] != (tail.sequence == 0 ? 0 : 1)) {
    return ends[0] == 0 || tail.sequence != 0
               ? Gap(1)
               : Damaged(1, absl::StrCat("the log has event ", ends[0], " but none of its groups"));
  }
  if (ends[1] < tail.sequence) {
    return Gap(ends[1] + 1);
  }
  if (ends[1] > tail.sequence) {
    return Damaged(tail.sequence + 1,
                   absl::StrCat("the log has event ", ends[1], " but its groups end at ", tail.sequence));
  }
  return absl::OkStatus();
}

absl::Status CheckGroups(const Database& database, std::uint64_t first) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  std::uint64_t next = first;
  for (row->Seek(KeySlice(EncodeSequence(first))); row->Valid(); row->Next()) {
    const absl::StatusOr<GroupRow> group = GroupAt(*row);
    if (!group.ok()) {
      return group.status();
    }
    const bool joins = next == first ? group->first_sequence <= next : group->first_sequence == next;
    if (!joins) {
      return Gap(next);
    }
    next = group->last_sequence + 1;
  }
  return row->status().ok() ? absl::OkStatus() : ReadFailure(row->status(), next);
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
