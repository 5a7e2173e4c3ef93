#include "api/vault_call.h"

#include <memory>
#include <optional>
#include <string>

#include "api/caller.h"
#include "api/lookup.h"
#include "api/refusal.h"
#include "api/unknown_fields.h"
#include "api/vault_stock.h"
#include "api/write_call.h"
#include "core/decide.h"
#include "core/names.h"
#include "crypto/random.h"

namespace escrow::api {
namespace {

using grpc::Status;

// Tells the operator, and gives the end of the call: an infrastructure error, so that the outcome is unknown.
Status VaultFailure(const Backend& backend, const absl::Status& status) {
  backend.warn(std::string(status.message()));
  return LogFailure(status);
}

// Who asks and under which id: what makes two requests the same.
std::string RequestOf(const v1::Principal& principal, const std::string& request_id) {
  return std::to_string(principal.kind()) + " " + principal.platform() + principal.party() + " " + request_id;
}

// One PutRecord on its way. The steps own it by turns.
class PutCall : public std::enable_shared_from_this<PutCall> {
 public:
  PutCall(Backend& backend, grpc::ServerUnaryReactor& reactor, const v1::PutRecordRequest& request,
          v1::CommandReply& reply)
      : backend_(backend), reactor_(reactor), request_(request), reply_(reply) {}

  void Start(const grpc::CallbackServerContext& context) {
    Status status = Admit(context, backend_.credentials, "PutRecord", caller_);
    if (status.ok()) {
      status = Check();
    }
    if (status.ok()) {
      const v1::Reason reason = backend_.engine.Query(
          [self = shared_from_this()](const core::Machine& machine, base::Time) { self->Look(machine); },
          [self = shared_from_this()] { self->Looked(); });
      status = reason == v1::REASON_UNSPECIFIED ? Status::OK : Refuse(reason);
    }
    if (!status.ok()) {
      reactor_.Finish(status);
    }
  }

 private:
  // The submission of the commitment.
  class Submission final : public ApiSubmission {
   public:
    explicit Submission(const std::shared_ptr<PutCall>& call)
        : ApiSubmission(call->backend_, call->caller_.identity), call_(call) {
      of_service = true;
      want_events = true;
      Add(call_->command_);
    }

   private:
    void Reply() override {
      google::rpc::Status refusal;
      const Status status = Result(0, call_->reply_, refusal) ? Status::OK : ToGrpc(refusal);
      call_->backend_.vault_writer.PostStreamStep([call = call_, status] { call->Settle(status); });
    }

    const std::shared_ptr<PutCall> call_;
  };

  // Everything that can be said without the state. Makes the command.
  Status Check() {
    core::ScopedName party;
    Status status = ParseParty(caller_, "parent", request_.parent(), party);
    if (!status.ok()) {
      return status;
    }
    if (backend_.vault == nullptr) {
      return Refuse(v1::REASON_NO_VAULT);
    }
    if (const std::string field = FindUnknownField(request_); !field.empty()) {
      return Refuse(v1::REASON_INVALID_FIELD, {{"field", field}});
    }
    if (!core::ParseRequestId(request_.request_id())) {
      return Refuse(v1::REASON_INVALID_REQUEST_ID);
    }
    if (request_.record().content().size() > vault::kContentBytesMax) {
      return Refuse(v1::REASON_INVALID_FIELD,
                    {{"field", "record.content"}, {"max", std::to_string(vault::kContentBytesMax)}});
    }
    v1::CommitRecordRequest& payload = *command_.mutable_commit_record();
    payload.set_parent(request_.parent());
    payload.set_record_id(request_.record_id());
    payload.set_kind(request_.record().kind());
    payload.set_request_id(request_.request_id());
    payload.set_validate_only(request_.validate_only());
    // That of nothing: for dry runs, and for what is refused in any case.
    payload.set_commitment(crypto::RandomBytes(sizeof(vault::Commitment)));
    const core::Check wrong = core::CheckForm(command_);
    return wrong ? Refuse(wrong->reason, wrong->variables) : Status::OK;
  }

  void Look(const core::Machine& machine) {
    made_before_ = machine.FindRequest(caller_.identity->principal, request_.request_id());
    const core::State& state = machine.state();
    const auto name = core::ParsePartyName(request_.parent());
    const auto platform = state.FindPlatform(name->platform_id);
    const auto party = platform ? state.FindParty(*platform, name->id) : std::nullopt;
    erased_ = party && state.party(*party).erased;
  }

  void Looked() {
    if (!backend_.vault_writer.Post([self = shared_from_this()] { self->Put(); })) {
      reactor_.Finish(Refuse(v1::REASON_OVERLOADED));
    }
  }

