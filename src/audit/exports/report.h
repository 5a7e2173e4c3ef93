#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/exports/walk.h"
#include "base/wide.h"
#include "escrow/v1/event.pb.h"

// What the reports share: as of when they speak, tables for people, JSON for programs. Pure.
namespace escrow::audit::exports {

// The last event that a report knows of.
struct AsOf {
  std::string origin;  // of the log
  std::uint64_t event = 0;
  std::string time;  // its log time

  // "Trial balance of log.example/escrow as of event 7, 2026-11-20T10:00:00Z\n\n"
  [[nodiscard]] std::string Heading(std::string_view title) const;
};
// REQUIRES: `last` is the last event of the extent.
[[nodiscard]] AsOf MakeAsOf(const Extent& extent, const v1::Event& last);

// Lines of cells in columns.
class Table {
 public:
  // A head that begins with '>' has its column on the right.
  explicit Table(std::vector<std::string> heads);
  // Control characters become question marks: a log may hold them, and a terminal would obey. REQUIRES: as many cells
  // as heads.
  void Add(std::vector<std::string> cells);
  [[nodiscard]] std::string Text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// Members of a JSON object, in order. Amounts and positions are strings, as in the proto3 mapping of 64-bit integers.
class JsonObject {
 public:
  JsonObject& AddJson(std::string_view name, std::string_view json);
  JsonObject& Add(std::string_view name, std::string_view text);
  JsonObject& Add(std::string_view name, base::Wide number);
  [[nodiscard]] std::string Text() const { return '{' + members_ + '}'; }

 private:
  std::string members_;
};
[[nodiscard]] JsonObject JsonOf(const AsOf& as_of);

// "[...]" of what `json_of` makes of each.
template <typename Items, typename JsonOfItem>
[[nodiscard]] std::string JsonArray(const Items& items, const JsonOfItem& json_of) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ",") + json_of(item);
  }
  return '[' + text + ']';
}

}  // namespace escrow::audit::exports
