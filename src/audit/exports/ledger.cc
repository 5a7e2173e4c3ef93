#include "audit/exports/ledger.h"

#include "audit/text.h"

namespace escrow::audit::exports {
namespace {

// What is wrong with the names that accounts are called by; empty when nothing is.
std::string WrongName(const v1::Event& event) {
  if (PlatformIdOf(event.platform()).empty()) {
    return "platform '" + event.platform() + "' is no name of a platform";
  }
  if (!event.agreement_id().empty() && !IsId(event.agreement_id())) {
    return "agreement_id '" + event.agreement_id() + "' is no id";
  }
  for (const v1::Posting& posting : event.postings()) {
    if (!posting.party_id().empty() && !IsId(posting.party_id())) {
      return "party_id '" + posting.party_id() + "' is no id";
    }
  }
  return {};
}

}  // namespace

absl::Status Ledger::Take(const v1::Event& event) {
  lines_.clear();
  Complaint wrong = books_.Post(event);
  if (!wrong && !event.postings().empty()) {
    const std::string name = WrongName(event);
    wrong = name.empty() ? Complaint() : name;
  }
  if (wrong) {
    return absl::DataLossError("event " + std::to_string(event.sequence()) + ": " + *wrong);
  }
  for (const v1::Posting& posting : event.postings()) {
    const Account account = AccountOf(event, posting);
    const auto [found, first] = numbers_.try_emplace(account, accounts_.size());
    if (first) {
      accounts_.push_back(account);
    }
    lines_.push_back({.account = found->second, .minor_units = posting.minor_units(), .first = first});
  }
  return absl::OkStatus();
}

Account AccountOf(const v1::Event& event, const v1::Posting& posting) {
  Account account{.platform = event.platform(),
                  .currency = event.currency_code(),
                  .kind = posting.account(),
                  .agreement = {},
                  .milestone = 0,
                  .party = posting.party_id()};
  if (account.kind == v1::ACCOUNT_KIND_UNALLOCATED || account.kind == v1::ACCOUNT_KIND_CUSTODY) {
    account.agreement = event.agreement_id();
    account.milestone = posting.milestone_index();
  }
  return account;
}

}  // namespace escrow::audit::exports
