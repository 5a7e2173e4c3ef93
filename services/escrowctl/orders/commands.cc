// CommandSource and TermsOf: the plan in the contract's words.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "escrowctl/orders/run.h"
#include "escrowctl/values.h"

namespace escrow::orders {
namespace {

v1::Requirement* AddRequirement(v1::Milestone& milestone, v1::ConfirmationKind kind, v1::Role role) {
  v1::Requirement* requirement =
      milestone.mutable_release_when()->mutable_all_of()->add_conditions()->mutable_confirmation();
  requirement->set_kind(kind);
  requirement->set_role(role);
  return requirement;
}

void AddParticipant(v1::Agreement& agreement, v1::Role role, std::string party) {
  v1::Participant* participant = agreement.add_participants();
  participant->set_role(role);
  participant->set_party(std::move(party));
}

std::string PartyName(const std::string& platform, std::string_view party_id) {
  return platform + "/parties/" + std::string(party_id);
}

v1::Milestone* AddMilestone(v1::Agreement& agreement, const char* id, const std::vector<Share>& shares,
                            const std::string& platform) {
  v1::Milestone* milestone = agreement.add_milestones();
  milestone->set_milestone_id(id);
  std::int64_t sum = 0;
  for (const Share& share : shares) {
    v1::Payee* payee = milestone->add_payees();
    payee->set_party(PartyName(platform, share.seller_id));
    payee->set_minor_units(share.minor_units);
    sum += share.minor_units;
  }
  milestone->mutable_amount()->set_currency_code(agreement.currency_code());
  milestone->mutable_amount()->set_minor_units(sum);
  return milestone;
}

void SetPolicies(v1::Policies& policies, std::int64_t tolerance) {
  policies.set_acceptance(v1::Policies::ACCEPTANCE_BY_PLATFORM);
  policies.set_funding(v1::Policies::FUNDING_IN_FULL);
  policies.set_partial_deposit(v1::Policies::PARTIAL_DEPOSIT_ACCUMULATE);
  policies.set_overfunding(v1::Policies::OVERFUNDING_RETURN);
  if (tolerance > 0) {
    policies.set_underfunding(v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
    policies.set_underfunding_tolerance_minor_units(tolerance);
  } else {
    policies.set_underfunding(v1::Policies::UNDERFUNDING_WAIT);
  }
  policies.set_late_funding(v1::Policies::LATE_FUNDING_ACCEPT);
  policies.set_missed_milestone(v1::Policies::MISSED_MILESTONE_CEASE_ALL);
  policies.set_early_confirmation(v1::Policies::EARLY_CONFIRMATION_RECORD);
  policies.set_partial_release(v1::Policies::PARTIAL_RELEASE_FORBID);
  policies.set_rounding(v1::Policies::ROUNDING_LARGEST_REMAINDER);
  policies.set_fee_bearer(v1::Policies::FEE_BEARER_PAYEES);
  policies.set_payout(v1::Policies::PAYOUT_ON_REQUEST);
  policies.set_party_consent(v1::Policies::PARTY_CONSENT_PLATFORM_MAY_ACT);
  policies.mutable_long_stop()->set_seconds(kLongStopSeconds);
  policies.set_long_stop_action(v1::Policies::LONG_STOP_ACTION_REFUND);
}

}  // namespace

v1::Agreement TermsOf(const AgreementPlan& plan, const std::string& platform) {
  v1::Agreement agreement;
  agreement.set_currency_code(std::string(plan.currency.code()));
  AddParticipant(agreement, v1::ROLE_BUYER, PartyName(platform, plan.buyer));
  for (const std::string& seller : plan.sellers) {
    AddParticipant(agreement, v1::ROLE_SELLER, PartyName(platform, seller));
  }
  AddParticipant(agreement, v1::ROLE_CARRIER, PartyName(platform, kCarrierParty));

  if (!plan.freight.empty()) {
    v1::Milestone* carrier = AddMilestone(agreement, kCarrierMilestone, plan.freight, platform);
    AddRequirement(*carrier, v1::CONFIRMATION_KIND_SHIPMENT, v1::ROLE_SELLER);
  }
  v1::Milestone* receipt = AddMilestone(agreement, kReceiptMilestone, plan.price, platform);
  if (plan.freight.empty()) {
    AddRequirement(*receipt, v1::CONFIRMATION_KIND_SHIPMENT, v1::ROLE_SELLER);
  }
  AddRequirement(*receipt, v1::CONFIRMATION_KIND_DELIVERY, v1::ROLE_CARRIER);
  v1::Timer* deemed = AddRequirement(*receipt, v1::CONFIRMATION_KIND_RECEIPT, v1::ROLE_BUYER)->mutable_deemed_after();
  deemed->set_start(v1::Timer::START_CONFIRMATION_RECORDED);
  deemed->set_confirmation_kind(v1::CONFIRMATION_KIND_DELIVERY);
  deemed->mutable_duration()->set_seconds(kDeemedSeconds);
  v1::Fee* fee = receipt->add_fees();
  fee->set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
  fee->set_basis_points(kFeeBasisPoints);
  if (plan.deadline) {
    receipt->mutable_delivery_deadline()->set_start(v1::Timer::START_FIXED_TIME);
    *receipt->mutable_delivery_deadline()->mutable_fixed_time() = ctl::ToTimestamp(*plan.deadline);
    receipt->set_delivery_deadline_met_by(v1::CONFIRMATION_KIND_DELIVERY);
  }
  SetPolicies(*agreement.mutable_policies(), plan.tolerance);
  return agreement;
}

CommandSource::CommandSource(const Plan& plan, const std::string& platform)
    : plan_(plan), platform_(platform), clock_(plan.begin) {}

std::vector<PlannedCommand> CommandSource::Next(std::size_t max) {
  while (ready_.size() - ready_begin_ < max && !finished_) {
    if (next_action_ < plan_.actions.size()) {
      Expand(next_action_++);
    } else {
      MoveClock(plan_.end);
      finished_ = true;
    }
  }
  const std::size_t count = std::min(max, ready_.size() - ready_begin_);
  const auto begin = ready_.begin() + static_cast<std::ptrdiff_t>(ready_begin_);
  std::vector<PlannedCommand> taken(std::make_move_iterator(begin),
                                    std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
  ready_begin_ += count;
  if (ready_begin_ == ready_.size()) {
    ready_.clear();
    ready_begin_ = 0;
  }
  return taken;
}

void CommandSource::Expand(std::size_t action_index) {
  const Action& action = plan_.actions[action_index];
  MoveClock(action.time);
  if (action.kind == ActionKind::kCreate) {
    const AgreementPlan& agreement = plan_.agreements[action.agreement];
    AddParty(kCarrierParty);
    AddParty(agreement.buyer);
    for (const std::string& seller : agreement.sellers) {
      AddParty(seller);
    }
  }
  ready_.push_back({.command = CommandOf(action), .action = action_index});
}

void CommandSource::AddParty(const std::string& party_id) {
  if (!parties_.insert(party_id).second) {
    return;
  }
  PlannedCommand planned;
  v1::CreatePartyRequest& request = *planned.command.mutable_create_party();
  request.set_parent(platform_);
  request.set_party_id(party_id);
  request.set_request_id(ctl::NewRequestId());
  ready_.push_back(std::move(planned));
}

void CommandSource::MoveClock(base::Time time) {
  ESCROW_ASSERT(clock_ <= time);
  if (clock_ == time) {
    return;
  }
  clock_ = time;
  PlannedCommand planned;
  v1::AdvanceClockRequest& request = *planned.command.mutable_advance_clock();
  request.set_name(platform_);
  *request.mutable_clock_time() = ctl::ToTimestamp(time);
  request.set_request_id(ctl::NewRequestId());
  ready_.push_back(std::move(planned));
}

v1::Command CommandSource::CommandOf(const Action& action) const {
  const AgreementPlan& agreement = plan_.agreements[action.agreement];
  const std::string name = platform_ + "/agreements/" + agreement.order_id;
  const bool has_carrier = !agreement.freight.empty();
  v1::Command command;
  const auto confirm = [&](const char* milestone, v1::ConfirmationKind kind, v1::Role role, std::string_view party) {
    v1::ConfirmMilestoneRequest& request = *command.mutable_confirm_milestone();
    request.set_name(name);
    request.set_milestone_id(milestone);
    request.set_kind(kind);
    request.set_role(role);
    request.set_party(PartyName(platform_, party));
    request.set_request_id(ctl::NewRequestId());
    if (action.occurred != action.time) {
      *request.mutable_occur_time() = ctl::ToTimestamp(action.occurred);
    }
  };
  switch (action.kind) {
    case ActionKind::kCreate: {
      v1::CreateAgreementRequest& request = *command.mutable_create_agreement();
      request.set_parent(platform_);
      request.set_agreement_id(agreement.order_id);
      request.set_request_id(ctl::NewRequestId());
      *request.mutable_agreement() = TermsOf(agreement, platform_);
      break;
    }
    case ActionKind::kDeposit: {
      const Deposit& deposit = agreement.deposits[action.deposit];
      v1::RecordDepositRequest& request = *command.mutable_record_deposit();
      request.set_name(name);
      request.set_deposit_id(deposit.id);
      request.mutable_amount()->set_currency_code(std::string(agreement.currency.code()));
      request.mutable_amount()->set_minor_units(deposit.minor_units);
      request.set_payment_method(deposit.method);
      request.set_request_id(ctl::NewRequestId());
      break;
    }
    case ActionKind::kShipment:
      confirm(has_carrier ? kCarrierMilestone : kReceiptMilestone, v1::CONFIRMATION_KIND_SHIPMENT, v1::ROLE_SELLER,
              agreement.sellers.front());
      break;
    case ActionKind::kDelivery:
      confirm(kReceiptMilestone, v1::CONFIRMATION_KIND_DELIVERY, v1::ROLE_CARRIER, kCarrierParty);
      break;
    case ActionKind::kReceipt:
      confirm(kReceiptMilestone, v1::CONFIRMATION_KIND_RECEIPT, v1::ROLE_BUYER, agreement.buyer);
      break;
    case ActionKind::kCancel: {
      v1::CancelAgreementRequest& request = *command.mutable_cancel_agreement();
      request.set_name(name);
      request.add_parties(PartyName(platform_, agreement.buyer));
      for (const std::string& seller : agreement.sellers) {
        request.add_parties(PartyName(platform_, seller));
      }
      request.set_request_id(ctl::NewRequestId());
      break;
    }
  }
  return command;
}

}  // namespace escrow::orders
