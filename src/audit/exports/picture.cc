#include "audit/exports/picture.h"

#include <algorithm>
#include <map>
#include <utility>

#include "audit/exports/words.h"
#include "audit/receipt_words.h"

namespace escrow::audit::exports {
namespace {

// As people read it; "-" for none.
std::string TextOf(const Value* value) {
  if (value == nullptr) {
    return "-";
  }
  return value->currency.empty() ? value->words : AmountText(value->minor_units, value->currency);
}

std::string TextOf(const std::optional<Value>& value) { return TextOf(value ? &*value : nullptr); }

// As programs read it: minor units of an amount.
std::string JsonOf(const std::optional<Value>& value) {
  if (!value) {
    return "null";
  }
  return JsonText(value->currency.empty() ? value->words : IntegerText(value->minor_units));
}

// The currency of a change; empty when it is one of words. What is an amount stays one.
const std::string& CurrencyOf(const Change& change) {
  return change.after ? change.after->currency : change.before->currency;
}

// By how much an amount has changed; none counts as zero.
std::string MoveText(const Change& change) {
  if (CurrencyOf(change).empty()) {
    return {};
  }
  const base::Wide move =
      (change.after ? change.after->minor_units : 0) - (change.before ? change.before->minor_units : 0);
  return (move > 0 ? "+" : "") + AmountText(move, CurrencyOf(change));
}

std::string JsonOf(const Change& change) {
  JsonObject object;
  object.Add("name", change.name);
  if (!CurrencyOf(change).empty()) {
    object.Add("currency", CurrencyOf(change));
  }
  return object.AddJson("before", JsonOf(change.before)).AddJson("after", JsonOf(change.after)).Text();
}

std::string JsonOfMoment(const AsOf& as_of) {
  return JsonObject().Add("event", base::Wide{as_of.event}).Add("time", as_of.time).Text();
}

}  // namespace

void Picture::AddWords(std::string name, std::string words) {
  lines_.push_back({.name = std::move(name), .value = {.words = std::move(words), .minor_units = 0, .currency = {}}});
}

void Picture::AddAmount(std::string name, base::Wide minor_units, std::string currency) {
  lines_.push_back(
      {.name = std::move(name), .value = {.words = {}, .minor_units = minor_units, .currency = std::move(currency)}});
}

const Value* Picture::Find(std::string_view name) const {
  const auto found = std::ranges::find(lines_, name, &Line::name);
  return found == lines_.end() ? nullptr : &found->value;
}

std::string Picture::Text(const AsOf& as_of, std::string_view subject) const {
  Table table({"what", ">value", "currency"});
  for (const Line& line : lines_) {
    table.Add({line.name, TextOf(&line.value), line.value.currency});
  }
  return as_of.Heading("State of " + std::string(subject)) + table.Text();
}

std::string Picture::Json(const AsOf& as_of, std::string_view subject) const {
  const auto json_of = [](const Line& line) {
    JsonObject object;
    object.Add("name", line.name);
    if (line.value.currency.empty()) {
      object.Add("value", line.value.words);
    } else {
      object.Add("minorUnits", line.value.minor_units).Add("currency", line.value.currency);
    }
    return object.Text();
  };
  return exports::JsonOf(as_of).Add("subject", subject).AddJson("values", JsonArray(lines_, json_of)).Text() + '\n';
}

std::vector<Change> DifferenceOf(const Picture& before, const Picture& after) {
  std::map<std::string_view, const Value*> left;  // of before, not yet found in after
  for (const Picture::Line& line : before.lines()) {
    left.emplace(line.name, &line.value);
  }
  std::vector<Change> changes;
  for (const Picture::Line& line : after.lines()) {
    const auto found = left.find(line.name);
    if (found == left.end()) {
      changes.push_back({.name = line.name, .before = {}, .after = line.value});
      continue;
    }
    if (*found->second != line.value) {
      changes.push_back({.name = line.name, .before = *found->second, .after = line.value});
    }
    left.erase(found);
  }
  for (const Picture::Line& line : before.lines()) {
    if (left.contains(line.name)) {
      changes.push_back({.name = line.name, .before = line.value, .after = {}});
    }
  }
  return changes;
}

std::string TextOf(const DifferenceReport& report) {
  std::string text = "Difference of " + report.subject + " of " + report.to.origin + " from event " +
                     std::to_string(report.from.event) + ", " + report.from.time + ", to event " +
                     std::to_string(report.to.event) + ", " + report.to.time + "\n\n";
  if (report.changes.empty()) {
    text += "Nothing differs.\n";
  } else {
    Table table({"what", ">before", ">after", ">change", "currency"});
    for (const Change& change : report.changes) {
      table.Add({change.name, TextOf(change.before), TextOf(change.after), MoveText(change), CurrencyOf(change)});
    }
    text += table.Text();
  }
  if (report.events.empty()) {
    return text;
  }
  Table events({">event", "time", "what", "in detail", "asked for by"});
  for (const v1::Event& event : report.events) {
    events.Add({std::to_string(event.sequence()), TimeText(event.log_time()), FactName(event),
                DetailText(event, &*report.terms), AskerText(event)});
  }
  return text + '\n' + events.Text();
}

std::string JsonOf(const DifferenceReport& report) {
  const auto event_json = [&report](const v1::Event& event) {
    return JsonObject()
        .Add("event", base::Wide{event.sequence()})
        .Add("time", TimeText(event.log_time()))
        .Add("fact", FactName(event))
        .Add("detail", DetailText(event, &*report.terms))
        .Text();
  };
  JsonObject object;
  object.Add("origin", report.to.origin)
      .AddJson("from", JsonOfMoment(report.from))
      .AddJson("to", JsonOfMoment(report.to))
      .Add("subject", report.subject)
      .AddJson("changes", JsonArray(report.changes, [](const Change& change) { return JsonOf(change); }));
  if (report.terms) {
    object.AddJson("events", JsonArray(report.events, event_json));
  }
  return object.Text() + '\n';
}

}  // namespace escrow::audit::exports
