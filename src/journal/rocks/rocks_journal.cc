#include "journal/rocks/rocks_journal.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "journal/rocks/anchor.h"
#include "journal/rocks/database.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "journal/rocks/snapshot_store.h"
#include "rocksdb/write_batch.h"
#include "tlog/merkle.h"

namespace escrow::journal {
namespace {

using rocks::Cursor;
using rocks::Database;
using rocks::GroupRow;
using rocks::SequenceKey;
using rocks::Slice;
using rocks::View;

constexpr char kRestore[] = ": restore the data directory from a newer copy";
constexpr char kRestoreOrAccept[] =
    ": restore the data directory from a newer copy, or give up what is missing with --accept-rollback";

rocksdb::Slice KeySlice(const SequenceKey& key) { return {key.data(), key.size()}; }

std::unique_ptr<rocksdb::Iterator> Scan(const Database& database, rocksdb::ColumnFamilyHandle* family,
                                        const rocksdb::ReadOptions& options = rocks::ScanRead()) {
  return std::unique_ptr<rocksdb::Iterator>(database.db().NewIterator(options, family));
}

absl::Status Gap(std::uint64_t sequence) {
  return absl::DataLossError(absl::StrCat("event ", sequence, " is missing from the log", kRestore));
}

absl::Status BadGroup(const std::string& what) { return absl::DataLossError(absl::StrCat(what, kRestore)); }

// The group row under the iterator.
absl::StatusOr<GroupRow> GroupAt(const rocksdb::Iterator& row) {
  if (const std::optional<GroupRow> group = rocks::DecodeGroup(View(row.key()), View(row.value()))) {
    return *group;
  }
  const std::optional<std::uint64_t> last = rocks::DecodeSequence(View(row.key()));
  return BadGroup(absl::StrCat("the record of the group that ends at event ", last.value_or(0), " is damaged"));
}

// Where the group rows end.
absl::StatusOr<Tail> FindTail(const Database& database) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  row->SeekToLast();
  if (!row->status().ok()) {
    return rocks::Convert(row->status(), "cannot read the end of the log");
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

// Events must begin at 1 and end where the groups end.
absl::Status CheckEnds(const Database& database, const Tail& tail) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.events());
  std::uint64_t ends[2] = {0, 0};
  row->SeekToFirst();
  if (row->Valid()) {
    ends[0] = rocks::DecodeSequence(View(row->key())).value_or(0);
    row->SeekToLast();
    ends[1] = rocks::DecodeSequence(View(row->key())).value_or(0);
  }
  if (!row->status().ok()) {
    return rocks::Convert(row->status(), "cannot read the ends of the log");
  }
  if (ends[0] != (tail.sequence == 0 ? 0 : 1)) {
    return Gap(1);
  }
  if (ends[1] < tail.sequence) {
    return Gap(tail.sequence);
  }
  if (ends[1] > tail.sequence) {
    return BadGroup(absl::StrCat("the log has event ", ends[1], " but its groups end at ", tail.sequence));
  }
  return absl::OkStatus();
}

// Groups must follow each other without a gap, from the one that holds event `first` on.
absl::Status CheckGroups(const Database& database, std::uint64_t first) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups());
  std::uint64_t next = first;
  for (row->Seek(KeySlice(rocks::EncodeSequence(first))); row->Valid(); row->Next()) {
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
  return rocks::Convert(row->status(), "cannot read the groups of the log");
}

