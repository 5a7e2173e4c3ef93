// Money in and out: deposits, payouts.

#include <algorithm>

#include "base/mutant.h"
#include "core/decide.h"
#include "core/limits.h"
#include "core/moves.h"
#include "core/names.h"
#include "core/rules.h"
#include "core/validate.h"

namespace escrow::core {
namespace {

// Whether money that comes now is too late for what it would fund: the agreement has ended, or the next milestone's
// funding deadline has passed and the policy is to give late money back.
bool IsLate(const Agreement& agreement, const Terms& terms) {
  if (agreement.ended()) {
    return true;
  }
  if (terms.policies.late_funding == v1::Policies::LATE_FUNDING_ACCEPT) {
    return false;
  }
  const auto pending = std::ranges::find(agreement.milestones, v1::Milestone::STATE_PENDING, &Milestone::state);
  return pending != agreement.milestones.end() && pending->funding_missed && !ESCROW_MUTANT(LateMoneyFunds);
}

// What an account can pay now: its balance less what automatic payouts have reserved.
Wide Available(const Situation& situation, const v1::Payout& payout, std::optional<PartySlot> party) {
  const auto currency = base::Currency::FromCode(payout.amount().currency_code());
  if (party) {
    const std::vector<PartyBalance>& balances = situation.state.party(*party).balances;
    const auto balance = std::ranges::find(balances, *currency, &PartyBalance::currency);
    if (balance == balances.end()) {
      return 0;
    }
    return payout.source() == v1::ACCOUNT_KIND_PAYABLE ? balance->payable - balance->payable_scheduled
                                                       : balance->refundable - balance->refundable_scheduled;
  }
  const auto totals = situation.state.totals_of(*situation.platform);
  const auto total = std::ranges::find(totals, *currency, &LedgerTotals::currency);
  return total == totals.end() ? Wide{0} : total->by_kind[static_cast<std::size_t>(payout.source())];
}

// Each kind of principal has its own sources: the operator its fees, a platform everything else of its own, a party
// what is owed to itself.
bool MayPayFrom(const v1::Principal& actor, const v1::Payout& payout) {
  const bool operator_fees = payout.source() == v1::ACCOUNT_KIND_OPERATOR_FEES;
  switch (actor.kind()) {
    case v1::Principal::KIND_OPERATOR:
      return operator_fees;
    case v1::Principal::KIND_PLATFORM:
      return !operator_fees;
    default:
      return payout.party() == actor.party();
  }
}

Check CheckPayoutState(const Situation& situation, v1::Command::PayloadCase command) {
  const Payout& payout = situation.state.payout(*situation.payout);
  const v1::Reason reason = ReasonIn("Payout", payout.state, command);
  if (reason == v1::REASON_UNSPECIFIED) {
    return {};
  }
  return Refuse(reason, {{"payout", payout.id}, {"state", v1::Payout::State_Name(payout.state)}});
}

// Money from `from` back to the account that the payout was paid from.
void AddReturnToSource(const Situation& situation, v1::AccountKind from, v1::Event& event) {
  const Payout& payout = situation.state.payout(*situation.payout);
  AddPosting(event, from, -payout.amount);
  if (payout.party) {
    AddPartyPosting(event, payout.source, situation.state.party(*payout.party).id, payout.amount);
  } else {
    AddPosting(event, payout.source, payout.amount);
  }
}

}  // namespace

// In every state of the agreement: the money is there, so it is booked; what cannot be used goes back.
Check Decide(const Situation& situation, const v1::RecordDepositRequest& request, v1::Event& event) {
  const Agreement& agreement = situation.state.agreement(*situation.agreement);
  ESCROW_RETURN_IF_REFUSED(CheckAmountIn(agreement.currency, request.amount(), "amount"));
  if (std::ranges::find(agreement.deposit_ids, request.deposit_id()) != agreement.deposit_ids.end() &&
      !ESCROW_MUTANT(DepositTwice)) {
    return Refuse(v1::REASON_DEPOSIT_EXISTS, {{"deposit_id", request.deposit_id()}});
  }
  if (agreement.deposit_ids.size() >= kDepositsMax) {
    return Refuse(v1::REASON_TOO_MANY_ITEMS, {{"field", "deposits"}, {"max", std::to_string(kDepositsMax)}});
  }
  const std::int64_t amount = request.amount().minor_units();
  if (amount > kMinorUnitsMax - agreement.deposited) {
    return Refuse(v1::REASON_AMOUNT_OUT_OF_RANGE, {{"field", "amount"}, {"minor_units", std::to_string(amount)}});
  }
  event.mutable_deposit_recorded()->set_late(IsLate(agreement, situation.state.terms(agreement.terms)));
  AddPosting(event, v1::ACCOUNT_KIND_CUSTODY_BANK, -amount);
  AddPosting(event, v1::ACCOUNT_KIND_UNALLOCATED, amount);
  return {};
}

Check Decide(const Situation& situation, const v1::RequestPayoutRequest& request, v1::Event& event) {
  const State& state = situation.state;
  const v1::Payout& payout = request.payout();
  if (!MayPayFrom(situation.actor, payout)) {
    return Refuse(v1::REASON_PERMISSION_DENIED,
                  {{"method", "RequestPayout"}, {"principal", v1::Principal::Kind_Name(situation.actor.kind())}});
  }
  std::optional<PartySlot> party;
  if (!payout.party().empty()) {
    const auto name = ParsePartyName(payout.party());
    const bool same_platform = name->platform_id == state.platform(*situation.platform).id;
    party = same_platform ? state.FindParty(*situation.platform, name->id) : std::nullopt;
    if (!party) {
      return Refuse(v1::REASON_PARTY_NOT_FOUND, {{"party", payout.party()}});
    }
  }
  if (state.FindPayout(*situation.platform, request.payout_id())) {
    return Refuse(v1::REASON_PAYOUT_EXISTS, {{"payout", request.payout_id()}});
  }
  const std::int64_t amount = payout.amount().minor_units();
  if (Available(situation, payout, party) < amount) {
    return Refuse(v1::REASON_INSUFFICIENT_FUNDS,
                  {{"available", std::to_string(static_cast<std::int64_t>(Available(situation, payout, party)))}});
  }
  v1::PayoutRequested& fact = *event.mutable_payout_requested();
  fact.set_payout_id(request.payout_id());
  fact.set_source(payout.source());
  fact.set_minor_units(amount);
  const std::string party_id = party ? state.party(*party).id : std::string();
  fact.set_party_id(party_id);
  event.set_currency_code(payout.amount().currency_code());
  AddPayoutPostings(payout.source(), party_id, amount, event);
  return {};
}

Check Decide(const Situation& situation, const v1::SendPayoutRequest&, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckPayoutState(situation, v1::Command::kSendPayout));
  event.mutable_payout_sent();
  return {};
}

Check Decide(const Situation& situation, const v1::SettlePayoutRequest&, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckPayoutState(situation, v1::Command::kSettlePayout));
  const std::int64_t amount = situation.state.payout(*situation.payout).amount;
  event.mutable_payout_settled();
  AddPosting(event, v1::ACCOUNT_KIND_IN_TRANSIT, -amount);
  AddPosting(event, v1::ACCOUNT_KIND_CUSTODY_BANK, amount);
  return {};
}

Check Decide(const Situation& situation, const v1::FailPayoutRequest&, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckPayoutState(situation, v1::Command::kFailPayout));
  event.mutable_payout_failed();
  AddReturnToSource(situation, v1::ACCOUNT_KIND_IN_TRANSIT, event);
  return {};
}

Check Decide(const Situation& situation, const v1::ReturnPayoutRequest&, v1::Event& event) {
  ESCROW_RETURN_IF_REFUSED(CheckPayoutState(situation, v1::Command::kReturnPayout));
  event.mutable_payout_returned();
  AddReturnToSource(situation, v1::ACCOUNT_KIND_CUSTODY_BANK, event);
  return {};
}

}  // namespace escrow::core
