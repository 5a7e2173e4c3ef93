#include "escrowctl/orders/csv.h"

#include <gtest/gtest.h>

#include <string>

namespace escrow::orders {
namespace {

TEST(Csv, ReadsRfc4180) {
  const auto table = ParseCsv("t.csv",
                              "\xEF\xBB\xBF"
                              "a,b,c\r\n1,,3\r\n\"x,y\",\"say \"\"hi\"\"\",\"two\r\nlines\"\n4,5,6");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->header, (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_EQ(table->records.size(), 3U);
  EXPECT_EQ(table->records[0].fields, (std::vector<std::string>{"1", "", "3"}));
  EXPECT_EQ(table->records[1].fields, (std::vector<std::string>{"x,y", "say \"hi\"", "two\r\nlines"}));
  EXPECT_EQ(table->records[2].fields, (std::vector<std::string>{"4", "5", "6"}));
  EXPECT_EQ(table->records[1].line, 3U);
  EXPECT_EQ(table->records[2].line, 5U);
}

TEST(Csv, ReadsAnEmptyLastField) {
  const auto table = ParseCsv("t.csv", "a,b\n1,\n,\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->records[0].fields, (std::vector<std::string>{"1", ""}));
  EXPECT_EQ(table->records[1].fields, (std::vector<std::string>{"", ""}));
}

TEST(Csv, NamesFileAndLineOfAnError) {
  struct Case {
    const char* text;
    const char* error;
  };
  for (const Case& c : {Case{"", "t.csv:1: the file is empty, it has no header"},
                        {"a,b\n1,2\n3\n", "t.csv:3: 1 fields, but the header has 2"},
                        {"a,b\n1,2,3\n", "t.csv:2: 3 fields, but the header has 2"},
                        {"a,b\n1,\"2\n3,4\n", "t.csv:2: a quote that is never closed"},
                        {"a,b\n\"1\"x,2\n", "t.csv:2: there is text after a closing quote"},
                        {"a,b\n1\"1,2\n", "t.csv:2: a quote inside a field that does not begin with one"},
                        {"a,b\n1,2\n\n", "t.csv:3: 1 fields, but the header has 2"}}) {
    const auto table = ParseCsv("t.csv", c.text);
    ASSERT_FALSE(table.ok()) << c.text;
    EXPECT_EQ(std::string(table.status().message()), c.error);
  }
}

TEST(Csv, FindsColumns) {
  const auto table = ParseCsv("t.csv", "a,b\n");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(*table->Column("b"), 1U);
  EXPECT_EQ(std::string(table->Column("c").status().message()), "t.csv:1: there is no column 'c', only a, b");
}

}  // namespace
}  // namespace escrow::orders
