// Personal data: records, erasure, legal holds (docs/adr/0006).

#include <algorithm>

#include "audit/domain_decisions.h"

namespace escrow::audit {
namespace {

constexpr std::size_t kCommitmentBytes = 32;
constexpr std::size_t kHoldReferenceBytesMax = 64;
constexpr std::size_t kRecordsMax = 256;
constexpr std::size_t kLegalHoldsMax = 64;

const Party& PartyOf(const Occasion& occasion) {
  return occasion.world.parties.at(KeyOf(occasion.target.platform_id, occasion.target.id));
}

}  // namespace

Complaint Decide(const Occasion& occasion, const v1::CommitRecordRequest& request, v1::Event& event) {
  const Party& party = PartyOf(occasion);
  if (party.erased) {
    return request.parent() + " gets a record although it was erased";
  }
  if (!IsId(request.record_id()) || std::ranges::count(party.records, request.record_id()) != 0) {
    return "record id '" + request.record_id() + "' is no id, or exists";
  }
  if (party.records.size() >= kRecordsMax) {
    return request.parent() + " gets more than 256 records";
  }
  if (request.kind() == v1::RECORD_KIND_UNSPECIFIED || !v1::RecordKind_IsValid(request.kind())) {
    return "the record's kind has a value that is not one";
  }
  if (request.commitment().size() != kCommitmentBytes) {
    return "the record's commitment is not 32 bytes";
  }
  event.mutable_record_committed();
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::EraseSubjectRequest& request, v1::Event& event) {
  const Party& party = PartyOf(occasion);
  if (party.erased) {
    return request.name() + " is erased a second time";
  }
  if (request.cause() == v1::ERASURE_CAUSE_UNSPECIFIED || !v1::ErasureCause_IsValid(request.cause())) {
    return "the erasure's cause has a value that is not one";
  }
  if (party.Held(occasion.now)) {
    return request.name() + " is erased although a legal hold is in force";
  }
  v1::SubjectErased& fact = *event.mutable_subject_erased();
  fact.mutable_record_ids()->Add(party.records.begin(), party.records.end());
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::PlaceLegalHoldRequest& request, v1::Event& event) {
  const Party& party = PartyOf(occasion);
  if (party.erased) {
    return request.name() + " gets a legal hold although it was erased";
  }
  if (!IsId(request.legal_hold_id()) || party.legal_holds.contains(request.legal_hold_id())) {
    return "legal hold id '" + request.legal_hold_id() + "' is no id, or exists";
  }
  if (party.legal_holds.size() >= kLegalHoldsMax) {
    return request.name() + " gets more than 64 legal holds";
  }
  const v1::LegalHold& hold = request.legal_hold();
  if (!IsReference(hold.reference(), kHoldReferenceBytesMax)) {
    return "the legal hold's reference is not 1 to 64 bytes of printable ASCII";
  }
  if (hold.has_end_time() && (!IsTime(hold.end_time()) || NanosOf(hold.end_time()) <= occasion.now)) {
    return "the legal hold's end is no time, or has passed";
  }
  event.mutable_legal_hold_placed();
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::ReleaseLegalHoldRequest& request, v1::Event& event) {
  const LegalHold* hold = Find(PartyOf(occasion).legal_holds, request.legal_hold_id());
  if (hold == nullptr || hold->released) {
    return "legal hold '" + request.legal_hold_id() + "' does not exist, or was released before";
  }
  if (hold->by_operator && occasion.actor.kind() != v1::Principal::KIND_OPERATOR) {
    return "a legal hold of the operator was released by somebody else";
  }
  event.mutable_legal_hold_released();
  return {};
}

}  // namespace escrow::audit
