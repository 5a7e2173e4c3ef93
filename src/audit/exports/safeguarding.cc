#include "audit/exports/safeguarding.h"

#include <algorithm>

#include "audit/exports/words.h"
#include "audit/text.h"

namespace escrow::audit::exports {
namespace {

using base::Wide;

constexpr Nanos kNanosPerDay = 86'400 * kNanosPerSecond;

std::string DateOf(const std::optional<Nanos>& time) {
  if (!time) {
    return {};
  }
  google::protobuf::Timestamp timestamp;
  SetTime(*time, timestamp);
  return DateText(timestamp);
}

bool IsFee(v1::AccountKind kind) {
  return kind == v1::ACCOUNT_KIND_PLATFORM_FEES || kind == v1::ACCOUNT_KIND_OPERATOR_FEES;
}

}  // namespace

void Entitlement::Move(Wide minor_units, Nanos time) {
  amount_ += minor_units;
  if (minor_units > 0) {
    parts_.emplace_back(minor_units, time);
    return;
  }
  for (Wide rest = -minor_units; rest > 0 && !parts_.empty();) {
    const Wide taken = std::min(rest, parts_.front().first);
    parts_.front().first -= taken;
    rest -= taken;
    if (parts_.front().first == 0) {
      parts_.pop_front();
    }
  }
}

absl::Status Safeguarding::Take(const v1::Event& event) {
  if (absl::Status taken = ledger_.Take(event); !taken.ok()) {
    return taken;
  }
  now_ = NanosOf(event.log_time());
  entitlements_.resize(ledger_.accounts().size());
  for (const Ledger::Line& line : ledger_.lines()) {
    entitlements_[line.account].Move(line.minor_units, now_);
  }
  TakeParticipants(event);
  TakePayout(event);
  return absl::OkStatus();
}

void Safeguarding::TakeParticipants(const v1::Event& event) {
  if (!event.has_agreement_created()) {
    return;
  }
  for (const v1::Participant& participant : event.command().create_agreement().agreement().participants()) {
    const auto party = ScopedIdOf(participant.party(), "parties");
    if (participant.role() == v1::ROLE_BUYER && party) {
      buyers_[{event.platform(), event.agreement_id()}] = std::string(party->id);
    }
  }
}

void Safeguarding::TakePayout(const v1::Event& event) {
  const PayoutNow* payout = payouts_.Take(event);
  if (payout == nullptr) {
    return;
  }
  Entitlement& transit = in_transit_[{{payout->platform, payout->currency}, payout->party}];
  if (event.has_payout_requested()) {
    transit.Move(payout->minor_units, now_);
  } else if (event.has_payout_settled() || event.has_payout_failed()) {
    transit.Move(-Wide{payout->minor_units}, now_);
  }
}

std::string Safeguarding::ClientOf(const Account& account) const {
  if (!account.party.empty()) {
    return account.party;
  }
  const auto buyer = buyers_.find({account.platform, account.agreement});
  return buyer == buyers_.end() ? "agreement " + account.agreement : buyer->second;
}

void Safeguarding::AddTo(Client& client, v1::AccountKind kind, const Entitlement& entitlement) const {
  const Wide amount = entitlement.amount();
  if (amount == 0) {
    return;
  }
  if (const auto oldest = entitlement.oldest(); oldest && *oldest < client.oldest.value_or(*oldest + 1)) {
    client.oldest = oldest;
    client.age_days = (now_ - *oldest) / kNanosPerDay;
  }
  switch (kind) {
    case v1::ACCOUNT_KIND_UNALLOCATED:
      client.unallocated += amount;
      break;
    case v1::ACCOUNT_KIND_CUSTODY:
      client.custody += amount;
      break;
    case v1::ACCOUNT_KIND_PAYABLE:
      client.payable += amount;
      break;
    case v1::ACCOUNT_KIND_REFUNDABLE:
      client.refundable += amount;
      break;
    default:  // of payouts
      client.in_transit += amount;
      break;
  }
}

void Safeguarding::Finish() {
  std::map<std::pair<Pool, std::string>, Client> clients;
  for (std::size_t i = 0; i < ledger_.accounts().size(); ++i) {
    const Account& account = ledger_.accounts()[i];
    const Pool pool(account.platform, account.currency);
    if (account.kind == v1::ACCOUNT_KIND_CUSTODY_BANK) {
      rows_[pool].resource -= entitlements_[i].amount();
    } else if (IsFee(account.kind)) {
      rows_[pool].fees += entitlements_[i].amount();
    } else if (account.kind != v1::ACCOUNT_KIND_IN_TRANSIT) {
      AddTo(clients[{pool, ClientOf(account)}], account.kind, entitlements_[i]);
    }
  }
  // What the account in transit adds up to is known by payout, and so whose it is.
  for (const auto& [key, entitlement] : in_transit_) {
    const auto& [pool, party] = key;
    if (party.empty()) {
      rows_[pool].fees += entitlement.amount();
    } else {
      AddTo(clients[key], v1::ACCOUNT_KIND_IN_TRANSIT, entitlement);
    }
  }
  for (auto& [key, client] : clients) {
    if (client.total() == 0) {
      continue;
    }
    client.party = key.second;
    Row& row = rows_[key.first];
    row.sums.unallocated += client.unallocated;
    row.sums.custody += client.custody;
    row.sums.payable += client.payable;
    row.sums.refundable += client.refundable;
    row.sums.in_transit += client.in_transit;
    row.clients.push_back(client);
  }
}

bool Safeguarding::right() const {
  return std::ranges::all_of(
      rows_, [](const auto& entry) { return entry.second.unexplained() == 0 && entry.second.difference() >= 0; });
}

std::string Safeguarding::Text(const AsOf& as_of) const {
  std::string text = as_of.Heading("Safeguarding");
  for (const auto& [pool, row] : rows_) {
    const std::string& currency = pool.second;
    Table sums({pool.first, '>' + currency});
    const auto add = [&](const char* name, Wide units) { sums.Add({name, AmountText(units, currency)}); };
    add("requirement", row.requirement());
    add("    unallocated", row.sums.unallocated);
    add("    custody", row.sums.custody);
    add("    payable", row.sums.payable);
    add("    refundable", row.sums.refundable);
    add("    in transit to clients", row.sums.in_transit);
    add("resource", row.resource);
    add("difference", row.difference());
    add("    fees not yet taken out", row.fees);
    add("    unexplained", row.unexplained());
    text += sums.Text() + '\n';
    if (row.clients.empty()) {
      continue;
    }
    Table clients({"client", ">held", ">payable", ">refundable", ">in transit", ">total", "oldest", ">days"});
    for (const Client& client : row.clients) {
      clients.Add({client.party, AmountText(client.unallocated + client.custody, currency),
                   AmountText(client.payable, currency), AmountText(client.refundable, currency),
                   AmountText(client.in_transit, currency), AmountText(client.total(), currency), DateOf(client.oldest),
                   std::to_string(client.age_days)});
    }
    text += clients.Text() + '\n';
  }
  return text + (right() ? "the resource covers the requirement, and the rest is fees\n"
                         : "WRONG: the resource does not cover the requirement, or a difference is not fees\n");
}

std::string Safeguarding::Json(const AsOf& as_of) const {
  const auto amounts = [](const Client& client) {
    return JsonObject()
        .Add("unallocated", client.unallocated)
        .Add("custody", client.custody)
        .Add("payable", client.payable)
        .Add("refundable", client.refundable)
        .Add("inTransit", client.in_transit)
        .Add("total", client.total());
  };
  const auto client_json = [&amounts](const Client& client) {
    return JsonObject()
        .Add("party", client.party)
        .AddJson("entitlement", amounts(client).Text())
        .Add("oldest", DateOf(client.oldest))
        .Add("ageDays", Wide{client.age_days})
        .Text();
  };
  const auto row_json = [&](const std::pair<const Pool, Row>& entry) {
    const Row& row = entry.second;
    return JsonObject()
        .Add("platform", entry.first.first)
        .Add("currency", entry.first.second)
        .AddJson("requirement", amounts(row.sums).Text())
        .Add("resource", row.resource)
        .Add("difference", row.difference())
        .Add("fees", row.fees)
        .Add("unexplained", row.unexplained())
        .AddJson("clients", JsonArray(row.clients, client_json))
        .Text();
  };
  return JsonOf(as_of)
             .AddJson("right", right() ? "true" : "false")
             .AddJson("pools", JsonArray(rows_, row_json))
             .Text() +
         '\n';
}

}  // namespace escrow::audit::exports
