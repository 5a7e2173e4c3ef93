#include "api/command_stream.h"

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "api/caller.h"
#include "api/refusal.h"
#include "api/wire.h"
#include "api/write_call.h"
#include "base/assert.h"
#include "grpcpp/server_context.h"

namespace escrow::api {
namespace {

using grpc::Status;

constexpr std::size_t kInFlightMax = 1'024;

// The place of a command in the order of the replies.
struct Slot {
  grpc::ByteBuffer response;  // a StreamCommandsResponse
  bool ready = false;
};

// One stream. gRPC's reactions and the engine's responder meet under the mutex; the operations of gRPC are started
// under it too, as none of them calls back on the thread that starts it.
//
// It is finished when no command is in the engine and every reply is sent, or cannot be: so the call outlives its
// commands. The read that may still be on its way then ends with the call. Whoever works on the stream owns it.
class CommandStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public std::enable_shared_from_this<CommandStream>,
                            public EventHub::Waiter {
 public:
  explicit CommandStream(Backend& backend) : backend_(backend) {}

  void Start(const grpc::CallbackServerContext& context) {
    self_ = shared_from_this();
    Caller caller;
    Status status = Admit(context, backend_.credentials, "StreamCommands", caller);
    identity_ = std::move(caller.identity);
    if (status.ok()) {
      counted_ = identity_->streams.Take(backend_.streams_per_credential_max);
      status = counted_ ? Status::OK : Refuse(v1::REASON_OVERLOADED);
    }
    if (status.ok()) {
      backend_.hub.Wait(shared_from_this(), EventHub::kNever);
    }
    const std::lock_guard lock(mutex_);
    if (!status.ok()) {
      End(status);
    }
    GoOn();
  }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    if (!ok) {
      read_all_ = true;
    } else if (identity_->revoked) {
      End(Refuse(v1::REASON_UNAUTHENTICATED));
    } else if (!read_all_) {
      slots_.push_back(std::make_unique<Slot>());
      Submit(*slots_.back());
    }
    GoOn();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    slots_.pop_front();
    if (!ok) {
      Break();
    }
    GoOn();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    Break();
    GoOn();
  }

  void OnDone() override {
    backend_.hub.Forget(*this);
    if (counted_) {
      identity_->streams.Give();
    }
    self_ = nullptr;
  }

  // The server stops.
  void Woken() override {
    const std::lock_guard lock(mutex_);
    End(Refuse(v1::REASON_DRAINING));
    GoOn();
  }

 private:
  class StreamSubmission final : public ApiSubmission {
   public:
    StreamSubmission(CommandStream& stream, Slot& slot)
        : ApiSubmission(stream.backend_, stream.identity_), stream_(stream.shared_from_this()), slot_(slot) {}

    [[nodiscard]] Status Take(const grpc::ByteBuffer& bytes) {
      auto& request = *google::protobuf::Arena::CreateMessage<v1::StreamCommandsRequest>(&arena);
      const Status status = Parse(bytes, request);
      Add(request.command());
      want_events = request.include_events();
      return status;
    }

   private:
    void Reply() override {
      std::string bytes;
      AppendResult(0, v1::StreamCommandsResponse::kResultFieldNumber, bytes);
      slot_.response = ToBuffer(bytes);
      const std::lock_guard lock(stream_->mutex_);
      --stream_->executing_;
      slot_.ready = true;
      stream_->GoOn();
    }

    const std::shared_ptr<CommandStream> stream_;
    Slot& slot_;
  };

  // All below: under the mutex.

  void Submit(Slot& slot) {
    auto submission = std::make_unique<StreamSubmission>(*this, slot);
    Status status = submission->Take(incoming_);
    if (status.ok()) {
      ++executing_;
      status = ApiSubmission::Submit(std::move(submission));
      if (status.ok()) {
        return;
      }
      --executing_;
    }
    v1::StreamCommandsResponse refused;
    ESCROW_ASSERT(refused.mutable_result()->mutable_status()->ParseFromString(status.error_details()));
    slot.response = ToBuffer(refused.SerializeAsString());
    slot.ready = true;
  }

  // Reads no more; ends with `status` after the replies to what was read.
  void End(const Status& status) {
    read_all_ = true;
    end_ = status;
  }

  // The client has gone: what is executing ends by itself, and nothing is sent any more.
  void Break() {
    broken_ = true;
    End(Status::CANCELLED);
  }

  // Starts whatever can be started.
  void GoOn() {
    if (finished_) {
      return;
    }
    if (!broken_ && !writing_ && !slots_.empty() && slots_.front()->ready) {
      writing_ = true;
      StartWrite(&slots_.front()->response);
    }
    if (!read_all_ && !reading_ && slots_.size() < kInFlightMax) {
      reading_ = true;
      StartRead(&incoming_);
    }
    if (read_all_ && !writing_ && executing_ == 0 && (broken_ || slots_.empty())) {
      finished_ = true;
      Finish(end_);
    }
  }

  Backend& backend_;
  std::shared_ptr<Identity> identity_;
  bool counted_ = false;                 // among the streams of its identity
  std::shared_ptr<CommandStream> self_;  // until the call is done
  std::mutex mutex_;
  grpc::ByteBuffer incoming_;                // a StreamCommandsRequest
  std::deque<std::unique_ptr<Slot>> slots_;  // in the order of reading; the first is the one being written
  std::size_t executing_ = 0;                // commands in the engine
  bool reading_ = false;
  bool writing_ = false;
  bool read_all_ = false;
  bool broken_ = false;
  bool finished_ = false;
  Status end_;
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartCommandStream(Backend& backend,
                                                                                grpc::CallbackServerContext* context) {
  const auto stream = std::make_shared<CommandStream>(backend);
  stream->Start(*context);
  return stream.get();
}

}  // namespace escrow::api
