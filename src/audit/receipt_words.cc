#include "audit/receipt_words.h"

#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "base/currency.h"
#include "base/decimal.h"

namespace escrow::audit {
namespace {

// `text` behind `label`, when there is any.
std::string Labelled(const std::string& label, const std::string& text) { return text.empty() ? "" : label + text; }

// What the event books in all: the sum of its credits; empty when it books nothing.
std::string BookedText(const v1::Event& event) {
  std::int64_t sum = 0;
  for (const v1::Posting& posting : event.postings()) {
    if (posting.minor_units() > 0 && __builtin_add_overflow(sum, posting.minor_units(), &sum)) {
      return "more than fits";
    }
  }
  return sum == 0 ? std::string() : AmountText(sum, event.currency_code());
}

std::string CreationDetail(const v1::Event& event) {
  const v1::Agreement& agreement = event.command().create_agreement().agreement();
  std::string text = "agreement " + event.agreement_id() + " with " + std::to_string(agreement.milestones_size()) +
                     (agreement.milestones_size() == 1 ? " milestone" : " milestones");
  for (int i = 0; i < agreement.milestones_size(); ++i) {
    const v1::Amount& amount = agreement.milestones(i).amount();
    text += (i == 0 ? ": " : ", ") + agreement.milestones(i).milestone_id() + ' ' +
            AmountText(amount.minor_units(), amount.currency_code());
  }
  return text + Labelled("; external reference ", agreement.external_reference());
}

std::string DepositDetail(const v1::Event& event) {
  const v1::RecordDepositRequest& deposit = event.command().record_deposit();
  return AmountText(deposit.amount().minor_units(), deposit.amount().currency_code()) + " came in, deposit " +
         deposit.deposit_id() + (event.deposit_recorded().late() ? "; too late, it goes back" : "");
}

std::string ConfirmationDetail(const v1::Event& event, const v1::Agreement* agreement) {
  const v1::ConfirmationRecorded& fact = event.confirmation_recorded();
  const v1::ConfirmMilestoneRequest& request = event.command().confirm_milestone();
  std::string text = EnumText(v1::ConfirmationKind_Name(request.kind()), "CONFIRMATION_KIND_") + " of " +
                     MilestoneText(agreement, fact.milestone_index()) + " confirmed by " + fact.party_id() + " as " +
                     EnumText(v1::Role_Name(fact.role()), "ROLE_");
  if (request.has_occur_time() && IsTime(request.occur_time())) {
    text += "; it happened at " + TimeText(NanosOf(request.occur_time()));
  }
  if (request.evidence_size() > 0) {
    text += "; " + std::to_string(request.evidence_size()) + " pieces of evidence, by hash";
  }
  return text;
}

std::string DeemedDetail(const v1::Event& event, const v1::Agreement* agreement) {
  const v1::ConfirmationDeemed& fact = event.confirmation_deemed();
  return EnumText(v1::ConfirmationKind_Name(fact.kind()), "CONFIRMATION_KIND_") + " of " +
         MilestoneText(agreement, fact.milestone_index()) + " by the " + EnumText(v1::Role_Name(fact.role()), "ROLE_") +
         " counts as confirmed: its timer expired";
}

std::string MovedDetail(const v1::Event& event, const v1::Agreement* agreement, const char* verb, std::uint32_t index,
                        std::int64_t minor_units, v1::MoveCause cause) {
  return AmountText(minor_units, event.currency_code()) + " of " + MilestoneText(agreement, index) + ' ' + verb + ": " +
         CauseText(cause);
}

std::string PayoutRequestDetail(const v1::Event& event) {
  const v1::PayoutRequested& fact = event.payout_requested();
  return AmountText(fact.minor_units(), event.currency_code()) + " requested as payout " + fact.payout_id() + " from " +
         EnumText(v1::AccountKind_Name(fact.source()), "ACCOUNT_KIND_") + Labelled(" of ", fact.party_id());
}

// A step of a payout; `request` is the command that took it.
template <class Request>
std::string PayoutDetail(const v1::Event& event, const Request& request, const std::string& step) {
  return "payout " + IdText(request.name()) + ' ' + step + Labelled(": ", BookedText(event)) +
         Labelled("; bank reference ", request.rail_reference());
}

}  // namespace

std::string AmountText(std::int64_t minor_units, std::string_view currency_code) {
  const std::optional<base::Currency> currency = base::Currency::FromCode(currency_code);
  return currency ? base::FormatDecimal(minor_units, currency->exponent()) + ' ' + std::string(currency_code)
                  : std::to_string(minor_units) + " minor units of " + std::string(currency_code);
}

std::string TimeText(Nanos time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S UTC", absl::FromUnixNanos(time), absl::UTCTimeZone());
}

std::string DurationText(std::int64_t seconds) {
  constexpr auto kUnits = std::to_array<std::pair<std::int64_t, const char*>>(
      {{86'400, "day"}, {3'600, "hour"}, {60, "minute"}, {1, "second"}});
  std::string text;
  for (const auto& [unit, name] : kUnits) {
    if (const std::int64_t count = seconds / unit; count > 0) {
      text += (text.empty() ? "" : " ") + std::to_string(count) + ' ' + name + (count == 1 ? "" : "s");
    }
    seconds %= unit;
  }
  return text.empty() ? "0 seconds" : text;
}

std::string IdText(const std::string& resource_name) { return resource_name.substr(resource_name.rfind('/') + 1); }

std::string EnumText(std::string_view name, std::string_view prefix) {
  name.remove_prefix(name.starts_with(prefix) ? prefix.size() : 0);
  std::string text;
  for (const char c : name) {
    text += c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string KindText(const v1::Event& event) {
  return EnumText(v1::EventKind_Name(static_cast<int>(event.fact_case())), "EVENT_KIND_");
}

std::string AskerText(const v1::Event& event) {
  if (!event.has_actor()) {
    return event.cause_sequence() == 0 ? "a timer" : "follows from event " + std::to_string(event.cause_sequence());
  }
  const v1::Principal& actor = event.actor();
  return EnumText(v1::Principal::Kind_Name(actor.kind()), "KIND_") +
         Labelled(" ", IdText(actor.party().empty() ? actor.platform() : actor.party()));
}

std::string CauseText(v1::MoveCause cause) {
  switch (cause) {
    case v1::MOVE_CAUSE_CONDITIONS_MET:
      return "all that the agreement asks to be confirmed was confirmed";
    case v1::MOVE_CAUSE_FUNDED:
      return "the money was there, and the agreement asks for no confirmation";
    case v1::MOVE_CAUSE_BUYER_WILL:
      return "the buyer wanted it";
    case v1::MOVE_CAUSE_LONG_STOP:
      return "the agreement's last day, the long stop, was reached";
    case v1::MOVE_CAUSE_SELLER_WILL:
      return "the seller wanted it";
    case v1::MOVE_CAUSE_CANCELLED:
      return "everybody consented to cancel";
    case v1::MOVE_CAUSE_DEADLINE_MISSED:
      return "a deadline was missed";
    default:  // unspecified, and what no contract knows
      return "no cause is stated";
  }
}

std::string MilestoneText(const v1::Agreement* agreement, std::uint32_t index) {
  const bool known = agreement != nullptr && index < static_cast<std::uint32_t>(agreement->milestones_size());
  return known ? "milestone " + agreement->milestones(static_cast<int>(index)).milestone_id()
               : "milestone at position " + std::to_string(index);
}

std::string DetailText(const v1::Event& event, const v1::Agreement* agreement) {
  switch (event.fact_case()) {
    case v1::Event::kAgreementCreated:
      return CreationDetail(event);
    case v1::Event::kAgreementAccepted:
      return "accepted by " + event.agreement_accepted().party_id();
    case v1::Event::kDepositRecorded:
      return DepositDetail(event);
    case v1::Event::kMilestoneFunded:
      return Labelled("", BookedText(event)) + " in custody for " +
             MilestoneText(agreement, event.milestone_funded().milestone_index());
    case v1::Event::kConfirmationRecorded:
      return ConfirmationDetail(event, agreement);
    case v1::Event::kConfirmationDeemed:
      return DeemedDetail(event, agreement);
    case v1::Event::kDeadlineMissed:
      return EnumText(v1::DeadlineKind_Name(event.deadline_missed().kind()), "DEADLINE_KIND_") + " deadline of " +
             MilestoneText(agreement, event.deadline_missed().milestone_index()) + " missed";
    case v1::Event::kMilestoneReleased: {
      const v1::MilestoneReleased& fact = event.milestone_released();
      return MovedDetail(event, agreement, "released", fact.milestone_index(), fact.minor_units(), fact.cause());
    }
    case v1::Event::kMilestoneRefunded: {
      const v1::MilestoneRefunded& fact = event.milestone_refunded();
      return MovedDetail(event, agreement, "refunded", fact.milestone_index(), fact.minor_units(), fact.cause());
    }
    case v1::Event::kPayoutRequested:
      return PayoutRequestDetail(event);
    case v1::Event::kPayoutSent:
      return PayoutDetail(event, event.command().send_payout(), "handed to the bank");
    case v1::Event::kPayoutSettled:
      return PayoutDetail(event, event.command().settle_payout(), "arrived");
    case v1::Event::kPayoutFailed:
      return PayoutDetail(event, event.command().fail_payout(), "did not leave");
    case v1::Event::kPayoutReturned:
      return PayoutDetail(event, event.command().return_payout(), "came back");
    default:  // the name says it; with what it books
      return BookedText(event);
  }
}

std::string AccountText(const v1::Posting& posting, const v1::Agreement* agreement) {
  const std::string kind = EnumText(v1::AccountKind_Name(posting.account()), "ACCOUNT_KIND_");
  return posting.account() == v1::ACCOUNT_KIND_CUSTODY
             ? kind + " of " + MilestoneText(agreement, posting.milestone_index())
             : kind + Labelled(" to ", posting.party_id());
}

}  // namespace escrow::audit
