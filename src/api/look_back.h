#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/time.h"
#include "core/machine.h"
#include "engine/past.h"
#include "google/protobuf/timestamp.pb.h"
#include "grpcpp/support/status.h"
#include "journal/journal.h"

namespace escrow::api {

// A position to which a read looks back.
struct AsOf {
  std::int64_t sequence = 0;  // 0: not given
  std::optional<google::protobuf::Timestamp> time;

  [[nodiscard]] bool now() const { return sequence == 0 && !time; }
};

// What a request of a read asks for.
template <class Request>
[[nodiscard]] AsOf AsOfIn(const Request& request) {
  AsOf as_of{.sequence = request.as_of_sequence(), .time = {}};
  if (request.has_as_of_time()) {
    as_of.time = request.as_of_time();
  }
  return as_of;
}

// LookBack: answers reads of the state as it was. One after another, on a thread of its own, with a state of its own
// that it keeps for a minute after the last one: a series of reads in the order of the log costs its events once.
//
// Threading: any thread. Ownership: borrows the journal. Limits: `queue_max` reads that wait.
class LookBack {
 public:
  // A read. On LookBack's thread.
  struct Task {
    AsOf as_of;
    std::function<void(const core::Machine&)> look;
    std::function<void(const grpc::Status&)> done;  // what became of it: OK after `look` was called
    std::function<bool()> cancelled;                // whether nobody waits any more
  };

  // `warn` tells the operator that the log cannot be read.
  LookBack(const journal::Journal& journal, std::size_t queue_max, std::function<void(std::string_view)> warn);
  // Ends what waits with DRAINING.
  ~LookBack();
  LookBack(const LookBack&) = delete;
  LookBack& operator=(const LookBack&) = delete;

  // False, and nothing happens, when the queue is full.
  [[nodiscard]] bool Post(Task task);
  // What is under way and what waits ends with DRAINING, and so does what comes.
  void Stop();

 private:
  void Run();
  [[nodiscard]] grpc::Status Carry(const Task& task);
  // The position. Refused: one that is not there, or a question in no form.
  [[nodiscard]] grpc::Status Resolve(const AsOf& as_of, std::uint64_t& sequence) const;
  [[nodiscard]] grpc::Status Failure(const absl::Status& status) const;
  [[nodiscard]] bool stopping() const;

  const journal::Journal& journal_;
  const std::size_t queue_max_;
  const std::function<void(std::string_view)> warn_;
  engine::Past past_;  // the thread's

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace escrow::api
