#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/exports/report.h"
#include "base/wide.h"
#include "escrow/v1/event.pb.h"

// How something stands at a position of the log, as named values, and how two such pictures differ. Pure.
namespace escrow::audit::exports {

// A value of a picture: words, or an amount when it has a currency.
struct Value {
  std::string words;
  base::Wide minor_units = 0;
  std::string currency;

  friend bool operator==(const Value&, const Value&) = default;
};

// Picture: values under names that are always the same for the same thing ("milestones/parcel/held"), each once, in an
// order for people.
class Picture {
 public:
  struct Line {
    std::string name;
    Value value;
    friend bool operator==(const Line&, const Line&) = default;
  };

  // REQUIRES: the name is new.
  void AddWords(std::string name, std::string words);
  void AddAmount(std::string name, base::Wide minor_units, std::string currency);

  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  // Null when there is no such name.
  [[nodiscard]] const Value* Find(std::string_view name) const;

  // `subject`: whose picture it is, by its name.
  [[nodiscard]] std::string Text(const AsOf& as_of, std::string_view subject) const;
  // {origin, event, time, subject, values: [{name, value} or {name, minorUnits, currency}]}
  [[nodiscard]] std::string Json(const AsOf& as_of, std::string_view subject) const;

 private:
  std::vector<Line> lines_;
};

// A name whose value is not the same in two pictures. Nothing: the picture does not have it.
struct Change {
  std::string name;
  std::optional<Value> before;
  std::optional<Value> after;
  friend bool operator==(const Change&, const Change&) = default;
};
// In the order of `after`; names that it does not have come last, in the order of `before`.
[[nodiscard]] std::vector<Change> DifferenceOf(const Picture& before, const Picture& after);

// What a report of a difference says.
struct DifferenceReport {
  AsOf from;
  AsOf to;
  std::string subject;
  std::vector<Change> changes;
  std::optional<v1::Agreement> terms;  // of an agreement: as it was created
  std::vector<v1::Event> events;       // of an agreement: its events after `from`, up to `to`
};
[[nodiscard]] std::string TextOf(const DifferenceReport& report);
// {origin, from: {event, time}, to: {event, time}, subject, changes: [{name, currency?, before, after}], events?:
// [{event, time, fact, detail}]}; before and after are null where there is no value.
[[nodiscard]] std::string JsonOf(const DifferenceReport& report);

}  // namespace escrow::audit::exports
