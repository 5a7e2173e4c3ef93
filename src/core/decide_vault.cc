// Personal data: records, erasure, legal holds (docs/adr/0006, standards.md §4.6).

#include <algorithm>

#include "core/apply.h"
#include "core/decide.h"
#include "core/limits.h"
#include "core/names.h"

namespace escrow::core {
namespace {

const Party& PartyOf(const Situation& situation) { return situation.state.party(*situation.party); }

Check CheckNotErased(const Situation& situation, const std::string& name) {
  return PartyOf(situation).erased ? Refuse(v1::REASON_SUBJECT_ERASED, {{"party", name}}) : Check{};
}

Check TooMany(std::string_view field, std::size_t max) {
  return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", std::string(field)}, {"max", std::to_string(max)}});
}

}  // namespace

Check Decide(const Situation& situation, const v1::CommitRecordRequest& request, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckNotErased(situation, request.parent()));
  const std::vector<RecordEntry>& records = PartyOf(situation).records;
  if (std::ranges::find(records, request.record_id(), &RecordEntry::id) != records.end()) {
    return Refuse(v1::REASON_RECORD_EXISTS, {{"record", RecordNameIn(request.parent(), request.record_id())}});
  }
  if (records.size() == kRecordsMax) {
    return TooMany("records", kRecordsMax);
  }
  event.mutable_record_committed();
  return {};
}

Check Decide(const Situation& situation, const v1::EraseSubjectRequest& request, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckNotErased(situation, request.name()));
  const Party& party = PartyOf(situation);
  const auto hold =
      std::ranges::find_if(party.legal_holds, [&](const LegalHold& held) { return held.InForce(situation.now); });
  if (hold != party.legal_holds.end()) {
    return Refuse(v1::REASON_LEGAL_HOLD, {{"party", request.name()},
                                          {"legal_hold_id", hold->id},
                                          {"reference", hold->reference},
                                          {"sequence", std::to_string(hold->create_sequence)}});
  }
  v1::SubjectErased& fact = *event.mutable_subject_erased();
  for (const RecordEntry& record : party.records) {
    fact.add_record_ids(record.id);
  }
  return {};
}

Check Decide(const Situation& situation, const v1::PlaceLegalHoldRequest& request, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckNotErased(situation, request.name()));
  const std::vector<LegalHold>& holds = PartyOf(situation).legal_holds;
  if (std::ranges::find(holds, request.legal_hold_id(), &LegalHold::id) != holds.end()) {
    return Refuse(v1::REASON_LEGAL_HOLD_EXISTS,
                  {{"party", request.name()}, {"legal_hold_id", request.legal_hold_id()}});
  }
  if (holds.size() == kLegalHoldsMax) {
    return TooMany("legal_holds", kLegalHoldsMax);
  }
  if (request.legal_hold().has_end_time() && FromTimestamp(request.legal_hold().end_time()) <= situation.now) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", "legal_hold.end_time"}});
  }
  event.mutable_legal_hold_placed();
  return {};
}

Check Decide(const Situation& situation, const v1::ReleaseLegalHoldRequest& request, v1::Event& event) {
  const std::vector<LegalHold>& holds = PartyOf(situation).legal_holds;
  const auto hold = std::ranges::find(holds, request.legal_hold_id(), &LegalHold::id);
  if (hold == holds.end() || hold->released) {
    return Refuse(v1::REASON_LEGAL_HOLD_NOT_FOUND,
                  {{"party", request.name()}, {"legal_hold_id", request.legal_hold_id()}});
  }
  if (hold->by_operator && situation.actor.kind() != v1::Principal::KIND_OPERATOR) {
    return Refuse(v1::REASON_PERMISSION_DENIED, {{"legal_hold_id", hold->id}});
  }
  event.mutable_legal_hold_released();
  return {};
}

}  // namespace escrow::core