// What the log says must contain what the anchor remembers.
absl::Status CheckAnchor(const Database& database, const Tail& anchor, const Tail& tail) {
  if (anchor.sequence == 0) {
    return absl::OkStatus();
  }
  if (anchor.sequence > tail.sequence) {
    return absl::DataLossError(absl::StrCat("would roll back acknowledged history: the log ends at event ",
                                            tail.sequence, " but had come to event ", anchor.sequence,
                                            kRestoreOrAccept));
  }
  std::string value;
  const SequenceKey key = rocks::EncodeSequence(anchor.sequence);
  const rocksdb::Status status = database.db().Get(rocks::PointRead(), database.groups(), KeySlice(key), &value);
  if (!status.ok() && !status.IsNotFound()) {
    return rocks::Convert(status, "cannot read the log at its anchor");
  }
  const std::optional<GroupRow> group =
      status.ok() ? rocks::DecodeGroup(View(KeySlice(key)), value) : std::optional<GroupRow>();
  if (!group || group->root != anchor.root) {
    return absl::DataLossError(absl::StrCat("would roll back acknowledged history: at event ", anchor.sequence,
                                            " the log is not the one that was acknowledged", kRestoreOrAccept));
  }
  return absl::OkStatus();
}

// Visits the events from `first` to `last`.
absl::Status VisitEvents(const Database& database, const rocksdb::ReadOptions& options, std::uint64_t first,
                         std::uint64_t last, const Journal::Visitor& visit) {
  if (first > last) {
    return absl::OkStatus();
  }
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.events(), options);
  row->Seek(KeySlice(rocks::EncodeSequence(first)));
  for (std::uint64_t sequence = first; sequence <= last; ++sequence, row->Next()) {
    if (!row->status().ok()) {
      return rocks::Convert(row->status(), absl::StrCat("cannot read event ", sequence));
    }
    const SequenceKey key = rocks::EncodeSequence(sequence);
    if (!row->Valid() || View(row->key()) != View(KeySlice(key))) {
      return Gap(sequence);
    }
    const std::optional<std::string_view> event = rocks::DecodeEvent(View(row->value()), key);
    if (!event) {
      return absl::DataLossError(absl::StrCat("event ", sequence, " fails its checksum", kRestore));
    }
    if (!visit(sequence, *event)) {
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace

struct RocksJournal::Impl {
  Impl(std::unique_ptr<Database> database_in, rocks::Anchor anchor_in, const std::string& directory_in)
      : directory(directory_in),
        database(std::move(database_in)),
        anchor(std::move(anchor_in)),
        snapshots(*database, directory_in + "/snapshot.tmp") {}

  const std::string directory;
  const std::unique_ptr<Database> database;
  rocks::Anchor anchor;
  rocks::SnapshotStore snapshots;

  mutable std::mutex mutex;
  Tail tail;  // guarded by mutex
};

namespace {

// Whether the log has been made: its format is the last thing that creation writes.
absl::StatusOr<bool> HasFormat(const Database& database) {
  std::string version;
  const rocksdb::Status status =
      database.db().Get(rocks::PointRead(), database.meta(), Slice(rocks::kFormatVersionKey), &version);
  if (status.IsNotFound()) {
    return false;
  }
  if (!status.ok()) {
    return rocks::Convert(status, "cannot read the format of the log");
  }
  if (version != rocks::kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the log in ", database.directory(), " has format ", version,
                     " and this program reads format 1: use the program it belongs to"));
  }
  return true;
}

// The anchor of an existing log.
absl::StatusOr<rocks::Anchor> OpenAnchor(const Database& database, const std::string& path, const Tail& tail,
                                         bool accept_rollback) {
  absl::StatusOr<rocks::Anchor> anchor = rocks::Anchor::Open(path);
  absl::Status status =
      anchor.ok() ? CheckAnchor(database, anchor->tail(), tail)
                  : absl::DataLossError(absl::StrCat("cannot tell whether acknowledged history was rolled back (",
                                                     std::string(anchor.status().message()), ")", kRestoreOrAccept));
  if (status.ok()) {
    return anchor;
  }
  if (accept_rollback) {
    return rocks::Anchor::Create(path, tail);
  }
  return status;
}

// Finishes the creation of a log. The anchor comes before the format, so that a log without an anchor has lost it.
absl::StatusOr<rocks::Anchor> CreateLog(const Database& database, const std::string& path, const RocksOptions& options,
                                        const Tail& tail) {
  if (!options.create || tail.sequence != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the database in ", database.directory(), " is not a log of escrowd: correct the path"));
  }
  const absl::StatusOr<rocks::Anchor> old = rocks::Anchor::Open(path);
  if (old.ok() && old->tail().sequence != 0 && !options.accept_rollback) {
    return absl::DataLossError(absl::StrCat("would roll back acknowledged history: there is no log in ",
                                            database.directory(), " but it had come to event ", old->tail().sequence,
                                            kRestoreOrAccept));
  }
  absl::StatusOr<rocks::Anchor> anchor = rocks::Anchor::Create(path, tail);
  if (!anchor.ok()) {
    return anchor;
  }
  const rocksdb::Status status = database.db().Put(rocks::DurableWrite(), database.meta(),
                                                   Slice(rocks::kFormatVersionKey), Slice(rocks::kFormatVersion));
  if (!status.ok()) {
    return rocks::Convert(status, "cannot write the format of the log");
  }
  return anchor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksJournal>> RocksJournal::Open(const RocksOptions& options) {
  if (options.create) {
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error) {
      return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot create ", options.directory));
    }
  }
  absl::StatusOr<std::unique_ptr<Database>> opened = Database::Open(options.directory + "/log", options.create);
  if (!opened.ok()) {
    return opened.status();
  }
  std::unique_ptr<Database> database = *std::move(opened);
  const absl::StatusOr<bool> made = HasFormat(*database);
  if (!made.ok()) {
    return made.status();
  }
  const absl::StatusOr<Tail> tail = FindTail(*database);
  if (!tail.ok()) {
    return tail.status();
  }
  if (absl::Status status = CheckEnds(*database, *tail); !status.ok()) {
    return status;
  }
  const std::string anchor_path = options.directory + "/anchor";
  absl::StatusOr<rocks::Anchor> anchor = *made ? OpenAnchor(*database, anchor_path, *tail, options.accept_rollback)
                                               : CreateLog(*database, anchor_path, options, *tail);
  if (!anchor.ok()) {
    return anchor.status();
  }
  auto impl = std::make_unique<Impl>(std::move(database), *std::move(anchor), options.directory);
  impl->tail = *tail;
  const std::vector<SnapshotInfo> snapshots = impl->snapshots.List();
  const std::uint64_t covered = snapshots.empty() ? 0 : snapshots.front().sequence;
  if (covered > tail->sequence) {
    return absl::DataLossError(
        absl::StrCat("the log ends at event ", tail->sequence, " but has a snapshot at event ", covered, kRestore));
  }
  if (absl::Status status = CheckGroups(*impl->database, covered + 1); !status.ok()) {
    return status;
  }
  return std::unique_ptr<RocksJournal>(new RocksJournal(std::move(impl)));
}

RocksJournal::RocksJournal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksJournal::~RocksJournal() = default;

absl::Status RocksJournal::Append(const Group& group) {
  ESCROW_ASSERT(!group.ends.empty());
  ESCROW_ASSERT(group.first_sequence == tail().sequence + 1);
  const Database& database = *impl_->database;
  if (absl::Status status = database.errors().status(); !status.ok()) {
    return status;
  }
  constexpr std::size_t kRowOverhead = 32;
  rocksdb::WriteBatch batch(group.bytes.size() + (group.ends.size() + 1) * kRowOverhead);
  rocksdb::Status status;
  for (std::size_t i = 0; status.ok() && i < group.ends.size(); ++i) {
    const std::string_view event = group.event(i);
    const SequenceKey key = rocks::EncodeSequence(group.first_sequence + i);
    const auto checksum = rocks::EventChecksum(event, key);
    const rocksdb::Slice key_part = KeySlice(key);
    const rocksdb::Slice value_parts[2] = {Slice(event), {checksum.data(), checksum.size()}};
    status = batch.Put(database.events(), rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2));
  }
  if (status.ok()) {
    const GroupRow row{
        .first_sequence = group.first_sequence, .last_sequence = group.last_sequence(), .root = group.root};
    status = batch.Put(database.groups(), KeySlice(rocks::EncodeSequence(row.last_sequence)), rocks::EncodeGroup(row));
  }
  if (status.ok()) {
    status = database.db().Write(rocks::DurableWrite(), &batch);
  }
  if (!status.ok()) {
    const absl::Status failed = rocks::Convert(status, "cannot append to the log");
    database.errors().Note(failed);
    return failed;
  }
  const std::lock_guard lock(impl_->mutex);
  impl_->tail = Tail{.sequence = group.last_sequence(), .root = group.root};
  return absl::OkStatus();
}

