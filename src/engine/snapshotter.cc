#include "engine/snapshotter.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/sha256.h"

namespace escrow::engine {

// What the journal stores: the pieces of a feed, checked and hashed on their way.
class Snapshotter::Source final : public journal::SnapshotSource {
 public:
  // About `expected_bytes` will come, or more.
  Source(Snapshotter& snapshotter, SnapshotFeed& feed, std::uint64_t expected_bytes)
      : snapshotter_(snapshotter), feed_(feed), expected_bytes_(expected_bytes), info_(feed.info) {}

  [[nodiscard]] absl::StatusOr<std::string_view> Next() override {
    const std::string_view piece = feed_.Next();
    if (piece.empty()) {
      info_.digest = hash_.Finish();
      const tlog::CompactRange tree = feed_.WaitTree();
      tlog::TreeHasher hasher;
      info_.root = tree.Root(hasher);
      info_.right_edge = tree.edge();
      // A snapshot must never be ahead of its log.
      snapshotter_.responder_.WaitDurable(info_.sequence);
      return piece;
    }
    const std::uint64_t rest = expected_bytes_ - std::min(expected_bytes_, bytes_);
    if (absl::Status status = CheckRoom(std::max<std::uint64_t>(rest, piece.size())); !status.ok()) {
      return status;
    }
    bytes_ += piece.size();
    hash_.Update(piece);
    return piece;
  }
  [[nodiscard]] const journal::SnapshotInfo& info() const override { return info_; }
  // How many have come.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] absl::Status CheckRoom(std::uint64_t bytes) const {
    const absl::StatusOr<std::uint64_t> free_bytes = snapshotter_.journal_.FreeBytes();
    if (!free_bytes.ok()) {
      return free_bytes.status();
    }
    if (*free_bytes < snapshotter_.free_bytes_min_ || *free_bytes - snapshotter_.free_bytes_min_ < bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("a snapshot, with ", bytes, " bytes more, would take room that the log needs"));
    }
    return absl::OkStatus();
  }

  Snapshotter& snapshotter_;
  SnapshotFeed& feed_;
  const std::uint64_t expected_bytes_;
  std::uint64_t bytes_ = 0;
  journal::SnapshotInfo info_;
  crypto::Sha256 hash_;
};

Snapshotter::Snapshotter(journal::Journal& journal, Responder& responder, const SnapshotSeries& newest,
                         std::uint64_t free_bytes_min)
    : journal_(journal), responder_(responder), free_bytes_min_(free_bytes_min), newest_(newest) {}

void Snapshotter::Start(std::shared_ptr<SnapshotFeed> feed) {
  const std::lock_guard lock(mutex_);
  feeds_.push_back(std::move(feed));
  changed_.notify_one();
}

bool Snapshotter::busy() const {
  const std::lock_guard lock(mutex_);
  return !feeds_.empty();
}

SnapshotSeries Snapshotter::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

Stepped Snapshotter::Step(Wait wait) {
  std::shared_ptr<SnapshotFeed> feed;
  {
    std::unique_lock lock(mutex_);
    if (wait == Wait::kForWork) {
      changed_.wait(lock, [this] { return !feeds_.empty() || closed_; });
    }
    if (feeds_.empty()) {
      return closed_ ? Stepped::kEnded : Stepped::kIdle;
    }
    feed = feeds_.front();
  }
  if (wait == Wait::kNot && !(feed->complete() && responder_.durable().sequence >= feed->info.sequence)) {
    return Stepped::kIdle;
  }
  feed->done(Write(*feed));
  const std::lock_guard lock(mutex_);
  feeds_.pop_front();
  return Stepped::kWorked;
}

void Snapshotter::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

absl::Status Snapshotter::Write(SnapshotFeed& feed) {
  SnapshotSeries series = newest();
  absl::Status status;
  if (feed.info.sequence != series.sequence) {  // equal positions have equal states
    Source source(*this, feed, feed.info.whole() ? series.whole_bytes : 0);
    status = journal_.WriteSnapshot(source);
    if (status.ok()) {
      series.Add(source.info(), source.bytes());
    }
  }
  feed.Abandon();
  const std::lock_guard lock(mutex_);
  newest_ = series;
  return status;
}

}  // namespace escrow::engine
