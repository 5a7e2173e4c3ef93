#include "audit/event_form.h"

#include <algorithm>
#include <array>
#include <string>

#include "audit/clock_time.h"
#include "audit/text.h"
#include "audit/wire.h"
#include "tlog/tile.h"

namespace escrow::audit {
namespace {

// What a kind of event has besides its fact.
struct FactRow {
  v1::Event::FactCase fact;
  enum class Has : std::uint8_t { kNever, kAlways, kEither } command;
  Has platform;
  Has agreement;
};

using Has = FactRow::Has;

constexpr auto kFacts = std::to_array<FactRow>({
    // fact, command, platform, agreement
    {v1::Event::kLogCreated, Has::kNever, Has::kNever, Has::kNever},
    {v1::Event::kPlatformCreated, Has::kAlways, Has::kAlways, Has::kNever},
    {v1::Event::kPartyCreated, Has::kAlways, Has::kAlways, Has::kNever},
    {v1::Event::kCredentialCreated, Has::kAlways, Has::kEither, Has::kNever},
    {v1::Event::kCredentialRevoked, Has::kAlways, Has::kEither, Has::kNever},
    {v1::Event::kClockAdvanced, Has::kAlways, Has::kAlways, Has::kNever},
    {v1::Event::kCommandRefused, Has::kAlways, Has::kEither, Has::kNever},
    {v1::Event::kSigningKeyRotated, Has::kAlways, Has::kNever, Has::kNever},
    {v1::Event::kAgreementCreated, Has::kAlways, Has::kAlways, Has::kAlways},
    {v1::Event::kAgreementAccepted, Has::kAlways, Has::kAlways, Has::kAlways},
    {v1::Event::kAgreementActivated, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kCancellationConsented, Has::kAlways, Has::kAlways, Has::kAlways},
    {v1::Event::kAgreementCancelled, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kAgreementClosed, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kLongStopReached, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kDepositRecorded, Has::kAlways, Has::kAlways, Has::kAlways},
    {v1::Event::kUnallocatedReturned, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kMilestoneFunded, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kConfirmationRecorded, Has::kAlways, Has::kAlways, Has::kAlways},
    {v1::Event::kConfirmationDeemed, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kDeadlineMissed, Has::kNever, Has::kAlways, Has::kAlways},
    {v1::Event::kMilestoneReleased, Has::kEither, Has::kAlways, Has::kAlways},
    {v1::Event::kMilestoneRefunded, Has::kEither, Has::kAlways, Has::kAlways},
    {v1::Event::kPayoutRequested, Has::kEither, Has::kAlways, Has::kEither},
    {v1::Event::kPayoutSent, Has::kAlways, Has::kAlways, Has::kEither},
    {v1::Event::kPayoutSettled, Has::kAlways, Has::kAlways, Has::kEither},
    {v1::Event::kPayoutFailed, Has::kAlways, Has::kAlways, Has::kEither},
    {v1::Event::kPayoutReturned, Has::kAlways, Has::kAlways, Has::kEither},
    {v1::Event::kRecordCommitted, Has::kAlways, Has::kAlways, Has::kNever},
    {v1::Event::kSubjectErased, Has::kAlways, Has::kAlways, Has::kNever},
    {v1::Event::kLegalHoldPlaced, Has::kAlways, Has::kAlways, Has::kNever},
    {v1::Event::kLegalHoldReleased, Has::kAlways, Has::kAlways, Has::kNever},
});

Complaint CheckPresence(bool there, Has rule, const std::string& what) {
  if (there && rule == Has::kNever) {
    return what + " is set in an event that has none";
  }
  if (!there && rule == Has::kAlways) {
    return what + " is not set";
  }
  return {};
}

Complaint CheckFact(const v1::Event& event) {
  const auto* row = std::ranges::find(kFacts, event.fact_case(), &FactRow::fact);
  if (row == kFacts.end()) {
    return "the event has no fact";
  }
  if (Complaint wrong = CheckPresence(event.has_command(), row->command, "command")) {
    return wrong;
  }
  if (Complaint wrong = CheckPresence(!event.platform().empty(), row->platform, "platform")) {
    return wrong;
  }
  return CheckPresence(!event.agreement_id().empty(), row->agreement, "agreement_id");
}

Complaint CheckTimes(const v1::Event& event) {
  if (!event.has_log_time() || !IsTime(event.log_time())) {
    return "log_time is not set, or is no time";
  }
  if (!event.has_effective_time()) {
    return {};
  }
  if (!IsTime(event.effective_time())) {
    return "effective_time is no time";
  }
  return NanosOf(event.effective_time()) == NanosOf(event.log_time())
             ? Complaint("effective_time is set although it is log_time")
             : Complaint();
}

}  // namespace

Complaint ReadEvent(std::string_view entry, v1::Event& event) {
  if (entry.size() > tlog::kEntryBytesMax) {
    return "the entry has " + std::to_string(entry.size()) + " bytes, more than 65,535";
  }
  if (!event.ParseFromArray(entry.data(), static_cast<int>(entry.size()))) {
    return "the entry is no escrow.v1.Event";
  }
  if (const std::string unknown = UnknownIn(entry, *v1::Event::descriptor()); !unknown.empty()) {
    return "the contract does not know " + unknown;
  }
  if (const std::size_t bytes = event.ByteSizeLong(); bytes != entry.size()) {
    return "the entry has " + std::to_string(entry.size()) + " bytes for what takes " + std::to_string(bytes);
  }
  if (event.sequence() == 0) {
    return "sequence is not set";
  }
  if (Complaint wrong = CheckTimes(event)) {
    return wrong;
  }
  if (Complaint wrong = CheckFact(event)) {
    return wrong;
  }
  if (event.has_actor() != event.has_command()) {
    return "actor and command are not set together";
  }
  if (event.has_command() && event.cause_sequence() != 0) {
    return "cause_sequence is set in the first event of a command";
  }
  if (!event.platform().empty() && PlatformIdOf(event.platform()).empty()) {
    return "platform '" + event.platform() + "' is no name of a platform";
  }
  if (!event.agreement_id().empty() && !IsId(event.agreement_id())) {
    return "agreement_id '" + event.agreement_id() + "' is no id";
  }
  return {};
}

}  // namespace escrow::audit
