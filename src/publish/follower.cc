#include "publish/follower.h"

#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace escrow::publish {

absl::Status Follower::Begin() {
  const TreeHead head = log_.head();
  if (head.size == 0) {
    return absl::OkStatus();
  }
  bool agree = false;
  if (head.size <= journal_.tail().sequence) {
    const absl::Status status = journal_.Replay(
        head.size, [](std::uint64_t, std::string_view) { return true; },
        [&](const journal::Tail& end) {
          agree = end.sequence == head.size && end.root == head.root;
          return false;
        });
    if (!status.ok()) {
      return status;
    }
  }
  return agree ? absl::OkStatus() : log_.Clear();
}

absl::StatusOr<bool> Follower::Step(std::uint64_t events_max) {
  std::uint64_t copied = 0;
  std::optional<journal::Tail> last;
  const absl::Status read = journal_.Replay(
      log_.size() + 1,
      [&](std::uint64_t, std::string_view bytes) {
        log_.Append(bytes);
        ++copied;
        return true;
      },
      [&](const journal::Tail& end) {
        last = end;
        return copied < events_max;
      });
  if (!read.ok()) {
    return read;
  }
  if (!last) {
    return true;
  }
  const TreeHead head = log_.head();
  if (head.size != last->sequence || head.root != last->root) {
    return absl::DataLossError(
        absl::StrCat("events up to ", last->sequence, " do not give the Merkle root that was stored with them"));
  }
  if (absl::Status status = log_.Flush(); !status.ok()) {
    return status;
  }
  return copied < events_max;
}

}  // namespace escrow::publish
