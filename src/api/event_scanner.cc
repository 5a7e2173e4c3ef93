#include "api/event_scanner.h"

#include <algorithm>

#include "api/lookup.h"
#include "api/refusal.h"
#include "core/names.h"

namespace escrow::api {
namespace {

using grpc::Status;

Status Invalid(std::string_view field) {
  return Refuse(v1::REASON_FILTER_INVALID, {{"field", "event_filter." + std::string(field)}});
}

// Sets the selection's platform to the one that a name of the filter lies in. False when it contradicts another name.
bool SetPlatform(std::string_view platform_id, EventSelection& selection) {
  std::string name = core::PlatformName(platform_id);
  const bool same = selection.platform.empty() || selection.platform == name;
  selection.platform = std::move(name);
  return same;
}

Status SelectNames(const v1::EventFilter& filter, EventSelection& selection) {
  if (!filter.platform().empty()) {
    const auto platform_id = core::ParsePlatformName(filter.platform());
    if (!platform_id) {
      return InvalidName("event_filter.platform", filter.platform());
    }
    selection.platform = filter.platform();
  }
  if (!filter.agreement().empty()) {
    const auto agreement = core::ParseAgreementName(filter.agreement());
    if (!agreement) {
      return InvalidName("event_filter.agreement", filter.agreement());
    }
    if (!SetPlatform(agreement->platform_id, selection)) {
      return Invalid("agreement");
    }
    selection.agreement_id = agreement->id;
  }
  if (!filter.party().empty()) {
    const auto party = core::ParsePartyName(filter.party());
    if (!party) {
      return InvalidName("event_filter.party", filter.party());
    }
    if (!SetPlatform(party->platform_id, selection)) {
      return Invalid("party");
    }
    selection.party = filter.party();
  }
  return Status::OK;
}

}  // namespace

Status SelectEvents(const Caller& caller, const v1::EventFilter& filter, EventSelection& selection) {
  const Status status = SelectNames(filter, selection);
  if (!status.ok()) {
    return status;
  }
  for (const int kind : filter.kinds()) {
    if (!v1::EventKind_IsValid(kind) || kind == v1::EVENT_KIND_UNSPECIFIED) {
      return Invalid("kinds");
    }
    selection.kinds.push_back(static_cast<v1::EventKind>(kind));
  }
  const Reach& reach = caller.reach;
  if (reach.everything()) {
    return Status::OK;
  }
  if (selection.platform.empty()) {
    return Refuse(v1::REASON_MISSING_FIELD, {{"field", "event_filter.platform"}});
  }
  if (selection.platform != core::PlatformName(reach.platform_id())) {
    return Denied();
  }
  if (reach.party_only()) {
    selection.self = core::PartyName(reach.platform_id(), reach.party_id());
  }
  return Status::OK;
}

bool EventScanner::MayMatch(const v1::Event& event) const {
  const auto kind = static_cast<v1::EventKind>(event.fact_case());
  return (selection_.platform.empty() || event.platform() == selection_.platform) &&
         (selection_.agreement_id.empty() || event.agreement_id() == selection_.agreement_id) &&
         (selection_.kinds.empty() || std::ranges::find(selection_.kinds, kind) != selection_.kinds.end());
}

Status EventScanner::Collect(std::uint64_t first, std::uint64_t last, google::protobuf::Arena& arena,
                             std::vector<Candidate>& candidates, std::uint64_t& through) const {
  absl::Status bad;
  std::size_t bytes_seen = 0;
  const absl::Status read = backend_.engine.journal().Read(first, [&](std::uint64_t sequence, std::string_view bytes) {
    if (sequence > last) {
      return false;
    }
    auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&arena);
    if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      bad = absl::DataLossError("event " + std::to_string(sequence) + " is not an event");
      return false;
    }
    if (MayMatch(*event)) {
      candidates.push_back({sequence, std::string(bytes), event});
    }
    through = sequence;
    bytes_seen += bytes.size();
    return sequence - first + 1 < kScanEventsMax && bytes_seen < kScanBytesMax;
  });
  if (read.ok() && bad.ok() && through < first) {
    bad = absl::DataLossError("event " + std::to_string(first) + " is missing");
  }
  const absl::Status& status = read.ok() ? bad : read;
  if (status.ok()) {
    return Status::OK;
  }
  backend_.warn(std::string(status.message()));
  return LogFailure(status);
}

Status EventScanner::KeepConcerned(const std::string& party, std::vector<Candidate>& candidates) const {
  std::vector<const v1::Event*> events;
  for (const Candidate& candidate : candidates) {
    events.push_back(candidate.event);
  }
  std::vector<bool> concerned;
  const v1::Reason reason = backend_.participants.Concern(events, party, concerned);
  if (reason != v1::REASON_UNSPECIFIED) {
    return Refuse(reason);
  }
  std::vector<Candidate> kept;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (concerned[i]) {
      kept.push_back(std::move(candidates[i]));
    }
  }
  candidates = std::move(kept);
  return Status::OK;
}

Status EventScanner::Scan(std::uint64_t first, std::uint64_t last, const ScanBounds& bounds, ScanResult& result) {
  google::protobuf::Arena arena;
  std::vector<Candidate> candidates;
  Status status = Collect(first, last, arena, candidates, result.through_sequence);
  for (const std::string& party : {selection_.party, selection_.self}) {
    if (status.ok() && !party.empty()) {
      status = KeepConcerned(party, candidates);
    }
  }
  if (!status.ok()) {
    return status;
  }
  std::size_t bytes = 0;
  for (Candidate& candidate : candidates) {
    if (result.events.size() == bounds.events_max ||
        (bytes != 0 && bytes + candidate.bytes.size() > bounds.bytes_max)) {
      result.through_sequence = candidate.sequence - 1;
      break;
    }
    bytes += candidate.bytes.size();
    result.events.push_back(std::move(candidate.bytes));
  }
  return Status::OK;
}

}  // namespace escrow::api