absl::Status RocksJournal::Read(std::uint64_t first, const Visitor& visit) const {
  ESCROW_ASSERT(first >= 1);
  return VisitEvents(*impl_->database, rocks::ScanRead(), first, tail().sequence, visit);
}

absl::Status RocksJournal::Replay(std::uint64_t first, const Visitor& event, const GroupVisitor& group_end) const {
  ESCROW_ASSERT(first >= 1);
  const std::unique_ptr<rocksdb::Iterator> row = Scan(*impl_->database, impl_->database->groups(), rocks::ReplayRead());
  row->Seek(KeySlice(rocks::EncodeSequence(first)));
  absl::Status group_status;
  std::optional<GroupRow> group;  // that of the event being visited
  const Visitor with_groups = [&](std::uint64_t sequence, std::string_view bytes) {
    if (!group) {
      absl::StatusOr<GroupRow> next = row->Valid() ? GroupAt(*row) : Gap(sequence);
      if (!next.ok() || next->first_sequence > sequence) {
        group_status = next.ok() ? BadGroup(absl::StrCat("event ", sequence, " belongs to no group")) : next.status();
        return false;
      }
      group = *next;
    }
    if (!event(sequence, bytes)) {
      return false;
    }
    if (sequence < group->last_sequence) {
      return true;
    }
    const Tail end{.sequence = group->last_sequence, .root = group->root};
    group.reset();
    row->Next();
    return group_end(end);
  };
  absl::Status status = VisitEvents(*impl_->database, rocks::ReplayRead(), first, tail().sequence, with_groups);
  status.Update(group_status);
  return status;
}

