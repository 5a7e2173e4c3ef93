#include "journal/rocks/scan.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "journal/damage.h"

namespace escrow::journal::rocks {

std::unique_ptr<rocksdb::Iterator> ScanGroups(const Database& database, const rocksdb::ReadOptions& options) {
  return std::unique_ptr<rocksdb::Iterator>(database.db().NewIterator(options, database.groups()));
}

absl::Status Gap(std::uint64_t sequence) {
  return Damaged(sequence, absl::StrCat("event ", sequence, " is missing from the log"));
}

absl::Status ReadFailure(const rocksdb::Status& status, std::uint64_t sequence) {
  const absl::Status failure = Convert(status, absl::StrCat("cannot read event ", sequence));
  return absl::IsDataLoss(failure) ? Damaged(sequence, std::string(failure.message())) : failure;
}

absl::Status VisitGroups(const Database& database, const rocksdb::ReadOptions& options, std::uint64_t first,
                         std::uint64_t last, absl::FunctionRef<bool(const GroupRow&)> visit) {
  const std::unique_ptr<rocksdb::Iterator> row = ScanGroups(database, options);
  std::uint64_t next = first;  // event that the next group must have
  for (row->SeekForPrev(KeySlice(EncodeSequence(first))); next <= last; row->Next()) {
    if (!row->Valid()) {  // as it also is after an error
      return row->status().ok() ? Gap(next) : ReadFailure(row->status(), next);
    }
    const std::optional<GroupRow> group = GroupRow::Decode(View(row->key()), View(row->value()));
    if (!group) {
      return Damaged(next, absl::StrCat("the record of the group that has event ", next, " is damaged"));
    }
    const bool joins = next == first ? group->last_sequence() >= first : group->first_sequence() == next;
    if (!joins) {
      return Gap(next);
    }
    if (!visit(*group)) {
      return absl::OkStatus();
    }
    next = group->last_sequence() + 1;
  }
  return absl::OkStatus();
}

absl::Status VisitEvents(const Database& database, const rocksdb::ReadOptions& options, std::uint64_t first,
                         std::uint64_t last, const Journal::Visitor& visit) {
  if (first > last) {
    return absl::OkStatus();
  }
  return VisitGroups(database, options, first, last, [&](const GroupRow& group) {
    const std::uint64_t end = std::min(last, group.last_sequence());
    for (std::uint64_t sequence = std::max(first, group.first_sequence()); sequence <= end; ++sequence) {
      if (!visit(sequence, group.event(sequence))) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace escrow::journal::rocks
