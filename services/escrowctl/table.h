#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace escrow::ctl {

// A table of text. Threading: none. Columns that are empty in every row are left out when it is printed.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    std::size_t width_max = 0;  // longer cells are wrapped when printed as text; 0: never
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns.
  void Add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  // Aligned text for people; widths are counted in UTF-8 characters.
  void Print(std::ostream& out) const;
  // A table of Markdown; `|` in a cell is escaped.
  void PrintMarkdown(std::ostream& out) const;

 private:
  [[nodiscard]] std::vector<std::size_t> UsedColumns() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// How many characters a UTF-8 text has.
[[nodiscard]] std::size_t TextWidth(std::string_view text);
// `text` filled up with spaces to `width` characters.
[[nodiscard]] std::string Pad(std::string_view text, std::size_t width, Table::Align align = Table::Align::kLeft);
// `text` in lines of at most `width` characters, broken at spaces where there are any. At least one line.
[[nodiscard]] std::vector<std::string> Wrap(std::string_view text, std::size_t width);

}  // namespace escrow::ctl
