#include "api/participants.h"

#include <algorithm>

#include "base/assert.h"
#include "core/names.h"

namespace escrow::api {
namespace {

// Resource name of the payout that an event is about; empty when it is about none.
std::string PayoutOf(const v1::Event& event) {
  using enum v1::Command::PayloadCase;
  switch (event.command().payload_case()) {
    case kSendPayout:
      return event.command().send_payout().name();
    case kSettlePayout:
      return event.command().settle_payout().name();
    case kFailPayout:
      return event.command().fail_payout().name();
    case kReturnPayout:
      return event.command().return_payout().name();
    default:
      return {};
  }
}

// What decides whom an event concerns: resource name of its agreement or its payout, or empty.
std::string SubjectOf(const v1::Event& event) {
  return event.agreement_id().empty() ? PayoutOf(event) : event.platform() + "/agreements/" + event.agreement_id();
}

std::vector<std::string> PartiesOf(const core::State& state, const std::string& subject) {
  std::vector<std::string> parties;
  if (const auto agreement = core::ParseAgreementName(subject)) {
    const auto platform = state.FindPlatform(agreement->platform_id);
    const auto slot = platform ? state.FindAgreement(*platform, agreement->id) : std::nullopt;
    if (slot) {
      for (const core::Participant& participant : state.agreement(*slot).participants) {
        parties.push_back(state.party(participant.party).id);
      }
    }
  } else if (const auto payout = core::ParsePayoutName(subject)) {
    const auto platform = state.FindPlatform(payout->platform_id);
    const auto slot = platform ? state.FindPayout(*platform, payout->id) : std::nullopt;
    if (slot && state.payout(*slot).party) {
      parties.push_back(state.party(*state.payout(*slot).party).id);
    }
  }
  return parties;
}

// Whether the event names the party itself.
bool Names(const v1::Event& event, const std::string& party_name, std::string_view party_id) {
  const v1::Command& command = event.command();
  return event.actor().party() == party_name || event.payout_requested().party_id() == party_id ||
         command.create_party().party_id() == party_id || command.commit_record().parent() == party_name ||
         command.erase_subject().name() == party_name || command.place_legal_hold().name() == party_name ||
         command.release_legal_hold().name() == party_name ||
         command.create_credential().credential().principal().party() == party_name;
}

bool Has(const std::vector<std::string>& parties, std::string_view party_id) {
  return std::ranges::find(parties, party_id) != parties.end();
}

}  // namespace

v1::Reason ParticipantIndex::Concern(std::span<const v1::Event* const> events, const std::string& party_name,
                                     std::vector<bool>& concerned) {
  const auto party = core::ParsePartyName(party_name);
  ESCROW_ASSERT(party.has_value());
  concerned.assign(events.size(), false);
  absl::flat_hash_map<std::string, std::vector<std::size_t>> unknown;  // events by subject
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < events.size(); ++i) {
      std::string subject = SubjectOf(*events[i]);
      const auto known = parties_.find(subject);
      if (Names(*events[i], party_name, party->id)) {
        concerned[i] = true;
      } else if (known != parties_.end()) {
        concerned[i] = Has(known->second, party->id);
      } else if (!subject.empty()) {
        unknown[std::move(subject)].push_back(i);
      }
    }
  }
  if (unknown.empty()) {
    return v1::REASON_UNSPECIFIED;
  }
  absl::flat_hash_map<std::string, std::vector<std::string>> learnt;
  const v1::Reason reason = engine_.QueryAndWait([&](const core::Machine& machine, base::Time) {
    for (const auto& [subject, indexes] : unknown) {
      learnt.emplace(subject, PartiesOf(machine.state(), subject));
    }
  });
  for (const auto& [subject, parties] : learnt) {
    for (const std::size_t i : unknown[subject]) {
      concerned[i] = Has(parties, party->id);
    }
  }
  Keep(learnt);
  return reason;
}

void ParticipantIndex::Keep(absl::flat_hash_map<std::string, std::vector<std::string>>& learnt) {
  const std::lock_guard lock(mutex_);
  if (parties_.size() + learnt.size() > kSubjectsMax) {
    parties_.clear();
  }
  for (auto& [subject, parties] : learnt) {
    if (!parties.empty()) {  // empty: refused before it was created; that may still happen
      parties_.emplace(subject, std::move(parties));
    }
  }
}

}  // namespace escrow::api
