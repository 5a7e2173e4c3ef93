#include "audit/books.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/currency.h"

namespace escrow::audit {
namespace {

using base::Wide;

std::string_view KindName(v1::AccountKind kind) {
  std::string_view name = v1::AccountKind_Name(kind);
  constexpr std::string_view kPrefix = "ACCOUNT_KIND_";
  if (name.starts_with(kPrefix)) {
    name.remove_prefix(kPrefix.size());
  }
  return name;
}

// Fills what the posting's account is kept per; wrong when the posting names less or more.
Complaint ReadAccount(const v1::Event& event, const v1::Posting& posting, Account& account) {
  account.platform = event.platform();
  account.currency = event.currency_code();
  account.kind = posting.account();
  const bool of_agreement =
      posting.account() == v1::ACCOUNT_KIND_UNALLOCATED || posting.account() == v1::ACCOUNT_KIND_CUSTODY;
  const bool of_party =
      posting.account() == v1::ACCOUNT_KIND_PAYABLE || posting.account() == v1::ACCOUNT_KIND_REFUNDABLE;
  if (!v1::AccountKind_IsValid(posting.account()) || posting.account() == v1::ACCOUNT_KIND_UNSPECIFIED) {
    return "a posting names no kind of account";
  }
  const std::string name(KindName(posting.account()));
  if (of_agreement && event.agreement_id().empty()) {
    return "a posting to " + name + " in an event of no agreement";
  }
  if (of_party == posting.party_id().empty()) {
    return "a posting to " + name + (of_party ? " names no party" : " names a party");
  }
  if (posting.account() != v1::ACCOUNT_KIND_CUSTODY && posting.milestone_index() != 0) {
    return "a posting to " + name + " names a milestone";
  }
  if (of_agreement) {
    account.agreement = event.agreement_id();
    account.milestone = posting.milestone_index();
  }
  account.party = posting.party_id();
  return {};
}

}  // namespace

std::string Describe(const Account& account) {
  std::string text(KindName(account.kind));
  if (account.kind == v1::ACCOUNT_KIND_CUSTODY) {
    text += " of milestone " + std::to_string(account.milestone);
  }
  if (!account.agreement.empty()) {
    text += " of agreement " + account.agreement;
  }
  if (!account.party.empty()) {
    text += " of party " + account.party;
  }
  return text + " of " + account.platform + " in " + account.currency;
}

std::size_t Books::Hash::operator()(const Account& account) const {
  std::size_t hash = std::hash<std::string>()(account.platform);
  const auto mix = [&hash](std::size_t more) { hash = (hash ^ more) * 0x9e3779b97f4a7c15U; };
  mix(std::hash<std::string>()(account.agreement));
  mix(std::hash<std::string>()(account.party));
  mix(std::hash<std::string>()(account.currency));
  mix(static_cast<std::size_t>(account.kind) << 32U | account.milestone);
  return hash;
}

Complaint Books::Post(const v1::Event& event) {
  if (event.postings().empty()) {
    return event.currency_code().empty() ? Complaint() : "currency_code is set although nothing is booked";
  }
  if (event.platform().empty()) {
    return "postings in an event of no platform";
  }
  if (!base::Currency::FromCode(event.currency_code())) {
    return "currency_code '" + event.currency_code() + "' is no currency of ISO 4217 with a minor unit";
  }
  Wide sum = 0;
  for (const v1::Posting& posting : event.postings()) {
    Account account;
    if (Complaint wrong = ReadAccount(event, posting, account)) {
      return wrong;
    }
    if (posting.minor_units() == 0) {
      return "a posting of zero to " + Describe(account);
    }
    sum += posting.minor_units();
    const auto found = balances_.try_emplace(account, 0).first;
    found->second += posting.minor_units();
    const bool debit_normal = account.kind == v1::ACCOUNT_KIND_CUSTODY_BANK;
    if (debit_normal ? found->second > 0 : found->second < 0) {
      return Describe(account) + " would be overdrawn";
    }
    if (found->second == 0) {
      balances_.erase(found);
    }
  }
  return sum == 0 ? Complaint() : "the postings do not add up to zero";
}

Wide Books::BalanceOf(const Account& account) const {
  const auto found = balances_.find(account);
  return found == balances_.end() ? Wide{0} : found->second;
}

std::vector<std::pair<Account, Wide>> Books::Accounts() const {
  std::vector<std::pair<Account, Wide>> accounts(balances_.begin(), balances_.end());
  std::ranges::sort(accounts, {}, &std::pair<Account, Wide>::first);
  return accounts;
}

std::vector<Books::Total> Books::TrialBalance() const {
  std::map<std::tuple<std::string, std::string, v1::AccountKind>, Wide> sums;
  for (const auto& [account, balance] : balances_) {
    sums[{account.platform, account.currency, account.kind}] += balance;
  }
  std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
  return {sums.begin(), sums.end()};
}

}  // namespace escrow::audit
