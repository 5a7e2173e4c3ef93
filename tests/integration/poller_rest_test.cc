#include "api/poller_rest.h"

#include <gtest/gtest.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "escrow/v1/operations_service.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"

// Goal: one thread of gRPC's rests, the others work, and when the rest is over it works too.
namespace escrow::test {
namespace {

constexpr std::chrono::seconds kLong{20};
constexpr std::chrono::milliseconds kShort{200};

// The threads on which gRPC 1.51 polls and calls back (src/cpp/common/completion_queue_cc.cc).
std::size_t PollerCount() { return static_cast<std::size_t>(std::clamp(get_nprocs_conf() / 2, 2, 16)); }

// Calls whose callbacks do not return before they are let go: each keeps a thread.
class HeldCalls {
 public:
  explicit HeldCalls(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      Call& call = calls_.emplace_back();
      stub_->async()->GetServerStatus(&call.context, &call.request, &call.response, [this](const grpc::Status&) {
        std::unique_lock lock(mutex_);
        ++begun_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return let_go_; });
        ++ended_;
        changed_.notify_all();
      });
    }
  }
  ~HeldCalls() {
    std::unique_lock lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return ended_ == calls_.size(); });
  }
  HeldCalls(const HeldCalls&) = delete;
  HeldCalls& operator=(const HeldCalls&) = delete;

  // Whether as many callbacks have begun, within this time.
  template <class Duration>
  bool Begin(std::size_t count, Duration wait) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, wait, [&] { return begun_ >= count; });
  }

 private:
  struct Call {
    grpc::ClientContext context;
    const v1::GetServerStatusRequest request;
    v1::ServerStatus response;
  };

  // A channel without credentials leads nowhere: its calls fail at once.
  const std::unique_ptr<v1::OperationsService::Stub> stub_ =
      v1::OperationsService::NewStub(grpc::CreateChannel("nowhere", nullptr));
  std::list<Call> calls_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
  bool let_go_ = false;
};

TEST(PollerRestTest, OneThreadRests) {
  const std::size_t pollers = PollerCount();
  std::optional<api::PollerRest> rest(std::in_place);
  {
    HeldCalls calls(pollers);
    EXPECT_TRUE(calls.Begin(pollers - 1, kLong));
    EXPECT_FALSE(calls.Begin(pollers, kShort));
  }
  {
    // The last thread must not rest, too: another rest has no effect, and its end none on the first.
    {
      const api::PollerRest second;
    }
    HeldCalls calls(pollers);
    EXPECT_TRUE(calls.Begin(pollers - 1, kLong));
    EXPECT_FALSE(calls.Begin(pollers, kShort));
  }
  rest.reset();
  HeldCalls calls(pollers);
  EXPECT_TRUE(calls.Begin(pollers, kLong));
}

}  // namespace
}  // namespace escrow::test
