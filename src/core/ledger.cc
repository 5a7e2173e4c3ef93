#include "core/ledger.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/assert.h"
#include "base/mutant.h"
#include "core/names.h"

namespace escrow::core {
namespace {

void Add(std::int64_t& balance, std::int64_t amount) {
  const bool overflow = __builtin_add_overflow(balance, amount, &balance);
  ESCROW_ASSERT(!overflow);
  ESCROW_ASSERT(balance >= 0);
}

void Add(Wide& balance, std::int64_t amount) {
  balance += amount;
  ESCROW_ASSERT(balance >= 0);
}

}  // namespace

void ApplyPostings(StateEdit& edit, const State& state, PlatformSlot platform, std::optional<AgreementSlot> agreement,
                   const v1::Event& event) {
  if (event.postings().empty()) {
    return;
  }
  const auto currency = base::Currency::FromCode(event.currency_code());
  ESCROW_ASSERT(currency.has_value());
  Wide sum = 0;
  for (const v1::Posting& posting : event.postings()) {
    const std::int64_t amount = posting.minor_units();
    ESCROW_ASSERT(amount != 0);
    sum += amount;
    if (!ESCROW_MUTANT(TotalForgotten) || posting.account() != v1::ACCOUNT_KIND_REFUNDABLE) {
      edit.AddToTotal(platform, *currency, posting.account(), amount);
    }
    switch (posting.account()) {
      case v1::ACCOUNT_KIND_UNALLOCATED:
        ESCROW_ASSERT(agreement.has_value());
        Add(edit.agreement(*agreement).unallocated, amount);
        break;
      case v1::ACCOUNT_KIND_CUSTODY: {
        ESCROW_ASSERT(agreement.has_value());
        std::vector<Milestone>& milestones = edit.agreement(*agreement).milestones;
        ESCROW_ASSERT(posting.milestone_index() < milestones.size());
        Add(milestones[posting.milestone_index()].held, amount);
        break;
      }
      case v1::ACCOUNT_KIND_PAYABLE:
      case v1::ACCOUNT_KIND_REFUNDABLE: {
        const auto party = state.FindParty(platform, posting.party_id());
        ESCROW_ASSERT(party.has_value());
        PartyBalance& balance = edit.balance(*party, *currency);
        Add(posting.account() == v1::ACCOUNT_KIND_PAYABLE ? balance.payable : balance.refundable, amount);
        break;
      }
      default:  // The total is the account.
        break;
    }
  }
  ESCROW_ASSERT(sum == 0);
  // Accounts that are totals: the bank is debit-normal, the others are not negative.
  const auto totals = state.totals_of(platform);
  const auto total = std::ranges::find(totals, *currency, &LedgerTotals::currency);
  ESCROW_ASSERT(total->by_kind[v1::ACCOUNT_KIND_CUSTODY_BANK] <= 0);
  ESCROW_ASSERT(total->by_kind[v1::ACCOUNT_KIND_IN_TRANSIT] >= 0);
  ESCROW_ASSERT(total->by_kind[v1::ACCOUNT_KIND_PLATFORM_FEES] >= 0);
  ESCROW_ASSERT(total->by_kind[v1::ACCOUNT_KIND_OPERATOR_FEES] >= 0);
}

std::int64_t SumOf(const v1::Event& event, v1::AccountKind account) {
  std::int64_t sum = 0;
  for (const v1::Posting& posting : event.postings()) {
    sum += posting.account() == account ? posting.minor_units() : 0;
  }
  return sum;
}

namespace {

using SumKey = std::pair<std::uint32_t, std::uint16_t>;  // platform, currency
using Sums = std::map<SumKey, std::array<Wide, kAccountKinds>>;

// What agreements, parties and payouts hold, added up by account.
std::string AddUp(const State& state, Sums& sums) {
  Agreement scratch;
  for (std::uint32_t i = 0; i < state.agreement_count(); ++i) {
    const Agreement& agreement = state.Peek(AgreementSlot{i}, scratch);
    auto& sum = sums[{Index(agreement.platform), agreement.currency.position()}];
    sum[v1::ACCOUNT_KIND_UNALLOCATED] += agreement.unallocated;
    sum[v1::ACCOUNT_KIND_CUSTODY] += agreement.held();
    const Wide in = Wide{agreement.deposited} - agreement.reversed;
    const Wide out = Wide{agreement.held()} + agreement.released + agreement.refunded + agreement.fees +
                     agreement.unallocated - agreement.debt;
    if (in != out) {
      return "agreement " + AgreementName(state.platform(agreement.platform).id, agreement.id) +
             ": deposited - reversed differs from held + released + refunded + fees + unallocated - debt";
    }
    if (agreement.ended() && (agreement.held() != 0 || agreement.unallocated != 0)) {
      return "agreement " + AgreementName(state.platform(agreement.platform).id, agreement.id) +
             " has ended and still holds money";
    }
  }
  for (std::uint32_t i = 0; i < state.party_count(); ++i) {
    const Party& party = state.party(PartySlot{i});
    for (const PartyBalance& balance : party.balances) {
      auto& sum = sums[{Index(party.platform), balance.currency.position()}];
      sum[v1::ACCOUNT_KIND_PAYABLE] += balance.payable;
      sum[v1::ACCOUNT_KIND_REFUNDABLE] += balance.refundable;
      if (balance.payable < balance.payable_scheduled || balance.refundable < balance.refundable_scheduled ||
          balance.payable_scheduled < 0 || balance.refundable_scheduled < 0) {
        return "party " + PartyName(state.platform(party.platform).id, party.id) +
               ": more is scheduled for payout than is owed";
      }
    }
  }
  for (std::uint32_t i = 0; i < state.payout_count(); ++i) {
    const Payout& payout = state.payout(PayoutSlot{i});
    if (payout.state == v1::Payout::STATE_REQUESTED || payout.state == v1::Payout::STATE_SENT) {
      sums[{Index(payout.platform), payout.currency.position()}][v1::ACCOUNT_KIND_IN_TRANSIT] += payout.amount;
    }
  }
  return {};
}

std::string CheckTotals(const State& state, PlatformSlot slot, const LedgerTotals& totals, Sums& sums) {
  const std::string where = "platform " + state.platform(slot).id + ", " + std::string(totals.currency.code()) + ": ";
  Wide balance = 0;
  for (std::size_t kind = 1; kind < kAccountKinds; ++kind) {
    const Wide total = totals.by_kind[kind];
    balance += total;
    const bool debit_normal = kind == v1::ACCOUNT_KIND_CUSTODY_BANK;
    const std::string account = v1::AccountKind_Name(static_cast<v1::AccountKind>(kind));
    if (debit_normal ? total > 0 : total < 0) {
      return where + account + " is negative";
    }
    const bool counted = kind >= v1::ACCOUNT_KIND_UNALLOCATED && kind <= v1::ACCOUNT_KIND_IN_TRANSIT;
    if (counted && sums[{Index(slot), totals.currency.position()}][kind] != total) {
      return where + account + " differs from the sum of its accounts";
    }
  }
  return balance == 0 ? std::string() : where + "debits and credits differ";
}

}  // namespace

std::string CheckLedger(const State& state) {
  Sums sums;
  if (std::string wrong = AddUp(state, sums); !wrong.empty()) {
    return wrong;
  }
  for (std::uint32_t i = 0; i < state.platform_count(); ++i) {
    for (const LedgerTotals& totals : state.totals_of(PlatformSlot{i})) {
      if (std::string wrong = CheckTotals(state, PlatformSlot{i}, totals, sums); !wrong.empty()) {
        return wrong;
      }
      sums.erase({i, totals.currency.position()});
    }
  }
  for (const auto& [key, sum] : sums) {
    if (std::ranges::any_of(sum, [](Wide amount) { return amount != 0; })) {
      return "platform " + state.platform(PlatformSlot{key.first}).id + " holds money that no total knows";
    }
  }
  return {};
}

}  // namespace escrow::core
