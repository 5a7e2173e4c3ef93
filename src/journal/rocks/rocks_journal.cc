#include "journal/rocks/rocks_journal.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "journal/damage.h"
#include "journal/rocks/anchor.h"
#include "journal/rocks/database.h"
#include "journal/rocks/format.h"
#include "journal/rocks/guard.h"
#include "journal/rocks/options.h"
#include "journal/rocks/scan.h"
#include "journal/rocks/snapshot_store.h"
#include "rocksdb/write_batch.h"

namespace escrow::journal {
namespace {

using rocks::Database;
using rocks::GroupRow;
using rocks::KeySlice;
using rocks::SequenceKey;
using rocks::Slice;

rocks::Anchor::FileSystem FilesOf(const RocksOptions& options) {
  rocksdb::Env* env = options.env == nullptr ? rocksdb::Env::Default() : options.env;
  return env->GetFileSystem();
}

absl::Status ReadOnly() { return absl::FailedPreconditionError("the log was opened for reading alone"); }

}  // namespace

struct RocksJournal::Impl {
  Impl(std::unique_ptr<Database> database_in, const RocksOptions& options_in)
      : options(options_in),
        database(std::move(database_in)),
        snapshots(FilesOf(options_in), options_in.directory + "/snapshots") {}

  const RocksOptions options;
  const std::unique_ptr<Database> database;
  rocks::SnapshotStore snapshots;
  std::optional<rocks::Anchor> anchor;  // always there when the log may be written
  absl::StatusOr<Tail> remembered;      // by the anchor, when the log was opened

