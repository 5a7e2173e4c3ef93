#include "escrowctl/orders/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace escrow::orders {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Reads record after record.
class Reader {
 public:
  Reader(const std::string& name, std::string_view text) : name_(name), text_(text) {
    if (text_.starts_with(kByteOrderMark)) {
      text_.remove_prefix(kByteOrderMark.size());
    }
  }

  [[nodiscard]] bool AtEnd() const { return position_ == text_.size(); }

  absl::StatusOr<CsvRecord> Next() {
    CsvRecord record{.line = line_, .fields = {}};
    while (true) {
      absl::StatusOr<std::string> field = text_.substr(position_).starts_with('"') ? Quoted() : Bare();
      if (!field.ok()) {
        return field.status();
      }
      record.fields.push_back(*std::move(field));
      if (Take(',')) {
        continue;
      }
      Take('\r');
      if (Take('\n')) {
        ++line_;
        return record;
      }
      if (AtEnd()) {
        return record;
      }
      return Error(line_, "there is text after a closing quote");
    }
  }

  absl::Status Error(std::size_t line, std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("{}:{}: {}", name_, line, what));
  }

 private:
  bool Take(char c) {
    if (AtEnd() || text_[position_] != c) {
      return false;
    }
    ++position_;
    return true;
  }

  absl::StatusOr<std::string> Bare() {
    const std::size_t begin = position_;
    const std::size_t end = text_.find_first_of(",\n", begin);
    position_ = end == std::string_view::npos ? text_.size() : end;
    const bool line_ends = position_ < text_.size() && text_[position_] == '\n';
    if ((line_ends || AtEnd()) && position_ > begin && text_[position_ - 1] == '\r') {
      --position_;
    }
    const std::string_view field = text_.substr(begin, position_ - begin);
    if (field.find('"') != std::string_view::npos) {
      return Error(line_, "a quote inside a field that does not begin with one");
    }
    return std::string(field);
  }

  absl::StatusOr<std::string> Quoted() {
    const std::size_t first_line = line_;
    std::string field;
    Take('"');
    while (!AtEnd()) {
      const char c = text_[position_++];
      if (c == '"' && !Take('"')) {
        return field;
      }
      line_ += c == '\n' ? 1 : 0;
      field += c;
    }
    return Error(first_line, "a quote that is never closed");
  }

  const std::string& name_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

absl::StatusOr<std::size_t> CsvTable::Column(std::string_view title) const {
  const auto found = std::ranges::find(header, title);
  if (found == header.end()) {
    return absl::InvalidArgumentError(
        fmt::format("{}:1: there is no column '{}', only {}", name, title, fmt::join(header, ", ")));
  }
  return static_cast<std::size_t>(found - header.begin());
}

absl::StatusOr<CsvTable> ParseCsv(std::string name, std::string_view text) {
  CsvTable table{.name = std::move(name), .header = {}, .records = {}};
  Reader reader(table.name, text);
  if (reader.AtEnd()) {
    return reader.Error(1, "the file is empty, it has no header");
  }
  absl::StatusOr<CsvRecord> header = reader.Next();
  if (!header.ok()) {
    return header.status();
  }
  table.header = std::move(header->fields);
  while (!reader.AtEnd()) {
    absl::StatusOr<CsvRecord> record = reader.Next();
    if (!record.ok()) {
      return record.status();
    }
    if (record->fields.size() != table.header.size()) {
      return reader.Error(record->line,
                          fmt::format("{} fields, but the header has {}", record->fields.size(), table.header.size()));
    }
    table.records.push_back(*std::move(record));
  }
  return table;
}

}  // namespace escrow::orders
