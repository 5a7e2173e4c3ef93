#include "escrowctl/table.h"

#include <algorithm>
#include <string_view>

#include "base/assert.h"

namespace escrow::ctl {
namespace {

constexpr std::string_view kGap = "  ";

std::string EscapeMarkdown(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

void PrintLine(std::ostream& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

}  // namespace

std::size_t TextWidth(std::string_view text) {
  // Every byte but the continuation bytes of UTF-8 begins a character.
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string Pad(std::string_view text, std::size_t width, Table::Align align) {
  const std::size_t used = TextWidth(text);
  const std::string fill(width > used ? width - used : 0, ' ');
  return align == Table::Align::kLeft ? std::string(text) + fill : fill + std::string(text);
}

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  ESCROW_ASSERT(width > 0);
  std::vector<std::string> lines;
  while (TextWidth(text) > width) {
    const std::size_t space = text.rfind(' ', width);
    const bool breakable = space != std::string_view::npos && space > 0;
    const std::size_t length = breakable ? space : width;
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(breakable ? length + 1 : length);
  }
  lines.emplace_back(text);
  return lines;
}

void Table::Add(std::vector<std::string> cells) {
  ESCROW_ASSERT(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::UsedColumns() const {
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (std::ranges::any_of(rows_, [&](const auto& row) { return !row[i].empty(); })) {
      used.push_back(i);
    }
  }
  return used;
}

void Table::Print(std::ostream& out) const {
  const std::vector<std::size_t> used = UsedColumns();
  // Row 0 is the title; every cell is a list of lines.
  std::vector<std::vector<std::vector<std::string>>> rows(rows_.size() + 1);
  std::vector<std::size_t> widths;
  for (const std::size_t i : used) {
    const Column& column = columns_[i];
    std::size_t width = TextWidth(column.title);
    rows[0].push_back({column.title});
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const std::string& cell = rows_[r][i];
      rows[r + 1].push_back(column.width_max == 0 ? std::vector{cell} : Wrap(cell, column.width_max));
      for (const std::string& line : rows[r + 1].back()) {
        width = std::max(width, TextWidth(line));
      }
    }
    widths.push_back(width);
  }
  for (const auto& cells : rows) {
    std::size_t height = 0;
    for (const auto& cell : cells) {
      height = std::max(height, cell.size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      std::string text;
      for (std::size_t k = 0; k < used.size(); ++k) {
        const std::string_view part = line < cells[k].size() ? std::string_view(cells[k][line]) : "";
        text += (k == 0 ? "" : std::string(kGap)) + Pad(part, widths[k], columns_[used[k]].align);
      }
      PrintLine(out, std::move(text));
    }
  }
}

void Table::PrintMarkdown(std::ostream& out) const {
  const std::vector<std::size_t> used = UsedColumns();
  out << '|';
  for (const std::size_t i : used) {
    out << ' ' << EscapeMarkdown(columns_[i].title) << " |";
  }
  out << "\n|";
  for (const std::size_t i : used) {
    out << (columns_[i].align == Align::kLeft ? "---|" : "---:|");
  }
  out << '\n';
  for (const auto& row : rows_) {
    out << '|';
    for (const std::size_t i : used) {
      out << ' ' << EscapeMarkdown(row[i]) << " |";
    }
    out << '\n';
  }
}

}  // namespace escrow::ctl
