#include "escrowctl/orders/olist.h"

#include <gtest/gtest.h>

#include <string>

#include "tables.h"

namespace escrow::orders {
namespace {

TEST(LocalTime, IsTakenAsUtc) {
  EXPECT_EQ(ParseLocalTime("1970-01-01 00:00:00")->ns, 0);
  EXPECT_EQ(ParseLocalTime("2024-02-29 12:34:56")->ns, 1'709'210'096LL * base::kNsPerSecond);
  for (const char* text :
       {"", "2024-03-01", "2024-03-01T10:00:00", "2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-03-01 24:00:00",
        "2024-03-01 10:60:00", "2024-03-01 10:00:60", "2024-03-01 10:00: 1", "1969-12-31 23:59:59",
        "9999-01-01 00:00:00", "2024-03-01 10:00:00Z", "+024-03-01 10:00:00"}) {
    EXPECT_FALSE(ParseLocalTime(text).ok()) << text;
  }
}

TEST(Dataset, JoinsTheFourTables) {
  const auto data = ReadDataset(Tables()
                                    .Order("a", "delivered", {kMar1, kMar2, "", kMar9, kMar20})
                                    .Item("a", "s1", "99.9", "8.77")
                                    .Pay("a", "108.67")
                                    .Review("a", "5", kMar12)
                                    .texts());
  ASSERT_TRUE(data.ok()) << data.status();
  ASSERT_EQ(data->orders.size(), 1U);
  const Order& order = data->orders[0];
  EXPECT_EQ(order.customer_id, "buyer-a");
  EXPECT_EQ(order.status, Status::kDelivered);
  EXPECT_EQ(order.currency.code(), "BRL");
  EXPECT_FALSE(order.carrier_time);
  EXPECT_EQ(order.delivery_time, *ParseLocalTime(kMar9));
  EXPECT_EQ(order.items[0].price, 9'990);
  EXPECT_EQ(order.items[0].freight, 877);
  EXPECT_EQ(order.payments[0].value, 10'867);
  EXPECT_EQ(order.reviews[0].score, 5);
}

TEST(Dataset, ReadsAmountsInTheCurrencyOfTheOrder) {
  DatasetTexts texts = Tables().texts();
  texts.orders =
      "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
      "order_delivered_customer_date,order_estimated_delivery_date,currency_code\n"
      "y,b,created,2024-03-01 10:00:00,,,,,JPY\n"
      "k,b,created,2024-03-01 10:00:00,,,,,KWD\n"
      "x,b,created,2024-03-01 10:00:00,,,,,XAU\n";
  texts.payments += "y,1,boleto,1200\nk,1,boleto,1.234\nx,1,boleto,1\n";
  const auto data = ReadDataset(texts);
  ASSERT_TRUE(data.ok()) << data.status();
  ASSERT_EQ(data->orders.size(), 2U);
  EXPECT_EQ(data->orders[0].payments[0].value, 1'200);
  EXPECT_EQ(data->orders[1].payments[0].value, 1'234);
  ASSERT_EQ(data->findings.size(), 1U);
  EXPECT_EQ(data->findings[0].detail, "orders.csv:4: order_id has the unknown currency 'XAU'");
}

// One row that cannot be read takes its order out, with file and line; the others stay.
TEST(Dataset, ListsWhatCannotBeRead) {
  struct Case {
    Tables tables;
    const char* detail;
  };
  const auto good = [] { return Tables().Order("a", "created", {kMar1, "", "", "", ""}); };
  for (const Case& c :
       {Case{Tables().Order("a", "lost", {kMar1, "", "", "", ""}), "orders.csv:2: order_status 'lost' is unknown"},
        {Tables().Order("a", "created", {"", "", "", "", ""}), "orders.csv:2: order_purchase_timestamp is missing"},
        {Tables().Order("a", "created", {kMar1, "soon", "", "", ""}),
         "orders.csv:2: order_approved_at 'soon' is not a time such as 2017-07-09 21:57:05"},
        {Tables().Order("A_1", "created", {kMar1, "", "", "", ""}),
         "orders.csv:2: order_id is not an id of lower case letters, digits and dashes"},
        {good().Item("a", "s1", "-5", "0"),
         "order_items.csv:2: price '-5' is not an amount: write digits and at most one decimal point"},
        {good().Item("a", "s1", "5.001", "0"),
         "order_items.csv:2: price '5.001' is not an amount: the currency has 2 decimal digits"},
        {good().Pay("a", "1").Pay("a", "x", "2"),
         "order_payments.csv:3: payment_value 'x' is not an amount: write digits and at most one decimal point"},
        {good().Review("a", "6", kMar1), "order_reviews.csv:2: review_score '6' is not a score of 1 to 5"},
        {good().Review("a", "4", ""), "order_reviews.csv:2: review_answer_timestamp is missing"}}) {
    Tables tables = c.tables;
    tables.Order("z", "created", {kMar1, "", "", "", ""});
    const auto data = ReadDataset(tables.texts());
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->orders.size(), 1U) << c.detail;
    ASSERT_EQ(data->findings.size(), 1U) << c.detail;
    EXPECT_EQ(data->findings[0].policy, Policy::kUnreadableRow);
    EXPECT_EQ(data->findings[0].detail, c.detail);
  }
}

TEST(Dataset, ListsRowsThatBelongNowhere) {
  const auto data = ReadDataset(Tables()
                                    .Order("a", "created", {kMar1, "", "", "", ""})
                                    .Order("a", "created", {kMar2, "", "", "", ""})
                                    .Item("b", "s1", "1", "1")
                                    .texts());
  ASSERT_TRUE(data.ok());
  ASSERT_EQ(data->orders.size(), 1U);
  EXPECT_EQ(data->orders[0].purchase_time, *ParseLocalTime(kMar1));
  EXPECT_EQ(data->order_rows, 2U);
  ASSERT_EQ(data->findings.size(), 2U);
  EXPECT_EQ(data->findings[0], (Finding{.policy = Policy::kDuplicateOrder, .order_id = "a", .detail = "orders.csv:3"}));
  EXPECT_EQ(data->findings[1], (Finding{.policy = Policy::kOrphanRow, .order_id = "b", .detail = "order_items.csv:2"}));
}

TEST(Dataset, FailsOnFilesThatAreNotTheFour) {
  DatasetTexts texts = Tables().texts();
  texts.reviews = "order_id,stars\n";
  const auto data = ReadDataset(texts);
  ASSERT_FALSE(data.ok());
  EXPECT_EQ(std::string(data.status().message()),
            "order_reviews.csv:1: there is no column 'review_score', only order_id, stars");
}

}  // namespace
}  // namespace escrow::orders