  mutable std::mutex mutex;
  Tail tail;  // guarded by mutex
};

namespace {

std::string AnchorPathOf(const RocksOptions& options) {
  return options.anchor_path.empty() ? options.directory + "/anchor" : options.anchor_path;
}

// What the anchor of an existing log remembers; DATA_LOSS when the log does not have it.
absl::StatusOr<Tail> CheckedAnchor(const Database& database, const absl::StatusOr<Tail>& anchor, const Tail& tail) {
  if (anchor.ok()) {
    const absl::Status status = rocks::CheckAnchor(database, *anchor, tail);
    return status.ok() ? anchor : status;
  }
  if (!absl::IsNotFound(anchor.status()) && !absl::IsDataLoss(anchor.status())) {
    return anchor.status();
  }
  return RolledBack(tail.sequence + 1,
                    absl::StrCat("cannot tell whether acknowledged history was rolled back (",
                                 std::string(anchor.status().message()), "): the log ends at event ", tail.sequence));
}

// Makes the folder, durably, so that it cannot go with a power cut after its log was written to.
absl::Status MakeFolder(const RocksOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot create ", options.directory));
  }
  const std::filesystem::path parent = std::filesystem::absolute(options.directory).parent_path();
  return rocks::SyncFolder(*FilesOf(options), parent.string());
}

// Nothing is created where a log was: a log that is gone is not a new one.
absl::Status CheckNothingWasHere(const RocksOptions& options) {
  const absl::Status there = Database::CheckThere(options.directory + "/log");
  if (!absl::IsNotFound(there)) {
    return there;
  }
  if (options.accept_rollback) {
    return absl::OkStatus();
  }
  const absl::StatusOr<Tail> anchor = rocks::Anchor::Read(FilesOf(options), AnchorPathOf(options));
  if (absl::IsNotFound(anchor.status())) {
    return absl::OkStatus();
  }
  if (!anchor.ok() && !absl::IsDataLoss(anchor.status())) {
    return anchor.status();
  }
  return RolledBack(1, absl::StrCat("would roll back acknowledged history: there is no log in ", options.directory,
                                    " but there is its anchor, at event ", anchor.ok() ? anchor->sequence : 0));
}

absl::Status NoFormat(const Database& database) {
  return Damaged(1, absl::StrCat("the database in ", database.directory(),
                                 " does not say that it is a log of escrowd: its creation was cut off, or it has lost "
                                 "its format"));
}

// Finishes the creation of a log. The anchor comes before the format, so that a log without an anchor has lost it.
absl::StatusOr<rocks::Anchor> CreateLog(const Database& database, const RocksOptions& options, const Tail& tail) {
  if (!options.create || tail.sequence != 0) {
    return NoFormat(database);
  }
  const absl::StatusOr<Tail> old = rocks::Anchor::Read(FilesOf(options), AnchorPathOf(options));
  if (old.ok() && old->sequence != 0 && !options.accept_rollback) {
    return RolledBack(1, absl::StrCat("would roll back acknowledged history: the log is empty but had come to event ",
                                      old->sequence));
  }
  if (absl::Status status = rocks::SyncFolder(*FilesOf(options), options.directory); !status.ok()) {
    return status;
  }
  absl::StatusOr<rocks::Anchor> anchor = rocks::Anchor::Create(FilesOf(options), AnchorPathOf(options), tail);
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

// A snapshot beyond the log is of a history that is given up, and must not be met again when the log has grown so far.
absl::Status PrepareSnapshots(const rocks::SnapshotStore& store, const RocksOptions& options, const Tail& tail) {
  if (absl::Status status = store.Prepare(); !status.ok()) {
    return status;
  }
  const absl::Status status = rocks::CheckSnapshots(store.List(), tail);
  return status.ok() || !options.accept_rollback ? status : store.ForgetAfter(tail.sequence);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksJournal>> RocksJournal::Open(const RocksOptions& options) {
  if (options.create) {
    absl::Status status = MakeFolder(options);
    status.Update(CheckNothingWasHere(options));
    if (!status.ok()) {
      return status;
    }
  }
  absl::StatusOr<std::unique_ptr<Database>> opened =
      Database::Open(options.directory + "/log", options.create, options.env);
  if (!opened.ok()) {
    return opened.status();
  }
  auto impl = std::make_unique<Impl>(*std::move(opened), options);
  const Database& database = *impl->database;
  const absl::StatusOr<bool> made = rocks::HasFormat(database);
  if (!made.ok()) {
    return made.status();
  }
  const absl::StatusOr<Tail> tail = rocks::CheckStructure(database, impl->snapshots.List());
  if (!tail.ok()) {
    return tail.status();
  }
  impl->tail = *tail;
  absl::StatusOr<rocks::Anchor> anchor = absl::UnknownError("not opened yet");
  if (*made) {
    impl->remembered = CheckedAnchor(database, rocks::Anchor::Read(FilesOf(options), AnchorPathOf(options)), *tail);
    const bool accepted = absl::IsDataLoss(impl->remembered.status()) && options.accept_rollback;
    if (!impl->remembered.ok() && !accepted) {
      return impl->remembered.status();
    }
    anchor = accepted ? rocks::Anchor::Create(FilesOf(options), AnchorPathOf(options), *tail)
                      : rocks::Anchor::Open(FilesOf(options), AnchorPathOf(options));
  } else {
    anchor = CreateLog(database, options, *tail);
  }
  if (!anchor.ok()) {
    return anchor.status();
  }
  impl->anchor = *std::move(anchor);
  impl->remembered = impl->anchor->tail();
  if (absl::Status status = PrepareSnapshots(impl->snapshots, options, *tail); !status.ok()) {
    return status;
  }
  return std::unique_ptr<RocksJournal>(new RocksJournal(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<RocksJournal>> RocksJournal::OpenForReading(const RocksOptions& options) {
  // Before the log, because a server may be writing both.
  const absl::StatusOr<Tail> anchor = rocks::Anchor::Read(FilesOf(options), AnchorPathOf(options));
  absl::StatusOr<std::unique_ptr<Database>> opened = Database::OpenForReading(options.directory + "/log", options.env);
  if (!opened.ok()) {
    return opened.status();
  }
  auto impl = std::make_unique<Impl>(*std::move(opened), options);
  const absl::StatusOr<bool> made = rocks::HasFormat(*impl->database);
  if (!made.ok()) {
    return made.status();
  }
  if (!*made) {
    return NoFormat(*impl->database);
  }
  const absl::StatusOr<Tail> tail = rocks::CheckStructure(*impl->database, impl->snapshots.List());
  if (!tail.ok()) {
    return tail.status();
  }
  impl->tail = *tail;
  impl->remembered = CheckedAnchor(*impl->database, anchor, *tail);
  if (absl::Status status = rocks::CheckSnapshots(impl->snapshots.List(), *tail); !status.ok()) {
    return status;
  }
  return std::unique_ptr<RocksJournal>(new RocksJournal(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<RocksJournal>> RocksJournal::OpenForSalvage(const RocksOptions& options) {
  absl::StatusOr<std::unique_ptr<Database>> opened = Database::OpenForSalvage(options.directory + "/log", options.env);
  if (!opened.ok()) {
    return opened.status();
  }
  auto impl = std::make_unique<Impl>(*std::move(opened), options);
  const absl::StatusOr<Tail> tail = rocks::LastReadable(*impl->database);
  if (!tail.ok()) {
    return tail.status();
  }
  impl->tail = *tail;
  impl->remembered = rocks::Anchor::Read(FilesOf(options), AnchorPathOf(options));
  return std::unique_ptr<RocksJournal>(new RocksJournal(std::move(impl)));
}

RocksJournal::RocksJournal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksJournal::~RocksJournal() = default;

absl::Status RocksJournal::Append(const Group& group) {
  ESCROW_ASSERT(!group.ends.empty());
  ESCROW_ASSERT(group.first_sequence == tail().sequence + 1);
  if (!impl_->anchor) {
    return ReadOnly();
  }
  const Database& database = *impl_->database;
  if (absl::Status status = database.errors().status(); !status.ok()) {
    return status;
  }
  const SequenceKey key = rocks::EncodeSequence(group.first_sequence);
  const rocks::GroupFrame frame = rocks::EncodeGroup(group);
  const rocksdb::Slice key_part = KeySlice(key);
  const rocksdb::Slice value_parts[] = {
      Slice(frame.head), Slice(group.bytes), {frame.checksum.data(), frame.checksum.size()}};
  rocksdb::WriteBatch batch;
  rocksdb::Status status = batch.Put(database.groups(), rocksdb::SliceParts(&key_part, 1),
                                     rocksdb::SliceParts(value_parts, static_cast<int>(std::size(value_parts))));
  if (status.ok()) {
    status = database.db().Write(rocks::DurableWrite(), &batch);
  }
  if (!status.ok()) {
    const absl::Status failed = rocks::Convert(status, "cannot append to the log");
    database.errors().Note(failed);
    return failed;
  }
  const Tail end{.sequence = group.last_sequence(), .root = group.root};
  if (impl_->options.anchor_each_group) {
    if (absl::Status anchored = impl_->anchor->Write(end); !anchored.ok()) {
      database.errors().Note(anchored);
      return anchored;
    }
  }
  const std::lock_guard lock(impl_->mutex);
  impl_->tail = end;
  return absl::OkStatus();
}

absl::Status RocksJournal::Read(std::uint64_t first, const Visitor& visit) const {
  ESCROW_ASSERT(first >= 1);
  return rocks::VisitEvents(*impl_->database, rocks::ScanRead(), first, tail().sequence, visit);
}

absl::Status RocksJournal::Replay(std::uint64_t first, const Visitor& event, const GroupVisitor& group_end) const {
  ESCROW_ASSERT(first >= 1);
  const std::uint64_t last = tail().sequence;
  if (first > last) {
    return absl::OkStatus();
  }
  return rocks::VisitGroups(*impl_->database, rocks::ReplayRead(), first, last, [&](const GroupRow& group) {
    for (std::uint64_t sequence = std::max(first, group.first_sequence()); sequence <= group.last_sequence();
         ++sequence) {
      if (!event(sequence, group.event(sequence))) {
        return false;
      }
    }
    return group_end(group.end());
  });
}

absl::StatusOr<std::string> RocksJournal::ReadOne(std::uint64_t sequence) const {
  if (sequence == 0 || sequence > tail().sequence) {
    return absl::NotFoundError(absl::StrCat("the log has no event ", sequence));
  }
  std::string found;
  const absl::Status status = rocks::VisitEvents(*impl_->database, rocks::ScanRead(), sequence, sequence,
                                                 [&](std::uint64_t, std::string_view event) {
                                                   found = event;
                                                   return true;
                                                 });
  if (!status.ok()) {
    return status;
  }
  return found;
}

Tail RocksJournal::tail() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->tail;
}

absl::Status RocksJournal::WriteSnapshot(SnapshotSource& source) {
  if (!impl_->anchor) {
    return ReadOnly();
  }
  if (absl::Status status = impl_->database->errors().status(); !status.ok()) {
    return status;
  }
  absl::StatusOr<rocks::SnapshotStore::Draft> draft = impl_->snapshots.WriteDraft(source);
  if (!draft.ok()) {
    return draft.status();
  }
  ESCROW_ASSERT(source.info().sequence <= tail().sequence);
  // A recovery from this snapshot reads no event before it, so it would not notice one that got lost with a file of the
  // write-ahead log. In tables they are safe: those are listed, checksummed and opened at every start.
  const Database& database = *impl_->database;
  const rocksdb::Status flushed = database.db().Flush(rocksdb::FlushOptions(), database.groups());
  if (!flushed.ok()) {
    return rocks::Convert(flushed, "cannot move events out of the write-ahead log");
  }
  return impl_->snapshots.Keep(*std::move(draft));
}

std::vector<SnapshotInfo> RocksJournal::Snapshots() const { return impl_->snapshots.List(); }

absl::StatusOr<std::string> RocksJournal::ReadSnapshot(std::uint64_t sequence) const {
  return impl_->snapshots.Read(sequence);
}

absl::Status RocksJournal::WriteAnchor() {
  if (!impl_->anchor) {
    return ReadOnly();
  }
  const Tail now = tail();
  if (impl_->anchor->tail().sequence == now.sequence) {
    return absl::OkStatus();
  }
  return impl_->anchor->Write(now);
}

absl::StatusOr<Tail> RocksJournal::anchor() const { return impl_->remembered; }

absl::Status RocksJournal::VerifyFiles() const {
  rocksdb::ReadOptions options = rocks::ReplayRead();
  return rocks::Convert(impl_->database->db().VerifyChecksum(options), "a file of the log is damaged");
}

absl::StatusOr<std::uint64_t> RocksJournal::FreeBytes() const {
  struct statvfs info{};
  if (statvfs(impl_->options.directory.c_str(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot ask for the room left in ", impl_->options.directory));
  }
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace escrow::journal
