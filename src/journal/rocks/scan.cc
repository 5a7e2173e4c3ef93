#include "journal/rocks/scan.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "journal/damage.h"

namespace escrow::journal::rocks {

std::unique_ptr<rocksdb::Iterator> Scan(const Database& database, rocksdb::ColumnFamilyHandle* family,
                                        const rocksdb::ReadOptions& options) {
  return std::unique_ptr<rocksdb::Iterator>(database.db().NewIterator(options, family));
}

absl::Status Gap(std::uint64_t sequence) {
  return Damaged(sequence, absl::StrCat("event ", sequence, " is missing from the log"));
}

absl::Status ReadFailure(const rocksdb::Status& status, std::uint64_t sequence) {
  const absl::Status failure = Convert(status, absl::StrCat("cannot read event ", sequence));
  return absl::IsDataLoss(failure) ? Damaged(sequence, std::string(failure.message())) : failure;
}

absl::StatusOr<GroupRow> GroupAt(const rocksdb::Iterator& row) {
  if (const std::optional<GroupRow> group = DecodeGroup(View(row.key()), View(row.value()))) {
    return *group;
  }
  const std::uint64_t last = DecodeSequence(View(row.key())).value_or(0);
  return Damaged(last, absl::StrCat("the record of the group that ends at event ", last, " is damaged"));
}

absl::StatusOr<std::optional<GroupRow>> FindGroup(const Database& database, std::uint64_t last) {
  std::string value;
  const SequenceKey key = EncodeSequence(last);
  const rocksdb::Status status = database.db().Get(PointRead(), database.groups(), KeySlice(key), &value);
  if (status.IsNotFound()) {
    return std::optional<GroupRow>();
  }
  if (!status.ok()) {
    return ReadFailure(status, last);
  }
  const std::optional<GroupRow> group = DecodeGroup(View(KeySlice(key)), value);
  if (!group) {
    return Damaged(last, absl::StrCat("the record of the group that ends at event ", last, " is damaged"));
  }
  return group;
}

absl::Status VisitEvents(const Database& database, const rocksdb::ReadOptions& options, std::uint64_t first,
                         std::uint64_t last, const Journal::Visitor& visit) {
  if (first > last) {
    return absl::OkStatus();
  }
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.events(), options);
  row->Seek(KeySlice(EncodeSequence(first)));
  for (std::uint64_t sequence = first; sequence <= last; ++sequence, row->Next()) {
    if (!row->Valid()) {  // as it also is after an error
      return row->status().ok() ? Gap(sequence) : ReadFailure(row->status(), sequence);
    }
    const SequenceKey key = EncodeSequence(sequence);
    if (View(row->key()) != View(KeySlice(key))) {
      return Gap(sequence);
    }
    const std::optional<std::string_view> event = DecodeEvent(View(row->value()), key);
    if (!event) {
      return Damaged(sequence, absl::StrCat("event ", sequence, " fails its checksum"));
    }
    if (!visit(sequence, *event)) {
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status VisitGroups(const Database& database, std::uint64_t first, std::uint64_t last,
                         const Journal::Visitor& event, const Journal::GroupVisitor& group_end) {
  const std::unique_ptr<rocksdb::Iterator> row = Scan(database, database.groups(), ReplayRead());
  row->Seek(KeySlice(EncodeSequence(first)));
  absl::Status group_status;
  std::optional<GroupRow> group;  // that of the event being visited
  const Journal::Visitor with_groups = [&](std::uint64_t sequence, std::string_view bytes) {
    if (!group) {
      if (!row->Valid()) {
        group_status = row->status().ok() ? Gap(sequence) : ReadFailure(row->status(), sequence);
        return false;
      }
      const absl::StatusOr<GroupRow> next = GroupAt(*row);
      if (!next.ok() || next->first_sequence > sequence) {
        group_status =
            next.ok() ? Damaged(sequence, absl::StrCat("event ", sequence, " belongs to no group")) : next.status();
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
  absl::Status status = VisitEvents(database, ReplayRead(), first, last, with_groups);
  status.Update(group_status);
  return status;
}

}  // namespace escrow::journal::rocks
