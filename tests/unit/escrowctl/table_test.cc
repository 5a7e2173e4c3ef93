#include "escrowctl/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace escrow::ctl {
namespace {

TEST(Table, AlignsAndLeavesEmptyColumnsOut) {
  Table table({{"name"}, {"nothing"}, {"amount", Table::Align::kRight}});
  table.Add({"ada", "", "1.00"});
  table.Add({"bazaar", "", "100.00"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "name    amount\nada       1.00\nbazaar  100.00\n");
}

TEST(Table, PrintsMarkdown) {
  Table table({{"what"}, {"n", Table::Align::kRight}});
  table.Add({"a|b", "1"});
  std::ostringstream out;
  table.PrintMarkdown(out);
  EXPECT_EQ(out.str(), "| what | n |\n|---|---:|\n| a\\|b | 1 |\n");
}

TEST(Table, CountsCharactersNotBytes) {
  EXPECT_EQ(TextWidth("Käse €"), 6U);
  EXPECT_EQ(Pad("ä", 3), "ä  ");
  EXPECT_EQ(Pad("ä", 3, Table::Align::kRight), "  ä");
}

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_EQ(Wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(Wrap("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(Wrap("", 3), (std::vector<std::string>{""}));
}

}  // namespace
}  // namespace escrow::ctl
