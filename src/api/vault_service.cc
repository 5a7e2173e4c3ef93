#include "api/vault_service.h"

#include <algorithm>
#include <memory>

#include "api/lookup.h"
#include "api/page.h"
#include "api/read_call.h"
#include "api/refusal.h"
#include "api/scan.h"
#include "api/vault_call.h"
#include "api/vault_stock.h"

namespace escrow::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

// What the log knows of a record.
void Render(const std::string& party_name, const core::RecordEntry& entry, v1::Record& record) {
  record.set_name(core::RecordNameIn(party_name, entry.id));
  record.set_kind(entry.kind);
  record.set_commitment(entry.commitment);
  record.set_sequence(static_cast<std::int64_t>(entry.create_sequence));
}

Status NoSuchRecord(const std::string& name) { return Refuse(v1::REASON_RECORD_NOT_FOUND, {{"record", name}}); }

// Adds content and salt.
Status ReadContent(const Backend& backend, const std::string& party_name, v1::Record& record) {
  absl::StatusOr<vault::Record> found = backend.vault->Get(party_name, CommitmentOf(record.commitment()));
  if (absl::IsNotFound(found.status())) {
    return NoSuchRecord(record.name());  // the party was erased since the look
  }
  if (!found.ok()) {
    backend.warn(std::string(found.status().message()));
    return LogFailure(found.status());
  }
  record.set_content(std::move(found->content));
  record.set_salt(std::move(found->salt));
  return Status::OK;
}

}  // namespace

ServerUnaryReactor* VaultService::PutRecord(CallbackServerContext* context, const v1::PutRecordRequest* request,
                                            v1::CommandReply* reply) {
  return StartPutRecord(backend_, context, *request, *reply);
}

ServerUnaryReactor* VaultService::EraseSubject(CallbackServerContext* context, const v1::EraseSubjectRequest* request,
                                               v1::CommandReply* reply) {
  return StartEraseSubject(backend_, context, *request, *reply);
}

ServerUnaryReactor* VaultService::GetRecord(CallbackServerContext* context, const v1::GetRecordRequest* request,
                                            v1::Record* record) {
  return StartRead(backend_, context, "GetRecord", [=, this](const Caller& caller, ReadSteps& steps) {
    const auto name = core::ParseRecordName(request->name());
    if (!name) {
      return InvalidName("name", request->name());
    }
    const auto party_name = std::make_shared<const std::string>(name->party);
    core::ScopedName party;
    const Status status = ParseParty(caller, "name", *party_name, party);
    if (status.ok() && backend_.vault == nullptr) {
      return Refuse(v1::REASON_NO_VAULT);
    }
    steps.look = [=](View& view) {
      core::PartySlot slot{};
      const Status found = FindParty(view, party, slot);
      if (!found.ok()) {
        return found;
      }
      const std::vector<core::RecordEntry>& records = view.state.party(slot).records;
      const auto entry = std::ranges::find(records, name->id, &core::RecordEntry::id);
      if (entry == records.end()) {
        return NoSuchRecord(request->name());
      }
      Render(*party_name, *entry, *record);
      return Status::OK;
    };
    steps.fetch = [=, this](const LogReader&) { return ReadContent(backend_, *party_name, *record); };
    return status;
  });
}

ServerUnaryReactor* VaultService::ListRecords(CallbackServerContext* context, const v1::ListRecordsRequest* request,
                                              v1::ListRecordsResponse* response) {
  return StartRead(backend_, context, "ListRecords", [=](const Caller& caller, ReadSteps& steps) {
    core::ScopedName party;
    Status status = ParseParty(caller, "parent", request->parent(), party);
    Page page;
    if (status.ok()) {
      status = ParsePage("ListRecords", *request, page);
    }
    steps.look = [=, scan = std::make_shared<Scan>(page)](View& view) {
      core::PartySlot slot{};
      const Status found = FindParty(view, party, slot);
      if (!found.ok()) {
        return found;
      }
      const std::vector<core::RecordEntry>& records = view.state.party(slot).records;
      scan->Look(view, records.size(), [&](std::size_t i) {
        Render(request->parent(), records[i], *response->add_records());
        return true;
      });
      response->set_next_page_token(scan->Token());
      return Status::OK;
    };
    return status;
  });
}

}  // namespace escrow::api
