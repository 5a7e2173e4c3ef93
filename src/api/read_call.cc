#include "api/read_call.h"

#include <string>

#include "api/refusal.h"
#include "base/assert.h"

namespace escrow::api {
namespace {

// One read on its way. The steps own it by turns.
class ReadCall : public std::enable_shared_from_this<ReadCall> {
 public:
  ReadCall(Backend& backend, const grpc::CallbackServerContext& context, grpc::ServerUnaryReactor& reactor)
      : backend_(backend), context_(context), reactor_(reactor) {}
  ~ReadCall() {
    if (counted_) {
      caller_.identity->reads.Give();
    }
  }
  ReadCall(const ReadCall&) = delete;
  ReadCall& operator=(const ReadCall&) = delete;

  void Start(std::string_view method, const Prepare& prepare) {
    grpc::Status status = Admit(context_, backend_.credentials, method, caller_);
    if (status.ok()) {
      counted_ = caller_.identity->reads.Take(backend_.reads_per_credential_max);
      status = counted_ ? prepare(caller_, steps_) : Refuse(v1::REASON_OVERLOADED);
    }
    if (!status.ok() || (!steps_.look && !steps_.fetch)) {
      reactor_.Finish(status);
    } else if (steps_.look) {
      steps_.as_of.now() ? Look() : LookAtPast();
    } else {
      Fetch();
    }
  }

 private:
  void LookAt(const core::Machine& machine, base::Time now) {
    View view{.machine = machine, .state = machine.state(), .now = now, .caller = caller_};
    status_ = steps_.look(view);
    again_ = view.again;
  }

  // The past waits for nobody and lets nobody through: a look that wants more gets it at once.
  void LookAtPast() {
    const bool posted =
        backend_.look_back.Post({.as_of = steps_.as_of,
                                 .look =
                                     [self = shared_from_this()](const core::Machine& machine) {
                                       do {
                                         self->LookAt(machine, machine.last_log_time());
                                       } while (self->status_.ok() && self->again_);
                                     },
                                 .done =
                                     [self = shared_from_this()](const grpc::Status& status) {
                                       self->status_ = status.ok() ? self->status_ : status;
                                       self->Looked();
                                     },
                                 .cancelled = [self = shared_from_this()] { return self->context_.IsCancelled(); }});
    if (!posted) {
      reactor_.Finish(Refuse(v1::REASON_OVERLOADED));
    }
  }

  void Look() {
    const v1::Reason reason = backend_.engine.Query(
        [self = shared_from_this()](const core::Machine& machine, base::Time now) { self->LookAt(machine, now); },
        [self = shared_from_this()] { self->Looked(); });
    if (reason != v1::REASON_UNSPECIFIED) {
      reactor_.Finish(Refuse(reason));
    }
  }

  void Looked() {
    if (!status_.ok()) {
      reactor_.Finish(status_);
    } else if (again_) {
      Look();
    } else if (steps_.fetch) {
      Fetch();
    } else {
      reactor_.Finish(grpc::Status::OK);
    }
  }

  void Fetch() {
    const bool posted = backend_.readers.Post([self = shared_from_this()] {
      self->reactor_.Finish(self->steps_.fetch(LogReader(self->backend_, self->context_)));
    });
    if (!posted) {
      reactor_.Finish(Refuse(v1::REASON_OVERLOADED));
    }
  }

  Backend& backend_;
  const grpc::CallbackServerContext& context_;
  grpc::ServerUnaryReactor& reactor_;
  Caller caller_;
  ReadSteps steps_;
  grpc::Status status_;
  bool again_ = false;
  bool counted_ = false;  // among the reads of its identity
};

}  // namespace

grpc::Status LogReader::Read(std::uint64_t sequence, v1::Event& event) const {
  const absl::StatusOr<std::string> bytes = journal().ReadOne(sequence);
  absl::Status status = bytes.status();
  if (bytes.ok() && !event.ParseFromString(*bytes)) {
    status = absl::DataLossError("event " + std::to_string(sequence) + " is not an event");
  }
  if (status.ok()) {
    return grpc::Status::OK;
  }
  backend_.warn(std::string(status.message()));
  return LogFailure(status);
}

grpc::ServerUnaryReactor* StartRead(Backend& backend, grpc::CallbackServerContext* context, std::string_view method,
                                    const Prepare& prepare) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::make_shared<ReadCall>(backend, *context, *reactor)->Start(method, prepare);
  return reactor;
}

}  // namespace escrow::api
