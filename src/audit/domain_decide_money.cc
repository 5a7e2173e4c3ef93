// Money in and out: deposits, payouts.

#include <algorithm>

#include "audit/domain_agreement.h"
#include "audit/domain_decisions.h"
#include "audit/domain_moves.h"
#include "audit/domain_shares.h"
#include "base/currency.h"

namespace escrow::audit {
namespace {

using base::Wide;

constexpr std::size_t kBankReferenceBytesMax = 64;
constexpr std::size_t kDepositsMax = 10'000;

// Whether money that comes now is too late for what it would fund.
bool IsLate(const AgreementNow& agreement) {
  if (agreement.ended()) {
    return true;
  }
  const auto pending = std::ranges::find(agreement.milestones, v1::Milestone::STATE_PENDING, &MilestoneNow::state);
  return agreement.policies.late_funding() == v1::Policies::LATE_FUNDING_RETURN &&
         pending != agreement.milestones.end() && pending->funding_missed;
}

// Each kind of principal has its own sources.
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

// What the account holds less what automatic payouts have reserved.
Wide Available(const Occasion& occasion, const v1::Payout& payout, const std::string& party_id) {
  const std::string& currency = payout.amount().currency_code();
  const std::string& platform_id = occasion.target.platform_id;
  Wide available = occasion.world.books.BalanceOf({.platform = "platforms/" + platform_id,
                                                   .currency = currency,
                                                   .kind = payout.source(),
                                                   .agreement = {},
                                                   .milestone = 0,
                                                   .party = party_id});
  if (const Party* party = Find(occasion.world.parties, KeyOf(platform_id, party_id))) {
    const auto reserved = party->reserved.find({payout.source(), currency});
    available -= reserved == party->reserved.end() ? Wide{0} : reserved->second;
  }
  return available;
}

template <class Request>
Complaint CheckPayoutStep(const Occasion& occasion, const Request& request) {
  if (!request.rail_reference().empty() && !IsReference(request.rail_reference(), kBankReferenceBytesMax)) {
    return "rail_reference is not 1 to 64 bytes of printable ASCII";
  }
  return CheckTransition(occasion, "Payout", v1::Payout::State_Name(occasion.payout->state));
}

// The payout's money from `from` back to where it was paid from.
void BookReturnToSource(const PayoutNow& payout, v1::AccountKind from, v1::Event& event) {
  Book(from, -payout.amount, event);
  if (payout.party_id.empty()) {
    Book(payout.source, payout.amount, event);
  } else {
    BookParty(payout.source, payout.party_id, payout.amount, event);
  }
}

}  // namespace

Complaint Decide(const Occasion& occasion, const v1::RecordDepositRequest& request, v1::Event& event) {
  const AgreementNow& agreement = *occasion.agreement;
  if (Complaint wrong = CheckTransition(occasion, "Agreement", v1::Agreement::State_Name(agreement.state))) {
    return wrong;
  }
  if (!IsReference(request.deposit_id(), kBankReferenceBytesMax) ||
      agreement.deposit_ids.contains(request.deposit_id()) || agreement.deposit_ids.size() >= kDepositsMax) {
    return "deposit '" + request.deposit_id() + "' has no form, was recorded before, or is one too many";
  }
  if (!v1::PaymentMethod_IsValid(request.payment_method())) {
    return "payment_method has a value that is not one";
  }
  const std::int64_t amount = request.amount().minor_units();
  if (!IsAmountIn(agreement.currency, request.amount()) || amount > kMinorUnitsMax - agreement.deposited) {
    return "the deposit is not in the agreement's currency, or more than 10^15 in all";
  }
  event.mutable_deposit_recorded()->set_late(IsLate(agreement));
  Book(v1::ACCOUNT_KIND_CUSTODY_BANK, -amount, event);
  Book(v1::ACCOUNT_KIND_UNALLOCATED, amount, event);
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::RequestPayoutRequest& request, v1::Event& event) {
  const v1::Payout& payout = request.payout();
  const std::string& platform_id = occasion.target.platform_id;
  if (!IsId(request.payout_id()) || request.payout_id().starts_with("auto-") ||
      Find(occasion.world.payouts, KeyOf(platform_id, request.payout_id())) != nullptr) {
    return "payout id '" + request.payout_id() + "' is no id for a payout on request, or exists";
  }
  const bool of_party = payout.source() == v1::ACCOUNT_KIND_PAYABLE || payout.source() == v1::ACCOUNT_KIND_REFUNDABLE;
  const bool of_fees =
      payout.source() == v1::ACCOUNT_KIND_PLATFORM_FEES || payout.source() == v1::ACCOUNT_KIND_OPERATOR_FEES;
  if (!(of_party || of_fees) || of_party == payout.party().empty()) {
    return "the payout's source is none that pays out, or does not go with its party";
  }
  if (!MayPayFrom(occasion.actor, payout)) {
    return "the actor may not pay out from this account";
  }
  std::string party_id;
  if (of_party) {
    const auto party = ScopedIdOf(payout.party(), "parties");
    if (!party || party->platform != platform_id ||
        Find(occasion.world.parties, KeyOf(platform_id, party->id)) == nullptr) {
      return "the payout's party '" + payout.party() + "' does not exist on the platform";
    }
    party_id = party->id;
  }
  const std::string& currency = payout.amount().currency_code();
  if (!base::Currency::FromCode(currency) || !IsAmountIn(currency, payout.amount()) ||
      payout.amount().minor_units() > Available(occasion, payout, party_id)) {
    return "the payout's amount is none, or more than its account can pay";
  }
  const std::int64_t amount = payout.amount().minor_units();
  v1::PayoutRequested& fact = *event.mutable_payout_requested();
  fact.set_payout_id(request.payout_id());
  fact.set_source(payout.source());
  fact.set_party_id(party_id);
  fact.set_minor_units(amount);
  event.set_currency_code(currency);
  BookPayout(payout.source(), party_id, amount, event);
  return {};
}

Complaint Decide(const Occasion& occasion, const v1::SendPayoutRequest& request, v1::Event& event) {
  event.mutable_payout_sent();
  return CheckPayoutStep(occasion, request);
}

Complaint Decide(const Occasion& occasion, const v1::SettlePayoutRequest& request, v1::Event& event) {
  event.mutable_payout_settled();
  Book(v1::ACCOUNT_KIND_IN_TRANSIT, -occasion.payout->amount, event);
  Book(v1::ACCOUNT_KIND_CUSTODY_BANK, occasion.payout->amount, event);
  return CheckPayoutStep(occasion, request);
}

Complaint Decide(const Occasion& occasion, const v1::FailPayoutRequest& request, v1::Event& event) {
  event.mutable_payout_failed();
  BookReturnToSource(*occasion.payout, v1::ACCOUNT_KIND_IN_TRANSIT, event);
  return CheckPayoutStep(occasion, request);
}

Complaint Decide(const Occasion& occasion, const v1::ReturnPayoutRequest& request, v1::Event& event) {
  event.mutable_payout_returned();
  BookReturnToSource(*occasion.payout, v1::ACCOUNT_KIND_CUSTODY_BANK, event);
  return CheckPayoutStep(occasion, request);
}

}  // namespace escrow::audit
