#include "api/operations_service.h"

#include <string>

#include "api/read_call.h"
#include "api/refusal.h"
#include "api/verify_replay.h"
#include "base/assert.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "core/rules.h"
#include "crypto/hex.h"
#include "engine/replay.h"

namespace escrow::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

// Name of a state of a resource that the table of transitions knows, without its prefix.
std::string StateWord(std::string_view resource, int state) {
  constexpr std::size_t kPrefix = std::string_view("STATE_").size();
  if (resource == "Agreement") {
    return v1::Agreement::State_Name(state).substr(kPrefix);
  }
  if (resource == "Milestone") {
    return v1::Milestone::State_Name(state).substr(kPrefix);
  }
  ESCROW_ASSERT(resource == "Payout");
  return v1::Payout::State_Name(state).substr(kPrefix);
}

}  // namespace

ServerUnaryReactor* OperationsService::GetServerStatus(CallbackServerContext* context,
                                                       const v1::GetServerStatusRequest* request,
                                                       v1::ServerStatus* status) {
  return StartRead(backend_, context, "GetServerStatus", [=, this](const Caller&, ReadSteps& steps) {
    steps.look = [=](View& view) {
      status->set_log_id(std::string(view.state.log_id()));
      status->set_applied_sequence(static_cast<std::int64_t>(view.machine.last_sequence()));
      status->set_live_agreement_count(view.state.live_agreement_count());
      status->set_agreement_count(view.state.agreement_count());
      if (request->include_digest()) {
        status->set_state_digest(crypto::HexEncode(engine::StateDigest(view.machine)));
      }
      return Status::OK;
    };
    steps.fetch = [=, this](const LogReader& log) {
      const engine::Watermarks marks = backend_.engine.watermarks();
      status->set_version(backend_.version);
      status->set_durable_sequence(static_cast<std::int64_t>(marks.durable_sequence));
      status->set_snapshot_sequence(static_cast<std::int64_t>(marks.snapshot_sequence));
      status->set_root_hash(crypto::HexEncode(marks.durable_root));
      status->set_accepts_writes(backend_.engine.accepts_writes());
      status->set_rules_version(static_cast<std::int32_t>(core::kRulesVersion));
      const absl::StatusOr<std::uint64_t> free_bytes = log.journal().FreeBytes();
      if (!free_bytes.ok()) {
        return LogFailure(free_bytes.status());
      }
      status->set_disk_free_bytes(static_cast<std::int64_t>(*free_bytes));
      return Status::OK;
    };
    return Status::OK;
  });
}

grpc::ServerWriteReactor<v1::VerifyReplayResponse>* OperationsService::VerifyReplay(CallbackServerContext* context,
                                                                                    const v1::VerifyReplayRequest*) {
  return StartVerifyReplay(backend_, context);
}

ServerUnaryReactor* OperationsService::ListRules(CallbackServerContext* context, const v1::ListRulesRequest*,
                                                 v1::ListRulesResponse* response) {
  return StartRead(backend_, context, "ListRules", [=](const Caller&, ReadSteps&) {
    for (const core::PermissionRow& row : core::PermissionTable()) {
      for (int kind = v1::Principal::KIND_OPERATOR; kind <= v1::Principal::KIND_AUDITOR; ++kind) {
        const core::Scope scope = core::ScopeFor(row, static_cast<v1::Principal::Kind>(kind));
        v1::PermissionRule& rule = *response->add_permissions();
        rule.set_method(std::string(row.method));
        rule.set_principal(static_cast<v1::Principal::Kind>(kind));
        rule.set_scope(std::string(core::ScopeText(scope)));
        rule.set_allowed(scope != core::Scope::kNever);
      }
    }
    for (const core::TransitionRow& row : core::TransitionTable()) {
      v1::TransitionRule& rule = *response->add_transitions();
      rule.set_resource(std::string(row.resource));
      rule.set_state(StateWord(row.resource, row.state));
      rule.set_method(std::string(core::MethodOf(row.command)));
      rule.set_reason(row.reason);
    }
    return Status::OK;
  });
}

ServerUnaryReactor* OperationsService::ListReasons(CallbackServerContext* context, const v1::ListReasonsRequest*,
                                                   v1::ListReasonsResponse* response) {
  return StartRead(backend_, context, "ListReasons", [=](const Caller&, ReadSteps&) {
    for (const core::ReasonRow& row : core::ReasonTable()) {
      v1::ReasonInfo& info = *response->add_reasons();
      info.set_reason(row.reason);
      info.set_reason_name(std::string(row.name));
      info.set_status_code(row.status_code);
      info.set_burns_request_id(row.burns);
      info.set_description(std::string(row.text));
    }
    return Status::OK;
  });
}

ServerUnaryReactor* OperationsService::WhoAmI(CallbackServerContext* context, const v1::WhoAmIRequest*,
                                              v1::Principal* principal) {
  return StartRead(backend_, context, "WhoAmI", [=](const Caller& caller, ReadSteps&) {
    *principal = caller.identity->principal;
    return Status::OK;
  });
}

}  // namespace escrow::api
