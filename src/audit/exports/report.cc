#include "audit/exports/report.h"

#include <algorithm>

#include "audit/exports/words.h"
#include "base/assert.h"

namespace escrow::audit::exports {

std::string AsOf::Heading(std::string_view title) const {
  return std::string(title) + " of " + origin + " as of event " + std::to_string(event) + ", " + time + "\n\n";
}

AsOf MakeAsOf(const Extent& extent, const v1::Event& last) {
  return {.origin = extent.checkpoint.origin, .event = extent.through, .time = TimeText(last.log_time())};
}

Table::Table(std::vector<std::string> heads) {
  for (std::string& head : heads) {
    right_.push_back(head.starts_with('>'));
    head.erase(0, right_.back() ? 1 : 0);
  }
  rows_.push_back(std::move(heads));
}

void Table::Add(std::vector<std::string> cells) {
  ESCROW_ASSERT(cells.size() == right_.size());
  for (std::string& cell : cells) {
    std::ranges::replace_if(cell, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  }
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<std::size_t> widths(right_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (right_[i] ? space + row[i] : row[i] + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

JsonObject& JsonObject::AddJson(std::string_view name, std::string_view json) {
  if (!members_.empty()) {
    members_ += ',';
  }
  members_.append(JsonText(name)).append(1, ':').append(json);
  return *this;
}

JsonObject& JsonObject::Add(std::string_view name, std::string_view text) { return AddJson(name, JsonText(text)); }

JsonObject& JsonObject::Add(std::string_view name, base::Wide number) {
  return AddJson(name, JsonText(IntegerText(number)));
}

JsonObject JsonOf(const AsOf& as_of) {
  JsonObject object;
  object.Add("origin", as_of.origin).Add("event", base::Wide{as_of.event}).Add("time", as_of.time);
  return object;
}

}  // namespace escrow::audit::exports
