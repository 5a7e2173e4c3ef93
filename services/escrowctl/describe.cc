#include "escrowctl/describe.h"

#include <fmt/format.h>

#include "escrow/v1/reason.pb.h"
#include "escrowctl/values.h"

namespace escrow::ctl {
namespace {

std::string Kind(v1::ConfirmationKind kind) { return ShortName(*v1::ConfirmationKind_descriptor(), kind); }
std::string RoleName(v1::Role role) { return ShortName(*v1::Role_descriptor(), role); }
std::string Cause(v1::MoveCause cause) { return ShortName(*v1::MoveCause_descriptor(), cause); }

// CONDITIONS_MET -> conditions met.
std::string Words(std::string name) {
  for (char& c : name) {
    c = c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

std::string Percent(std::int32_t basis_points) { return FormatDecimal(basis_points, 2) + " %"; }

std::string JoinConditions(const google::protobuf::RepeatedPtrField<v1::Condition>& conditions,
                           std::string_view between) {
  std::string text;
  for (const auto& condition : conditions) {
    const bool leaf = condition.form_case() == v1::Condition::kConfirmation;
    const bool plain = leaf && !condition.confirmation().has_deemed_after();
    text += text.empty() ? "" : std::string(between);
    text += plain || conditions.size() == 1 ? Describe(condition) : "(" + Describe(condition) + ")";
  }
  return text;
}

// One event with what is needed to say it.
class Teller {
 public:
  Teller(const v1::Event& event, const std::vector<std::string>& milestone_ids)
      : event_(event), milestone_ids_(milestone_ids) {}

  [[nodiscard]] EventText Tell() const {
    switch (event_.fact_case()) {
      case v1::Event::kConfirmationRecorded:
      case v1::Event::kConfirmationDeemed:
      case v1::Event::kDeadlineMissed:
        return {.side = Side::kGoods, .text = Goods()};
      case v1::Event::kDepositRecorded:
      case v1::Event::kUnallocatedReturned:
      case v1::Event::kMilestoneFunded:
      case v1::Event::kMilestoneReleased:
      case v1::Event::kMilestoneRefunded:
        return {.side = Side::kMoney, .text = Custody()};
      case v1::Event::kPayoutRequested:
      case v1::Event::kPayoutSent:
      case v1::Event::kPayoutSettled:
      case v1::Event::kPayoutFailed:
      case v1::Event::kPayoutReturned:
        return {.side = Side::kMoney, .text = Payout()};
      case v1::Event::kLogCreated:
      case v1::Event::kPlatformCreated:
      case v1::Event::kPartyCreated:
      case v1::Event::kCredentialCreated:
      case v1::Event::kCredentialRevoked:
      case v1::Event::kClockAdvanced:
      case v1::Event::kCommandRefused:
      case v1::Event::kSigningKeyRotated:
        return {.side = Side::kBoth, .text = Administration()};
      case v1::Event::kRecordCommitted:
      case v1::Event::kSubjectErased:
      case v1::Event::kLegalHoldPlaced:
      case v1::Event::kLegalHoldReleased:
        return {.side = Side::kBoth, .text = PersonalData()};
      case v1::Event::kAgreementCreated:
      case v1::Event::kAgreementAccepted:
      case v1::Event::kAgreementActivated:
      case v1::Event::kCancellationConsented:
      case v1::Event::kAgreementCancelled:
      case v1::Event::kAgreementClosed:
      case v1::Event::kLongStopReached:
        return {.side = Side::kBoth, .text = Agreement()};
      case v1::Event::FACT_NOT_SET:
        return {.side = Side::kBoth, .text = "an event of a newer contract"};
    }
    return {};
  }

 private:
  [[nodiscard]] std::string Milestone(std::uint32_t index) const {
    return index < milestone_ids_.size() ? milestone_ids_[index] : fmt::format("milestone {}", index + 1);
  }
  [[nodiscard]] std::string Money(std::int64_t minor_units) const {
    return FormatAmount(minor_units, event_.currency_code());
  }

  // What the event credits to whom: "90.00 EUR to bazaar, 10.00 EUR platform fee".
  [[nodiscard]] std::string Credits() const {
    std::string text;
    for (const auto& posting : event_.postings()) {
      if (posting.minor_units() <= 0) {
        continue;
      }
      text += text.empty() ? "" : ", ";
      text += Money(posting.minor_units());
      text += posting.account() == v1::ACCOUNT_KIND_PAYABLE         ? " to " + posting.party_id()
              : posting.account() == v1::ACCOUNT_KIND_REFUNDABLE    ? " back to " + posting.party_id()
              : posting.account() == v1::ACCOUNT_KIND_PLATFORM_FEES ? " platform fee"
              : posting.account() == v1::ACCOUNT_KIND_OPERATOR_FEES
                  ? " operator fee"
                  : " to " + Words(ShortName(*v1::AccountKind_descriptor(), posting.account()));
    }
    return text;
  }

  [[nodiscard]] std::string Goods() const {
    if (event_.has_confirmation_recorded()) {
      const auto& fact = event_.confirmation_recorded();
      const auto& command = event_.command().confirm_milestone();
      const std::string when =
          command.has_occur_time() ? fmt::format(", happened {}", FormatTimestamp(command.occur_time())) : "";
      return fmt::format("{}: {} by {} {}{}", Milestone(fact.milestone_index()), Kind(command.kind()),
                         RoleName(fact.role()), fact.party_id(), when);
    }
    if (event_.has_confirmation_deemed()) {
      const auto& fact = event_.confirmation_deemed();
      return fmt::format("{}: {} deemed, {} was silent", Milestone(fact.milestone_index()), Kind(fact.kind()),
                         RoleName(fact.role()));
    }
    const auto& fact = event_.deadline_missed();
    return fmt::format("{}: {} deadline missed ({})", Milestone(fact.milestone_index()),
                       Words(ShortName(*v1::DeadlineKind_descriptor(), fact.kind())),
                       Words(ShortName(*v1::Policies::MissedMilestone_descriptor(), fact.policy())));
  }

  [[nodiscard]] std::string Custody() const {
    if (event_.has_deposit_recorded()) {
      const auto& command = event_.command().record_deposit();
      const std::string method = Words(ShortName(*v1::PaymentMethod_descriptor(), command.payment_method()));
      return fmt::format("deposit {}: {}{}{}", command.deposit_id(), FormatAmount(command.amount()),
                         method.empty() ? "" : " by " + method, event_.deposit_recorded().late() ? ", too late" : "");
    }
    if (event_.has_unallocated_returned()) {
      return fmt::format(
          "{} ({})", Credits(),
          Words(ShortName(*v1::UnallocatedReturned::Cause_descriptor(), event_.unallocated_returned().cause())));
    }
    if (event_.has_milestone_funded()) {
      const auto& fact = event_.milestone_funded();
      const std::int64_t shortfall = fact.shortfall_minor_units();
      return fmt::format("{}: {}{}", Milestone(fact.milestone_index()), Credits(),
                         shortfall == 0 ? "" : fmt::format(", short by {}", Money(shortfall)));
    }
    if (event_.has_milestone_released()) {
      const auto& fact = event_.milestone_released();
      return fmt::format("{} released: {} ({})", Milestone(fact.milestone_index()), Credits(),
                         Words(Cause(fact.cause())));
    }
    const auto& fact = event_.milestone_refunded();
    return fmt::format("{} refunded: {} ({})", Milestone(fact.milestone_index()), Credits(),
                       Words(Cause(fact.cause())));
  }

  [[nodiscard]] std::string Payout() const {
    if (event_.has_payout_requested()) {
      const auto& fact = event_.payout_requested();
      return fmt::format("payout {}: {} from {}{} requested", fact.payout_id(), Money(fact.minor_units()),
                         Words(ShortName(*v1::AccountKind_descriptor(), fact.source())),
                         fact.party_id().empty() ? "" : " of " + fact.party_id());
    }
    const auto told = [](const auto& command, std::string_view what) {
      return fmt::format(
          "payout {} {}{}", LastPart(command.name()), what,
          command.rail_reference().empty() ? "" : fmt::format(", bank says {}", command.rail_reference()));
    };
    const auto& command = event_.command();
    return event_.has_payout_sent()      ? told(command.send_payout(), "sent")
           : event_.has_payout_settled() ? told(command.settle_payout(), "settled")
           : event_.has_payout_failed()  ? told(command.fail_payout(), "failed, the money is back")
                                         : told(command.return_payout(), "returned, the money is back");
  }

  [[nodiscard]] std::string Administration() const {
    const auto& command = event_.command();
    if (event_.has_log_created()) {
      return fmt::format("log {} begins, rules version {}", event_.log_created().log_id(),
                         event_.log_created().rules_version());
    }
    if (event_.has_platform_created()) {
      return fmt::format("{}platform {} created", command.create_platform().platform().sandbox() ? "sandbox " : "",
                         command.create_platform().platform_id());
    }
    if (event_.has_party_created()) {
      return fmt::format("party {} created", command.create_party().party_id());
    }
    if (event_.has_credential_created()) {
      return fmt::format("credential {} created for {}", command.create_credential().credential_id(),
                         Describe(command.create_credential().credential().principal()));
    }
    if (event_.has_credential_revoked()) {
      return fmt::format("credential {} revoked", LastPart(command.revoke_credential().name()));
    }
    if (event_.has_signing_key_rotated()) {
      return fmt::format("checkpoints are signed by {}", command.rotate_signing_key().verifier_key());
    }
    if (event_.has_clock_advanced()) {
      return fmt::format("the clock moves to {}", FormatTimestamp(command.advance_clock().clock_time()));
    }
    const auto& refused = event_.command_refused();
    std::string variables;
    for (const auto& variable : refused.variables()) {
      variables += fmt::format(" {}={}", variable.key(), variable.value());
    }
    return fmt::format("refused: {}{}", ShortName(*v1::Reason_descriptor(), refused.reason()), variables);
  }

  [[nodiscard]] std::string PersonalData() const {
    const auto& command = event_.command();
    if (event_.has_record_committed()) {
      const auto& request = command.commit_record();
      return fmt::format("record {} of {} committed ({})", request.record_id(), LastPart(request.parent()),
                         ShortName(*v1::RecordKind_descriptor(), request.kind()));
    }
    if (event_.has_subject_erased()) {
      return fmt::format("{} erased ({}), {} records destroyed", LastPart(command.erase_subject().name()),
                         ShortName(*v1::ErasureCause_descriptor(), command.erase_subject().cause()),
                         event_.subject_erased().record_ids_size());
    }
    if (event_.has_legal_hold_placed()) {
      const auto& request = command.place_legal_hold();
      const std::string until = request.legal_hold().has_end_time()
                                    ? " until " + FormatTimestamp(request.legal_hold().end_time())
                                    : std::string();
      return fmt::format("legal hold {} on {}{}: {}", request.legal_hold_id(), LastPart(request.name()), until,
                         request.legal_hold().reference());
    }
    return fmt::format("legal hold {} on {} released", command.release_legal_hold().legal_hold_id(),
                       LastPart(command.release_legal_hold().name()));
  }

  [[nodiscard]] std::string Agreement() const {
    if (event_.has_agreement_created()) {
      return "agreement created";
    }
    if (event_.has_agreement_accepted()) {
      return fmt::format("{} accepted", event_.agreement_accepted().party_id());
    }
    if (event_.has_agreement_activated()) {
      return "agreement active";
    }
    if (event_.has_cancellation_consented()) {
      return fmt::format("{} consented to cancel", fmt::join(event_.cancellation_consented().party_ids(), ", "));
    }
    if (event_.has_agreement_cancelled()) {
      return "agreement cancelled by consent of all";
    }
    if (event_.has_long_stop_reached()) {
      return fmt::format("long stop reached: {}", Words(ShortName(*v1::Policies::LongStopAction_descriptor(),
                                                                  event_.long_stop_reached().action())));
    }
    const std::string returned = Credits();
    return fmt::format("agreement {}{}",
                       Words(ShortName(*v1::Agreement::State_descriptor(), event_.agreement_closed().state())),
                       returned.empty() ? "" : ", " + returned);
  }

  const v1::Event& event_;
  const std::vector<std::string>& milestone_ids_;
};

}  // namespace

std::string Describe(const v1::Timer& timer) {
  const std::string length = FormatDuration(timer.duration().seconds());
  switch (timer.start()) {
    case v1::Timer::START_FIXED_TIME:
      return "at " + FormatTimestamp(timer.fixed_time());
    case v1::Timer::START_AGREEMENT_ACTIVATED:
      return length + " after activation";
    case v1::Timer::START_MILESTONE_FUNDED:
      return length + " after funding";
    case v1::Timer::START_CONFIRMATION_RECORDED:
      return fmt::format("{} after {}", length, Kind(timer.confirmation_kind()));
    default:
      return "never";
  }
}

std::string Describe(const v1::Requirement& requirement) {
  std::string text = fmt::format("{} by {}", Kind(requirement.kind()), RoleName(requirement.role()));
  for (const int evidence : requirement.evidence()) {
    text += " with " + Words(ShortName(*v1::EvidenceKind_descriptor(), evidence));
  }
  if (requirement.has_deemed_after()) {
    text += ", deemed " + Describe(requirement.deemed_after());
  }
  return text;
}

std::string Describe(const v1::Condition& condition) {
  switch (condition.form_case()) {
    case v1::Condition::kAllOf:
      return JoinConditions(condition.all_of().conditions(), " and ");
    case v1::Condition::kAnyOf:
      return JoinConditions(condition.any_of().conditions(), " or ");
    case v1::Condition::kAtLeast:
      return fmt::format("at least {} of ({})", condition.at_least().count(),
                         JoinConditions(condition.at_least().conditions(), ", "));
    case v1::Condition::kConfirmation:
      return Describe(condition.confirmation());
    case v1::Condition::FORM_NOT_SET:
      break;
  }
  return "nothing";
}

std::string Describe(const v1::Payee& payee, std::string_view currency_code) {
  const std::string party = LastPart(payee.party());
  switch (payee.share_case()) {
    case v1::Payee::kMinorUnits:
      return fmt::format("{} to {}", FormatAmount(payee.minor_units(), currency_code), party);
    case v1::Payee::kBasisPoints:
      return fmt::format("{} to {}", Percent(payee.basis_points()), party);
    case v1::Payee::kRemainder:
      return fmt::format("the rest to {}", party);
    case v1::Payee::SHARE_NOT_SET:
      break;
  }
  return party;
}

std::string Describe(const v1::Fee& fee, std::string_view currency_code) {
  const std::string who = Words(ShortName(*v1::Fee::Beneficiary_descriptor(), fee.beneficiary()));
  return fmt::format("{} to the {}",
                     fee.rate_case() == v1::Fee::kMinorUnits ? FormatAmount(fee.minor_units(), currency_code)
                                                             : Percent(fee.basis_points()),
                     who);
}

std::string Describe(const v1::Principal& principal) {
  std::string text = ShortName(*v1::Principal::Kind_descriptor(), principal.kind());
  for (const std::string& name : {principal.platform(), principal.party()}) {
    text += name.empty() ? "" : " " + name;
  }
  return text;
}

EventText Describe(const v1::Event& event, const std::vector<std::string>& milestone_ids) {
  return Teller(event, milestone_ids).Tell();
}

std::string KindName(const v1::Event& event) {
  return ShortName(*v1::EventKind_descriptor(), static_cast<int>(event.fact_case()));
}

const google::protobuf::Timestamp& EventTime(const v1::Event& event) {
  return event.has_effective_time() ? event.effective_time() : event.log_time();
}

}  // namespace escrow::ctl
