#include "api/ledger_service.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "api/lookup.h"
#include "api/page.h"
#include "api/read_call.h"
#include "api/refusal.h"

namespace escrow::api {
namespace {

using core::Wide;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

// A sum over agreements as the contract's 64 bits. False when it does not fit: better no answer than a wrong one.
bool Narrow(Wide wide, std::int64_t& narrow) {
  narrow = static_cast<std::int64_t>(wide);
  return static_cast<Wide>(narrow) == wide;
}

Status TooLarge() { return Refuse(v1::REASON_AMOUNT_OUT_OF_RANGE, {{"field", "minor_units"}}); }

// Adds the totals of one platform, by currency and kind.
Status AddTotals(const core::State& state, core::PlatformSlot slot, v1::TrialBalance& balance) {
  const auto span = state.totals_of(slot);
  std::vector<core::LedgerTotals> totals(span.begin(), span.end());
  std::ranges::sort(totals, {}, &core::LedgerTotals::currency);
  for (const core::LedgerTotals& of_currency : totals) {
    Wide sum = 0;
    for (std::size_t kind = 0; kind < core::kAccountKinds; ++kind) {
      const Wide signed_total = of_currency.by_kind[kind];
      sum += signed_total;
      if (signed_total == 0) {
        continue;
      }
      v1::AccountTotal& total = *balance.add_totals();
      total.set_platform(core::PlatformName(state.platform(slot).id));
      total.set_currency_code(std::string(of_currency.currency.code()));
      total.set_account(static_cast<v1::AccountKind>(kind));
      // Credits are positive in the state; the bank's account is debit-normal.
      std::int64_t minor_units = 0;
      if (!Narrow(kind == v1::ACCOUNT_KIND_CUSTODY_BANK ? -signed_total : signed_total, minor_units)) {
        return TooLarge();
      }
      total.set_minor_units(minor_units);
    }
    balance.set_balanced(balance.balanced() && sum == 0);
  }
  return Status::OK;
}

Status AddBalance(const core::PartyBalance& held, v1::PartyBalance& balance) {
  std::int64_t payable = 0;
  std::int64_t refundable = 0;
  std::int64_t scheduled = 0;
  if (!Narrow(held.payable, payable) || !Narrow(held.refundable, refundable) ||
      !Narrow(held.payable_scheduled + held.refundable_scheduled, scheduled)) {
    return TooLarge();
  }
  balance.set_currency_code(std::string(held.currency.code()));
  balance.set_payable(payable);
  balance.set_refundable(refundable);
  balance.set_scheduled(scheduled);
  return Status::OK;
}

}  // namespace

ServerUnaryReactor* LedgerService::GetTrialBalance(CallbackServerContext* context,
                                                   const v1::GetTrialBalanceRequest* request,
                                                   v1::TrialBalance* balance) {
  return StartRead(backend_, context, "GetTrialBalance", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    std::string_view platform_id;
    if (!request->platform().empty()) {
      const Status status = ParsePlatform(caller, "platform", request->platform(), platform_id);
      if (!status.ok()) {
        return status;
      }
    } else if (!caller.reach.everything()) {
      return Denied();
    }
    steps.look = [=](View& view) {
      balance->set_sequence(static_cast<std::int64_t>(view.machine.last_sequence()));
      balance->set_balanced(core::CheckLedger(view.state).empty());
      if (!platform_id.empty()) {
        core::PlatformSlot slot{};
        const Status found = FindPlatform(view, platform_id, slot);
        return found.ok() ? AddTotals(view.state, slot, *balance) : found;
      }
      for (std::uint32_t i = 0; i < view.state.platform_count(); ++i) {
        const Status added = AddTotals(view.state, core::PlatformSlot{i}, *balance);
        if (!added.ok()) {
          return added;
        }
      }
      return Status::OK;
    };
    return Status::OK;
  });
}

ServerUnaryReactor* LedgerService::ListPartyBalances(CallbackServerContext* context,
                                                     const v1::ListPartyBalancesRequest* request,
                                                     v1::ListPartyBalancesResponse* response) {
  return StartRead(backend_, context, "ListPartyBalances", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    core::ScopedName name;
    Page page;
    Status status = ParseParty(caller, "parent", request->parent(), name);
    if (status.ok()) {
      status = ParsePage("ListPartyBalances", *request, page);
    }
    steps.look = [=](View& view) {
      core::PartySlot slot{};
      const Status found = FindParty(view, name, slot);
      if (!found.ok()) {
        return found;
      }
      std::vector<core::PartyBalance> balances = view.state.party(slot).balances;
      std::ranges::sort(balances, {}, &core::PartyBalance::currency);
      for (std::size_t i = page.position; i < balances.size(); ++i) {
        if (i - page.position == page.size) {
          response->set_next_page_token(NextToken(page, i));
          break;
        }
        const Status added = AddBalance(balances[i], *response->add_balances());
        if (!added.ok()) {
          return added;
        }
      }
      return Status::OK;
    };
    return status;
  });
}

}  // namespace escrow::api
