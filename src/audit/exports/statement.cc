#include "audit/exports/statement.h"

#include <set>

#include "audit/exports/words.h"
#include "audit/text.h"

namespace escrow::audit::exports {

absl::StatusOr<StatementSubject> ParseSubject(const std::string& name) {
  if (const auto party = ScopedIdOf(name, "parties")) {
    return StatementSubject{"platforms/" + std::string(party->platform), std::string(party->id), {}};
  }
  if (const auto agreement = ScopedIdOf(name, "agreements")) {
    return StatementSubject{"platforms/" + std::string(agreement->platform), {}, std::string(agreement->id)};
  }
  return absl::InvalidArgumentError(
      "'" + name + "' is neither platforms/{platform}/parties/{party} nor platforms/{platform}/agreements/{agreement}");
}

std::string NameOf(const StatementSubject& subject) {
  return subject.platform + (subject.party.empty() ? "/agreements/" + subject.agreement : "/parties/" + subject.party);
}

absl::Status Statement::Take(const v1::Event& event) {
  if (absl::Status taken = ledger_.Take(event); !taken.ok()) {
    return taken;
  }
  for (const Ledger::Line& line : ledger_.lines()) {
    const Account& account = ledger_.accounts()[line.account];
    if (!IsOurs(account)) {
      continue;
    }
    const auto [found, first] = section_of_.try_emplace(line.account, sections_.size());
    if (first) {
      sections_.push_back({.account = account, .opening = 0, .movements = {}, .closing = 0});
    }
    Section& section = sections_[found->second];
    section.closing += line.minor_units;
    if (event.sequence() < from_) {
      section.opening += line.minor_units;
      continue;
    }
    section.movements.push_back({.event = event.sequence(),
                                 .time = TimeText(event.log_time()),
                                 .fact = FactName(event),
                                 .payout = PayoutIdOf(event),
                                 .reference = ReferenceOf(event),
                                 .counter = CountersOf(line),
                                 .minor_units = line.minor_units,
                                 .balance = section.closing});
  }
  return absl::OkStatus();
}

bool Statement::IsOurs(const Account& account) const {
  return account.platform == subject_.platform && account.party == subject_.party &&
         account.agreement == subject_.agreement && !(account.party.empty() && account.agreement.empty());
}

std::string Statement::CountersOf(const Ledger::Line& line) const {
  std::string text;
  std::set<std::size_t> said;
  for (const Ledger::Line& other : ledger_.lines()) {
    if ((other.minor_units > 0) != (line.minor_units > 0) && said.insert(other.account).second) {
      text += (text.empty() ? "" : ", ") + ShortName(ledger_.accounts()[other.account]);
    }
  }
  return text;
}

std::string Statement::Text(const AsOf& as_of) const {
  std::string text = as_of.Heading("Statement for " + NameOf(subject_));
  for (const Section& section : sections_) {
    const std::string& currency = section.account.currency;
    Table table({"date", ">event", "fact", "counter-account", "reference", ">amount", ">balance"});
    table.Add({"", "", "opening", "", "", "", AmountText(section.opening, currency)});
    for (const Movement& movement : section.movements) {
      table.Add({movement.time.substr(0, 10), std::to_string(movement.event), movement.fact, movement.counter,
                 movement.reference.empty() ? movement.payout : movement.reference,
                 AmountText(movement.minor_units, currency), AmountText(movement.balance, currency)});
    }
    table.Add({"", "", "closing", "", "", "", AmountText(section.closing, currency)});
    text += JournalName(section.account) + '\n' + table.Text() + '\n';
  }
  return text;
}

std::string Statement::Json(const AsOf& as_of) const {
  const auto movement_json = [](const Movement& movement) {
    return JsonObject()
        .Add("event", base::Wide{movement.event})
        .Add("time", movement.time)
        .Add("fact", movement.fact)
        .Add("payout", movement.payout)
        .Add("reference", movement.reference)
        .Add("counter", movement.counter)
        .Add("minorUnits", base::Wide{movement.minor_units})
        .Add("balance", movement.balance)
        .Text();
  };
  const auto section_json = [&movement_json](const Section& section) {
    return JsonObject()
        .Add("account", JournalName(section.account))
        .Add("currency", section.account.currency)
        .Add("opening", section.opening)
        .AddJson("movements", JsonArray(section.movements, movement_json))
        .Add("closing", section.closing)
        .Text();
  };
  return JsonOf(as_of)
             .Add("subject", NameOf(subject_))
             .Add("from", base::Wide{from_})
             .AddJson("accounts", JsonArray(sections_, section_json))
             .Text() +
         '\n';
}

}  // namespace escrow::audit::exports
