#include "api/event_stream.h"

#include <atomic>
#include <memory>
#include <optional>

#include "api/event_scanner.h"
#include "api/refusal.h"
#include "api/stored.h"
#include "grpcpp/server_context.h"

namespace escrow::api {
namespace {

using grpc::Status;

constexpr ScanBounds kMessageBounds{.events_max = 256, .bytes_max = 256 << 10};
// When nothing matches, the client is told so often how far the stream has come.
constexpr std::uint64_t kQuietEventsMax = 10'000;

// One stream. At any time exactly one of these goes on with it: a step on a reader's thread, the write on its way, or
// the hub where it waits for the log to go on. Whoever that is may finish it, nobody else; so Finish is called once,
// and after it nothing but OnDone happens. A cancellation is noticed by the next step, and OnCancel fetches a waiting
// stream from the hub. A step may outlive the call by a moment; it owns the stream as the call does, and does not touch
// the call's context then.
class EventStream final : public grpc::ServerWriteReactor<v1::StreamEventsResponse>,
                          public std::enable_shared_from_this<EventStream>,
                          public EventHub::Waiter {
 public:
  EventStream(Backend& backend, const grpc::CallbackServerContext& context) : backend_(backend), context_(context) {}

  void Start(const v1::StreamEventsRequest& request) {
    self_ = shared_from_this();
    Status status = Admit(context_, backend_.credentials, "StreamEvents", caller_);
    if (status.ok() && request.start_sequence() < 0) {
      status = Refuse(v1::REASON_INVALID_FIELD, {{"field", "start_sequence"}});
    }
    EventSelection selection;
    if (status.ok()) {
      status = SelectEvents(caller_, request.event_filter(), selection);
    }
    if (status.ok() && !Enter()) {
      status = Refuse(v1::REASON_OVERLOADED);
    }
    if (!status.ok()) {
      Finish(status);
      return;
    }
    next_ = request.start_sequence() == 0 ? 1 : static_cast<std::uint64_t>(request.start_sequence());
    told_ = next_ - 1;
    if (request.stop_at_end()) {
      end_ = backend_.hub.durable_sequence();
    }
    scanner_.emplace(backend_, std::move(selection));
    PostStep();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      PostStep();
    } else {
      Finish(Status::CANCELLED);
    }
  }

  void OnCancel() override {
    cancelled_ = true;
    if (backend_.hub.Forget(*this)) {
      Finish(Status::CANCELLED);
    }
  }

  void OnDone() override {
    if (entered_) {
      backend_.hub.Leave();
      caller_.identity->streams.Give();
    }
    self_ = nullptr;
  }

 private:
  // Takes a place among the streams of the caller and among all.
  bool Enter() {
    if (!caller_.identity->streams.Take(backend_.streams_per_credential_max)) {
      return false;
    }
    entered_ = backend_.hub.Enter();
    if (!entered_) {
      caller_.identity->streams.Give();
    }
    return entered_;
  }

  void PostStep() {
    backend_.readers.PostStreamStep([self = shared_from_this()] { self->Step(); });
  }

  void Woken() override { PostStep(); }

  // Whether the stream has to end before it has come to its end.
  Status Interrupted() const {
    if (cancelled_) {
      return Status::CANCELLED;
    }
    if (caller_.identity->revoked) {
      return Refuse(v1::REASON_UNAUTHENTICATED);
    }
    return backend_.hub.closed() ? Refuse(v1::REASON_DRAINING) : Status::OK;
  }

  // Reads on, and sends what there is to send.
  void Step() {
    Status status = Interrupted();
    const std::uint64_t last = end_.value_or(backend_.hub.durable_sequence());
    ScanResult found;
    if (status.ok() && next_ <= last) {
      status = scanner_->Scan(next_, last, kMessageBounds, found);
      next_ = found.through_sequence + 1;
    }
    if (!status.ok()) {
      Finish(status);
      return;
    }
    const bool at_end = next_ > last;
    const bool told_all = told_ + 1 == next_;
    if (!found.events.empty() || (!told_all && (next_ - 1 - told_ >= kQuietEventsMax || (at_end && end_)))) {
      Send(found);
    } else if (!at_end) {
      PostStep();
    } else if (end_) {
      Finish(Status::OK);
    } else {
      backend_.hub.Wait(shared_from_this(), next_ - 1);
      // A cancellation that came just before the wait found nothing to fetch.
      if (cancelled_ && backend_.hub.Forget(*this)) {
        Finish(Status::CANCELLED);
      }
    }
  }

  void Send(const ScanResult& found) {
    message_.Clear();
    for (const std::string& bytes : found.events) {
      AddStored(message_, v1::StreamEventsResponse::kEventsFieldNumber, bytes);
    }
    told_ = next_ - 1;
    message_.set_through_sequence(static_cast<std::int64_t>(told_));
    StartWrite(&message_);
  }

  Backend& backend_;
  const grpc::CallbackServerContext& context_;
  Caller caller_;
  std::shared_ptr<EventStream> self_;  // until the call is done
  std::atomic<bool> cancelled_ = false;
  bool entered_ = false;
  std::optional<EventScanner> scanner_;
  std::uint64_t next_ = 1;            // to read next
  std::uint64_t told_ = 0;            // what the client knows to be through
  std::optional<std::uint64_t> end_;  // where to stop
  v1::StreamEventsResponse message_;  // on its way
};

}  // namespace

grpc::ServerWriteReactor<v1::StreamEventsResponse>* StartEventStream(Backend& backend,
                                                                     grpc::CallbackServerContext* context,
                                                                     const v1::StreamEventsRequest& request) {
  const auto stream = std::make_shared<EventStream>(backend, *context);
  stream->Start(request);
  return stream.get();
}

}  // namespace escrow::api