absl::StatusOr<std::string> RocksJournal::ReadOne(std::uint64_t sequence) const {
  if (sequence == 0 || sequence > tail().sequence) {
    return absl::NotFoundError(absl::StrCat("the log has no event ", sequence));
  }
  const SequenceKey key = rocks::EncodeSequence(sequence);
  std::string value;
  const rocksdb::Status status =
      impl_->database->db().Get(rocks::PointRead(), impl_->database->events(), KeySlice(key), &value);
  if (status.IsNotFound()) {
    return Gap(sequence);
  }
  if (!status.ok()) {
    return rocks::Convert(status, absl::StrCat("cannot read event ", sequence));
  }
  if (!rocks::DecodeEvent(value, key)) {
    return absl::DataLossError(absl::StrCat("event ", sequence, " fails its checksum", kRestore));
  }
  value.resize(value.size() - rocks::kChecksumBytes);
  return value;
}

Tail RocksJournal::tail() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->tail;
}

absl::Status RocksJournal::WriteSnapshot(const SnapshotInfo& info, std::string_view bytes) {
  ESCROW_ASSERT(info.sequence <= tail().sequence);
  if (absl::Status status = impl_->database->errors().status(); !status.ok()) {
    return status;
  }
  return impl_->snapshots.Write(info, bytes);
}

std::vector<SnapshotInfo> RocksJournal::Snapshots() const { return impl_->snapshots.List(); }

absl::StatusOr<std::string> RocksJournal::ReadSnapshot(std::uint64_t sequence) const {
  return impl_->snapshots.Read(sequence);
}

absl::Status RocksJournal::WriteAnchor() {
  const Tail now = tail();
  if (impl_->anchor.tail().sequence == now.sequence) {
    return absl::OkStatus();
  }
  return impl_->anchor.Write(now);
}

absl::StatusOr<std::uint64_t> RocksJournal::FreeBytes() const {
  struct statvfs info{};
  if (statvfs(impl_->directory.c_str(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot ask for the room left in ", impl_->directory));
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace escrow::journal
