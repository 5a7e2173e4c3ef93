#pragma once

// What of the state is written, value by value: the snapshot format (docs/DATA_FORMATS.md). The rest is derived on
// loading. For the .cc files of the core's state only.

#include <string>
#include <vector>

#include "base/mutant.h"
#include "core/codec.h"
#include "core/request_table.h"
#include "core/state.h"

namespace escrow::core {

template <class Archive>
void Visit(Archive& archive, base::Time& time) {
  archive(time.ns);
}

template <class Archive>
void Visit(Archive& archive, TimerTerms& timer) {
  archive(timer.start), archive(timer.kind), archive(timer.seconds);
}

template <class Archive>
void Visit(Archive& archive, RequirementTerms& requirement) {
  archive(requirement.kind), archive(requirement.role), archive(requirement.evidence_mask);
  archive(requirement.deemed);
}

template <class Archive>
void Visit(Archive& archive, ConditionNode& node) {
  archive(node.at_least), archive(node.children);
}

template <class Archive>
void Visit(Archive& archive, MilestoneTerms& milestone) {
  archive(milestone.id), archive(milestone.release_on_funding), archive(milestone.condition);
  archive(milestone.requirements), archive(milestone.opens_after), archive(milestone.funding_deadline);
  archive(milestone.delivery_deadline), archive(milestone.delivery_met_by);
}

template <class Archive>
void Visit(Archive& archive, PolicyTerms& policies) {
  archive(policies.acceptance), archive(policies.funding), archive(policies.partial_deposit);
  archive(policies.overfunding), archive(policies.underfunding), archive(policies.underfunding_tolerance);
  archive(policies.late_funding), archive(policies.missed_milestone), archive(policies.early_confirmation);
  archive(policies.partial_release), archive(policies.rounding), archive(policies.fee_bearer);
  archive(policies.payout), archive(policies.payout_delay_seconds), archive(policies.party_consent);
  archive(policies.long_stop_seconds), archive(policies.long_stop_action);
}

template <class Archive>
void Visit(Archive& archive, Terms& terms) {
  archive(terms.policies), archive(terms.milestones);
}

template <class Archive>
void Visit(Archive& archive, Platform& platform) {
  archive(platform.id), archive(platform.sandbox), archive(platform.rail_access), archive(platform.clock);
  archive(platform.create_time), archive(platform.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, PartyBalance& balance) {
  archive(balance.currency), archive(balance.payable), archive(balance.refundable);
  archive(balance.payable_scheduled), archive(balance.refundable_scheduled);
}

template <class Archive>
void Visit(Archive& archive, SigningKey& key) {
  archive(key.verifier_key), archive(key.sequence);
}

template <class Archive>
void Visit(Archive& archive, RecordEntry& record) {
  archive(record.id), archive(record.kind), archive(record.commitment), archive(record.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, LegalHold& hold) {
  archive(hold.id), archive(hold.reference), archive(hold.end), archive(hold.by_operator), archive(hold.released);
  archive(hold.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, Party& party) {
  archive(party.platform), archive(party.id), archive(party.create_time), archive(party.create_sequence);
  archive(party.balances), archive(party.records), archive(party.legal_holds), archive(party.erased);
}

template <class Archive>
void Visit(Archive& archive, Participant& participant) {
  archive(participant.role), archive(participant.party);
}

template <class Archive>
void Visit(Archive& archive, Line& line) {
  archive(line.account), archive(line.party), archive(line.amount), archive(line.released);
}

template <class Archive>
void Visit(Archive& archive, Milestone& milestone) {
  bool nothing = false;
  archive(milestone.state), archive(ESCROW_MUTANT(SnapshotForgets) ? nothing : milestone.funding_missed);
  archive(milestone.kinds_recorded);
  archive(milestone.met), archive(milestone.required), archive(milestone.held), archive(milestone.released);
  archive(milestone.refunded), archive(milestone.line_begin), archive(milestone.line_end);
  archive(milestone.met_by);
}

template <class Archive>
void Visit(Archive& archive, Timer& timer) {
  archive(timer.deadline), archive(timer.kind), archive(timer.milestone), archive(timer.index);
  archive(timer.start_sequence);
}

template <class Archive>
void Visit(Archive& archive, ScheduledPayout& payout) {
  archive(payout.due), archive(payout.source), archive(payout.party), archive(payout.amount);
}

template <class Archive>
void Visit(Archive& archive, Agreement& agreement) {
  archive(agreement.platform), archive(agreement.terms), archive(agreement.currency), archive(agreement.state);
  archive(agreement.expired), archive(agreement.long_stop), archive(agreement.cancelled), archive(agreement.id);
  archive(agreement.create_sequence), archive(agreement.last_sequence), archive(agreement.create_time);
  archive(agreement.update_time), archive(agreement.deposited), archive(agreement.reversed);
  archive(agreement.released), archive(agreement.refunded), archive(agreement.fees);
  archive(agreement.unallocated), archive(agreement.unallocated_late), archive(agreement.debt);
  archive(agreement.accepted_mask), archive(agreement.consented_mask), archive(agreement.participants);
  archive(agreement.milestones), archive(agreement.lines), archive(agreement.timers);
  archive(agreement.scheduled_payouts), archive(agreement.fixed_times), archive(agreement.deposit_ids);
}

template <class Archive>
void Visit(Archive& archive, Payout& payout) {
  archive(payout.platform), archive(payout.id), archive(payout.source), archive(payout.party);
  archive(payout.agreement), archive(payout.currency), archive(payout.amount), archive(payout.state);
  archive(payout.create_sequence), archive(payout.last_sequence), archive(payout.create_time);
  archive(payout.update_time);
}

template <class Archive>
void Visit(Archive& archive, Credential& credential) {
  archive(credential.id), archive(credential.kind), archive(credential.platform), archive(credential.party);
  archive(credential.certificate), archive(credential.sha256), archive(credential.revoked);
  archive(credential.create_sequence);
}

template <class Archive>
void Visit(Archive& archive, LedgerTotals& totals) {
  archive(totals.currency);
  for (Wide& total : totals.by_kind) {
    archive(total);
  }
}

template <class Archive>
void Visit(Archive& archive, RequestEntry& entry) {
  archive.Fixed(entry.key.id.hi), archive.Fixed(entry.key.id.lo), archive.Fixed(entry.key.principal);
  archive(entry.sequence);
}

}  // namespace escrow::core