  // Keeps the record, if it may become one, and submits its commitment.
  void Put() {
    Status status;
    if (made_before_ != 0) {
      status = RecallCommitment();
    } else if (!erased_ && !request_.validate_only()) {
      status = KeepRecord();
    }
    if (status.ok()) {
      status = ApiSubmission::Submit(std::make_unique<Submission>(shared_from_this()));
    }
    if (!status.ok()) {
      Settle(status);
    }
  }

  Status KeepRecord() {
    const std::string request = RequestOf(caller_.identity->principal, request_.request_id());
    const absl::StatusOr<vault::Commitment> put =
        backend_.vault->Put(request_.parent(), request, request_.record().content());
    if (!put.ok()) {
      return VaultFailure(backend_, put.status());
    }
    put_ = *put;
    command_.mutable_commit_record()->set_commitment(std::string(put->begin(), put->end()));
    return Status::OK;
  }

  // The request id was used before, and the log compares: so the command must have the commitment of the first time, if
  // the content is the same or can be compared no more, and another one, if it is another.
  Status RecallCommitment() {
    const absl::StatusOr<std::string> bytes = backend_.engine.journal().ReadOne(made_before_);
    v1::Event event;
    if (!bytes.ok()) {
      return VaultFailure(backend_, bytes.status());
    }
    if (!event.ParseFromString(*bytes)) {
      return VaultFailure(backend_, absl::DataLossError("event " + std::to_string(made_before_) + " is not an event"));
    }
    const v1::CommitRecordRequest& before = event.command().commit_record();
    if (!event.command().has_commit_record() || before.parent() != request_.parent()) {
      return Status::OK;  // another command in any case
    }
    const absl::StatusOr<vault::Record> record =
        backend_.vault->Get(before.parent(), CommitmentOf(before.commitment()));
    const bool other = record.ok() && record->content != request_.record().content();
    if (!other) {
      command_.mutable_commit_record()->set_commitment(before.commitment());
    }
    return Status::OK;
  }

  // The end: `status` is what the log says.
  void Settle(const Status& status) {
    if (put_) {
      const absl::Status settled = backend_.vault->Settle(request_.parent(), *put_, status.ok());
      if (!settled.ok()) {
        backend_.warn(std::string(settled.message()));  // the next start settles it
      }
    }
    reactor_.Finish(status);
  }

  Backend& backend_;
  grpc::ServerUnaryReactor& reactor_;  // gRPC keeps the call, with request and reply, until it is finished
  const v1::PutRecordRequest& request_;
  v1::CommandReply& reply_;
  Caller caller_;
  v1::Command command_;
  std::uint64_t made_before_ = 0;  // the event of this request id, if there is one
  bool erased_ = false;
  std::optional<vault::Commitment> put_;
};

class EraseSubmission final : public ApiSubmission {
 public:
  EraseSubmission(Backend& backend, std::shared_ptr<Identity> identity, const v1::EraseSubjectRequest& request,
                  grpc::ServerUnaryReactor& reactor, v1::CommandReply& reply)
      : ApiSubmission(backend, std::move(identity)), service_(backend), reactor_(reactor), reply_(reply) {
    of_service = true;
    want_events = true;
    *command_.mutable_erase_subject() = request;
    Add(command_);
  }

 private:
  // Destroys also when the request was made before: the first attempt may have ended before all was gone.
  void Reply() override {
    google::rpc::Status refusal;
    if (!Result(0, reply_, refusal)) {
      return reactor_.Finish(ToGrpc(refusal));
    }
    if (command_.erase_subject().validate_only()) {
      return reactor_.Finish(Status::OK);
    }
    service_.vault_writer.PostStreamStep(
        [&backend = service_, &reactor = reactor_, name = command_.erase_subject().name()] {
          const absl::Status erased = backend.vault->Erase(name);
          reactor.Finish(erased.ok() ? Status::OK : VaultFailure(backend, erased));
        });
  }

  Backend& service_;
  v1::Command command_;
  grpc::ServerUnaryReactor& reactor_;
  v1::CommandReply& reply_;
};

}  // namespace

grpc::ServerUnaryReactor* StartPutRecord(Backend& backend, grpc::CallbackServerContext* context,
                                         const v1::PutRecordRequest& request, v1::CommandReply& reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::make_shared<PutCall>(backend, *reactor, request, reply)->Start(*context);
  return reactor;
}

grpc::ServerUnaryReactor* StartEraseSubject(Backend& backend, grpc::CallbackServerContext* context,
                                            const v1::EraseSubjectRequest& request, v1::CommandReply& reply) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Caller caller;
  Status status = Admit(*context, backend.credentials, "EraseSubject", caller);
  if (status.ok() && backend.vault == nullptr) {
    status = Refuse(v1::REASON_NO_VAULT);
  }
  if (status.ok()) {
    status = ApiSubmission::Submit(
        std::make_unique<EraseSubmission>(backend, std::move(caller.identity), request, *reactor, reply));
  }
  if (!status.ok()) {
    reactor->Finish(status);
  }
  return reactor;
}

}  // namespace escrow::api
