#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace escrow::test {

// A journal with faults in front of another one. Every switch may be turned while an engine runs.
class FaultJournal final : public journal::Journal {
 public:
  explicit FaultJournal(Journal& inner) : inner_(inner) {}

  // Appends wait while closed.
  void CloseGate() {
    const std::lock_guard lock(mutex_);
    gate_open_ = false;
  }
  void OpenGate() {
    const std::lock_guard lock(mutex_);
    gate_open_ = true;
    changed_.notify_all();
  }
  // Returns when an append waits at the gate.
  void AwaitAppendAtGate() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }

  // The n-th append from now on fails, n from 1; whether it has an effect all the same.
  void FailAppend(int n, bool with_effect) {
    fail_in_ = n;
    fail_with_effect_ = with_effect;
  }
  void SetFreeBytes(std::optional<std::uint64_t> bytes) {
    const std::lock_guard lock(mutex_);
    free_bytes_ = bytes;
  }
  // Changes the bytes of an event as they are read.
  void ChangeEvent(std::uint64_t sequence, std::function<void(std::string&)> change) {
    const std::lock_guard lock(mutex_);
    changed_sequence_ = sequence;
    change_ = std::move(change);
  }

  // Replay finds no such event from now on.
  void LoseEvent(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    lost_sequence_ = sequence;
  }

  // The position that the last WriteAnchor remembered.
  [[nodiscard]] std::uint64_t anchored() const { return anchored_; }

  // Sizes of the groups appended so far.
  [[nodiscard]] std::vector<std::size_t> group_sizes() const {
    const std::lock_guard lock(mutex_);
    return group_sizes_;
  }

  [[nodiscard]] absl::Status Append(const journal::Group& group) override {
    {
      std::unique_lock lock(mutex_);
      waiting_ = !gate_open_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return gate_open_; });
      waiting_ = false;
      group_sizes_.push_back(group.ends.size());
    }
    if (fail_in_ > 0 && --fail_in_ == 0) {
      if (fail_with_effect_) {
        inner_.Append(group).IgnoreError();
      }
      return absl::UnavailableError("the test's disk failed");
    }
    return inner_.Append(group);
  }
  [[nodiscard]] absl::Status Read(std::uint64_t first, const Visitor& visit) const override {
    return inner_.Read(first, Changed(visit));
  }
  [[nodiscard]] absl::Status Replay(std::uint64_t first, const Visitor& event,
                                    const GroupVisitor& group_end) const override {
    bool lost = false;
    const Visitor until_lost = [&](std::uint64_t sequence, std::string_view bytes) {
      {
        const std::lock_guard lock(mutex_);
        lost = sequence == lost_sequence_;
      }
      return !lost && event(sequence, bytes);
    };
    absl::Status status = inner_.Replay(first, Changed(until_lost), group_end);
    return lost ? absl::DataLossError("the test's disk lost an event") : status;
  }
  [[nodiscard]] absl::StatusOr<std::string> ReadOne(std::uint64_t sequence) const override {
    return inner_.ReadOne(sequence);
  }
  [[nodiscard]] journal::Tail tail() const override { return inner_.tail(); }
  [[nodiscard]] absl::Status WriteSnapshot(journal::SnapshotSource& source) override {
    return inner_.WriteSnapshot(source);
  }
  [[nodiscard]] std::vector<journal::SnapshotInfo> Snapshots() const override { return inner_.Snapshots(); }
  [[nodiscard]] absl::StatusOr<std::string> ReadSnapshot(std::uint64_t sequence) const override {
    return inner_.ReadSnapshot(sequence);
  }
  [[nodiscard]] absl::Status WriteAnchor() override {
    anchored_ = inner_.tail().sequence;
    return inner_.WriteAnchor();
  }
  [[nodiscard]] absl::StatusOr<std::uint64_t> FreeBytes() const override {
    const std::lock_guard lock(mutex_);
    return free_bytes_ ? *free_bytes_ : inner_.FreeBytes();
  }

 private:
  [[nodiscard]] Visitor Changed(const Visitor& visit) const {
    return [this, visit](std::uint64_t sequence, std::string_view bytes) {
      std::string other;
      {
        const std::lock_guard lock(mutex_);
        if (sequence == changed_sequence_) {
          other = bytes;
          change_(other);
          bytes = other;
        }
      }
      return visit(sequence, bytes);
    };
  }

  Journal& inner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool gate_open_ = true;
  bool waiting_ = false;
  std::atomic<std::uint64_t> anchored_ = 0;
  std::atomic<int> fail_in_ = 0;
  std::atomic<bool> fail_with_effect_ = false;
  std::optional<std::uint64_t> free_bytes_;
  std::uint64_t lost_sequence_ = 0;
  std::uint64_t changed_sequence_ = 0;
  std::function<void(std::string&)> change_;
  std::vector<std::size_t> group_sizes_;
};

}  // namespace escrow::test
