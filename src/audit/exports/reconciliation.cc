#include "audit/exports/reconciliation.h"

#include "audit/exports/words.h"

namespace escrow::audit::exports {

using base::Wide;

absl::Status Reconciliation::Take(const v1::Event& event) {
  if (!platform_.empty() && event.platform() != platform_) {
    return absl::OkStatus();
  }
  if (absl::Status taken = ledger_.Take(event); !taken.ok()) {
    return taken;
  }
  TakeFacts(event);
  TakePayout(event);
  return absl::OkStatus();
}

void Reconciliation::TakeFacts(const v1::Event& event) {
  if (event.has_deposit_recorded()) {
    const v1::Amount& amount = event.command().record_deposit().amount();
    files_[{{event.platform(), amount.currency_code()}, event.agreement_id()}].deposited += amount.minor_units();
    return;
  }
  if (event.agreement_id().empty() || event.currency_code().empty() || !PayoutIdOf(event).empty()) {
    return;
  }
  File& file = files_[{{event.platform(), event.currency_code()}, event.agreement_id()}];
  file.released += event.has_milestone_released() ? event.milestone_released().minor_units() : 0;
  file.refunded += event.has_milestone_refunded() ? event.milestone_refunded().minor_units() : 0;
  // How a release is shared, and what goes back unallocated, is said by postings alone.
  for (const v1::Posting& posting : event.postings()) {
    switch (posting.account()) {
      case v1::ACCOUNT_KIND_PAYABLE:
        file.payees += posting.minor_units();
        break;
      case v1::ACCOUNT_KIND_PLATFORM_FEES:
      case v1::ACCOUNT_KIND_OPERATOR_FEES:
        file.fees += posting.minor_units();
        break;
      case v1::ACCOUNT_KIND_REFUNDABLE:
        file.returned += event.has_milestone_refunded() ? 0 : posting.minor_units();
        break;
      default:  // the file's own accounts and the bank
        break;
    }
  }
}

void Reconciliation::TakePayout(const v1::Event& event) {
  const PayoutNow* payout = payouts_.Take(event);
  if (payout == nullptr) {
    return;
  }
  Wide& paid_out = rows_[{payout->platform, payout->currency}].paid_out;
  if (event.has_payout_settled()) {
    paid_out += payout->minor_units;
  } else if (event.has_payout_returned()) {
    paid_out -= payout->minor_units;
  }
}

void Reconciliation::Finish() {
  for (const auto& [account, balance] : ledger_.books().Accounts()) {
    const Pool pool(account.platform, account.currency);
    if (account.kind == v1::ACCOUNT_KIND_CUSTODY_BANK) {
      rows_[pool].bank -= balance;
    } else {
      rows_[pool].ledger += balance;
    }
    if (!account.agreement.empty()) {
      files_[{pool, account.agreement}].balance += balance;
    }
  }
  for (const auto& [key, file] : files_) {
    const auto& [pool, agreement] = key;
    Row& row = rows_[pool];
    row.held += file.held();
    row.payees += file.payees;
    row.fees += file.fees;
    row.refunded += file.refunded;
    row.returned += file.returned;
    Compare(pool, agreement, "held by the file, and by its accounts", file.held(), file.balance);
    Compare(pool, agreement, "released, and shared among payees and fees", file.released, file.payees + file.fees);
  }
  for (const auto& [pool, row] : rows_) {
    Compare(pool, "", "bank book, and ledger", row.bank, row.ledger);
    Compare(pool, "", "bank book, and agreements", row.bank, row.agreements());
  }
}

void Reconciliation::Compare(const Pool& pool, const std::string& agreement, const char* what, Wide expected,
                             Wide found) {
  if (expected != found) {
    differences_.push_back({pool, agreement, what, expected, found});
  }
}

std::string Reconciliation::Text(const AsOf& as_of) const {
  std::string text = as_of.Heading("Three-way reconciliation");
  for (const auto& [pool, row] : rows_) {
    Table table({pool.first, '>' + pool.second});
    const auto add = [&](const char* name, Wide units) { table.Add({name, AmountText(units, pool.second)}); };
    add("1 bank book", row.bank);
    add("2 ledger", row.ledger);
    add("3 agreements", row.agreements());
    add("    held", row.held);
    add("    released to payees", row.payees);
    add("    fees", row.fees);
    add("    refunded from custody", row.refunded);
    add("    returned before custody", row.returned);
    add("    less paid out", -row.paid_out);
    text += table.Text() + '\n';
  }
  for (const Difference& difference : differences_) {
    const std::string& currency = difference.pool.second;
    text += "DIFFERENCE  " + difference.pool.first +
            (difference.agreement.empty() ? "" : "/agreements/" + difference.agreement) + ' ' + currency + ": " +
            difference.what + ": " + AmountText(difference.expected, currency) + " and " +
            AmountText(difference.found, currency) + '\n';
  }
  return text + (differences_.empty() ? "no differences\n" : "");
}

JsonObject Reconciliation::Json(const AsOf& as_of) const {
  const auto pool_json = [](const std::pair<const Pool, Row>& entry) {
    const Row& row = entry.second;
    return JsonObject()
        .Add("platform", entry.first.first)
        .Add("currency", entry.first.second)
        .Add("bank", row.bank)
        .Add("ledger", row.ledger)
        .Add("agreements", row.agreements())
        .Add("held", row.held)
        .Add("payees", row.payees)
        .Add("fees", row.fees)
        .Add("refunded", row.refunded)
        .Add("returned", row.returned)
        .Add("paidOut", row.paid_out)
        .Text();
  };
  const auto difference_json = [](const Difference& difference) {
    return JsonObject()
        .Add("platform", difference.pool.first)
        .Add("currency", difference.pool.second)
        .Add("agreement", difference.agreement)
        .Add("what", difference.what)
        .Add("expected", difference.expected)
        .Add("found", difference.found)
        .Text();
  };
  JsonObject object = JsonOf(as_of);
  object.AddJson("pools", JsonArray(rows_, pool_json));
  object.AddJson("differences", JsonArray(differences_, difference_json));
  return object;
}

}  // namespace escrow::audit::exports
