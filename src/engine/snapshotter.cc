#include "engine/snapshotter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/sha256.h"

namespace escrow::engine {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

}  // namespace

void SnapshotBytes::Append(std::string_view bytes) {
  if (pieces_.empty() || pieces_.back().size() + bytes.size() > kPieceBytes) {
    pieces_.emplace_back().reserve(std::max(kPieceBytes, bytes.size()));
  }
  pieces_.back().append(bytes);
  size_ += bytes.size();
}

std::string SnapshotBytes::Join() {
  std::string all;
  all.reserve(size_);
  for (; !pieces_.empty(); pieces_.pop_front()) {
    all += pieces_.front();
  }
  size_ = 0;
  return all;
}

Snapshotter::Snapshotter(journal::Journal& journal, Responder& responder, std::uint64_t newest,
                         std::uint64_t free_bytes_min)
    : journal_(journal), responder_(responder), free_bytes_min_(free_bytes_min), newest_(newest) {}

void Snapshotter::Start(SnapshotJob job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_one();
}

bool Snapshotter::busy() const {
  const std::lock_guard lock(mutex_);
  return !jobs_.empty();
}

std::uint64_t Snapshotter::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

Stepped Snapshotter::Step(Wait wait) {
  SnapshotJob* job = nullptr;
  {
    std::unique_lock lock(mutex_);
    if (wait == Wait::kForWork) {
      changed_.wait(lock, [this] { return !jobs_.empty() || closed_; });
    }
    if (jobs_.empty()) {
      return closed_ ? Stepped::kEnded : Stepped::kIdle;
    }
    job = &jobs_.front();  // stays valid while others are pushed behind it
  }
  if (wait == Wait::kNot && responder_.durable().sequence < job->info.sequence) {
    return Stepped::kIdle;
  }
  const absl::Status status = Write(*job);
  job->done(status);
  const std::lock_guard lock(mutex_);
  jobs_.pop_front();
  return Stepped::kWorked;
}

void Snapshotter::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

absl::Status Snapshotter::Write(SnapshotJob& job) {
  if (job.info.sequence == newest()) {
    return absl::OkStatus();  // equal positions have equal states
  }
  if (absl::Status status = CheckRoom(job.bytes.size()); !status.ok()) {
    return status;
  }
  // A snapshot must never be ahead of its log.
  responder_.WaitDurable(job.info.sequence);
  const std::string bytes = job.bytes.Join();
  job.info.digest = crypto::Sha256Of(bytes);
  if (absl::Status status = journal_.WriteSnapshot(job.info, bytes); !status.ok()) {
    return status;
  }
  const std::lock_guard lock(mutex_);
  newest_ = job.info.sequence;
  return absl::OkStatus();
}

absl::Status Snapshotter::CheckRoom(std::size_t bytes) const {
  const absl::StatusOr<std::uint64_t> free_bytes = journal_.FreeBytes();
  if (!free_bytes.ok()) {
    return free_bytes.status();
  }
  if (*free_bytes < free_bytes_min_ || *free_bytes - free_bytes_min_ < bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a snapshot of ", bytes, " bytes would take room that the log needs"));
  }
  return absl::OkStatus();
}

}  // namespace escrow::engine
