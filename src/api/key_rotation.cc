#include "api/key_rotation.h"

#include <memory>
#include <string>
#include <utility>

#include "api/caller.h"
#include "api/refusal.h"
#include "api/write_call.h"
#include "core/machine.h"

namespace escrow::api {
namespace {

using grpc::Status;

// One rotation on its way. The steps own it by turns.
class Rotation : public std::enable_shared_from_this<Rotation> {
 public:
  Rotation(Backend& backend, grpc::ServerUnaryReactor& reactor, const v1::RotateSigningKeyRequest& request,
           v1::CommandReply& reply)
      : backend_(backend), reactor_(reactor), request_(*command_.mutable_rotate_signing_key()), reply_(reply) {
    request_ = request;
  }

  void Start(const grpc::CallbackServerContext& context) {
    Caller caller;
    Status status = Admit(context, backend_.credentials, "RotateSigningKey", caller);
    identity_ = std::move(caller.identity);
    if (status.ok()) {
      status = Check();
    }
    if (status.ok()) {
      const v1::Reason reason = backend_.engine.Query(
          [self = shared_from_this()](const core::Machine& machine, base::Time) { self->Look(machine.state()); },
          [self = shared_from_this()] { self->Looked(); });
      status = reason == v1::REASON_UNSPECIFIED ? Status::OK : Refuse(reason);
    }
    if (!status.ok()) {
      reactor_.Finish(status);
    }
  }

 private:
  class Submission final : public ApiSubmission {
   public:
    explicit Submission(const std::shared_ptr<Rotation>& rotation)
        : ApiSubmission(rotation->backend_, rotation->identity_), rotation_(rotation) {
      of_service = true;
      want_events = true;
      Add(rotation_->command_);
    }

   private:
    void Reply() override {
      google::rpc::Status refusal;
      const bool accepted = Result(0, rotation_->reply_, refusal);
      if (accepted && !rotation_->request_.validate_only() && !rotation_->reply_.repeated_request()) {
        rotation_->backend_.publisher->TakeOver();
      }
      rotation_->reactor_.Finish(accepted ? Status::OK : ToGrpc(refusal));
    }

    const std::shared_ptr<Rotation> rotation_;
  };

  Status Check() {
    if (!request_.handover().empty()) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", "handover"}});
    }
    return backend_.publisher == nullptr ? Refuse(v1::REASON_SIGNING_KEY_NOT_FOUND) : Status::OK;
  }

  void Look(const core::State& state) {
    for (const core::SigningKey& key : state.signing_keys()) {
      made_before_ = key.verifier_key == request_.verifier_key() ? key.sequence : made_before_;
    }
  }

  void Looked() {
    if (!backend_.readers.Post([self = shared_from_this()] { self->HandOver(); })) {
      reactor_.Finish(Refuse(v1::REASON_OVERLOADED));
    }
  }

  void HandOver() {
    Status status = made_before_ != 0 ? RecallHandover() : MakeHandover();
    if (status.ok()) {
      status = ApiSubmission::Submit(std::make_unique<Submission>(shared_from_this()));
    }
    if (!status.ok()) {
      reactor_.Finish(status);
    }
  }

  Status MakeHandover() {
    absl::StatusOr<std::string> handover = backend_.publisher->Handover(request_.verifier_key());
    if (absl::IsNotFound(handover.status())) {
      return Refuse(v1::REASON_SIGNING_KEY_NOT_FOUND, {{"verifier_key", request_.verifier_key()}});
    }
    if (!handover.ok()) {
      return Failure(handover.status());
    }
    request_.set_handover(*std::move(handover));
    return Status::OK;
  }

  // The same request again must be the same command: with the handover of the first time.
  Status RecallHandover() {
    const absl::StatusOr<std::string> bytes = backend_.engine.journal().ReadOne(made_before_);
    v1::Event event;
    if (!bytes.ok()) {
      return Failure(bytes.status());
    }
    if (!event.ParseFromString(*bytes)) {
      return Failure(absl::DataLossError("event " + std::to_string(made_before_) + " is not an event"));
    }
    request_.set_handover(event.command().rotate_signing_key().handover());
    return Status::OK;
  }

  Status Failure(const absl::Status& status) {
    backend_.warn(std::string(status.message()));
    return LogFailure(status);
  }

  Backend& backend_;
  grpc::ServerUnaryReactor& reactor_;  // gRPC keeps the call, with the reply, until it is finished
  v1::Command command_;
  v1::RotateSigningKeyRequest& request_;  // the command's
  v1::CommandReply& reply_;
  std::shared_ptr<Identity> identity_;
  std::uint64_t made_before_ = 0;  // the event by which this key took over, if there is one
};

}  // namespace

grpc::ServerUnaryReactor* StartKeyRotation(Backend& backend, grpc::CallbackServerContext* context,
                                           const v1::RotateSigningKeyRequest& request, v1::CommandReply& reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::make_shared<Rotation>(backend, *reactor, request, reply)->Start(*context);
  return reactor;
}

}  // namespace escrow::api
