#include "escrowctl/backup/log_copy.h"

#include <fmt/format.h>

#include "crypto/hex.h"
#include "journal/damage.h"
#include "tlog/merkle.h"

namespace escrow::ctl {
namespace {

constexpr std::size_t kGroupEventsMax = 4'096;
constexpr std::size_t kGroupBytesMax = 1 << 20;

// Appends events to a log as groups, with the root of each.
class Appender {
 public:
  explicit Appender(journal::Journal& target) : target_(target) {}

  // Hashes what the target has, and checks it.
  absl::Status Begin() {
    absl::Status wrong;
    const absl::Status read = target_.Replay(
        1,
        [this](std::uint64_t, std::string_view bytes) {
          tree_.Append(hasher_.Leaf(bytes), hasher_);
          return true;
        },
        [&](const journal::Tail& end) {
          if (tree_.Root(hasher_) != end.root) {
            wrong = journal::Damaged(end.sequence,
                                     fmt::format("the copy's events up to {} do not have its root", end.sequence));
          }
          return wrong.ok();
        });
    return read.ok() ? wrong : read;
  }

  absl::Status Add(std::string_view bytes) {
    if (group_.ends.empty()) {
      group_.first_sequence = tree_.size() + 1;
    }
    group_.bytes += bytes;
    group_.ends.push_back(static_cast<std::uint32_t>(group_.bytes.size()));
    tree_.Append(hasher_.Leaf(bytes), hasher_);
    const bool full = group_.ends.size() >= kGroupEventsMax || group_.bytes.size() >= kGroupBytesMax;
    return full ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    if (group_.ends.empty()) {
      return absl::OkStatus();
    }
    group_.root = tree_.Root(hasher_);
    absl::Status status = target_.Append(group_);
    group_ = {};
    return status;
  }

  journal::Hash Root() { return tree_.Root(hasher_); }

 private:
  journal::Journal& target_;
  journal::Group group_;
  tlog::TreeHasher hasher_;
  tlog::CompactRange tree_;
};

// The last event of the copy must be that of the source.
absl::Status CheckSameLog(LogSource& source, const journal::Journal& target, const journal::Tail& end) {
  const std::uint64_t last = target.tail().sequence;
  if (last == 0) {
    return absl::OkStatus();
  }
  if (last > end.sequence) {
    return absl::FailedPreconditionError(
        fmt::format("the source ends at event {}, but the copy has {}: the source has lost events that it had "
                    "acknowledged; keep the copy, and see deploy/runbooks/rollback-refused.md",
                    end.sequence, last));
  }
  const absl::StatusOr<std::string> ours = target.ReadOne(last);
  if (!ours.ok()) {
    return ours.status();
  }
  bool same = false;
  absl::Status read = source.Read(last, last, [&](std::uint64_t, std::string_view bytes) {
    same = bytes == *ours;
    return true;
  });
  if (read.ok() && !same) {
    read = absl::FailedPreconditionError(
        fmt::format("event {} of the source is not that of the copy: they are different logs; copy elsewhere", last));
  }
  return read;
}

}  // namespace

absl::Status JournalSource::Read(std::uint64_t first, std::uint64_t last, const journal::Journal::Visitor& visit) {
  return journal_.Read(first, [&](std::uint64_t sequence, std::string_view bytes) {
    return sequence <= last && visit(sequence, bytes) && sequence < last;
  });
}

absl::StatusOr<CopyResult> CopyLog(LogSource& source, journal::Journal& target,
                                   const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const absl::StatusOr<journal::Tail> end = source.End();
  if (!end.ok()) {
    return end.status();
  }
  const std::uint64_t before = target.tail().sequence;
  if (absl::Status status = CheckSameLog(source, target, *end); !status.ok()) {
    return status;
  }
  Appender appender(target);
  absl::Status status = appender.Begin();
  if (status.ok() && before < end->sequence) {
    std::uint64_t next = before + 1;
    const absl::Status read = source.Read(next, end->sequence, [&](std::uint64_t sequence, std::string_view bytes) {
      status = sequence == next ? appender.Add(bytes)
                                : journal::Damaged(next, fmt::format("the source left out event {}", next));
      ++next;
      progress(sequence - before, end->sequence - before);
      return status.ok();
    });
    status.Update(read);
    if (status.ok() && next != end->sequence + 1) {
      status = journal::Damaged(next, fmt::format("the source ended before event {}", next));
    }
  }
  status.Update(appender.Flush());
  if (status.ok() && appender.Root() != end->root) {
    status = journal::Damaged(
        before + 1,
        fmt::format("the copy of events {} to {} has the Merkle root {} and the source says {}: what is "
                    "beyond the last verified event is not to be trusted",
                    before + 1, end->sequence, crypto::HexEncode(appender.Root()), crypto::HexEncode(end->root)));
  }
  if (status.ok()) {
    status = target.WriteAnchor();
  }
  if (!status.ok()) {
    return status;
  }
  return CopyResult{.before = before, .end = *end};
}

}  // namespace escrow::ctl
