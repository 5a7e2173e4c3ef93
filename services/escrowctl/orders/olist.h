#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/currency.h"
#include "base/time.h"
#include "escrowctl/orders/policies.h"

// A marketplace's orders as four CSV files in the form of the public Brazilian E-Commerce data set of Olist:
// orders.csv, order_items.csv, order_payments.csv, order_reviews.csv. Times are local without a zone and taken as UTC.
// Amounts are in the order's currency: BRL, or what the optional column currency_code of orders.csv says.
namespace escrow::orders {

enum class Status { kCreated, kApproved, kInvoiced, kProcessing, kShipped, kDelivered, kUnavailable, kCanceled };

struct Item {
  std::string seller_id;
  std::int64_t price = 0;  // minor units, as all amounts here
  std::int64_t freight = 0;
};

struct Payment {
  std::string sequential;
  std::string type;
  std::int64_t value = 0;
};

struct Review {
  int score = 0;  // 1 to 5
  base::Time answer_time;
};

// An order with its rows, all values read.
struct Order {
  std::string id;
  std::string customer_id;
  Status status{};
  base::Currency currency;
  base::Time purchase_time;
  std::optional<base::Time> approve_time;
  std::optional<base::Time> carrier_time;
  std::optional<base::Time> delivery_time;
  std::optional<base::Time> estimate_time;
  std::vector<Item> items;
  std::vector<Payment> payments;
  std::vector<Review> reviews;
};

// The orders that could be read, in the order of the file, and what was found about the rows that could not.
struct Dataset {
  std::vector<Order> orders;
  Findings findings;
  std::size_t order_rows = 0;  // of the orders file, read or not
};

// The four files' contents.
struct DatasetTexts {
  std::string orders;
  std::string items;
  std::string payments;
  std::string reviews;
};

// Fails when a file is not CSV or lacks a column, with file and line. A value that cannot be read is a finding and
// takes its order out.
[[nodiscard]] absl::StatusOr<Dataset> ReadDataset(const DatasetTexts& texts);

// The four files of a folder.
[[nodiscard]] absl::StatusOr<DatasetTexts> LoadTexts(const std::string& folder);

// "2017-07-09 21:57:05". Refused with a sentence when it is not a time of the calendar.
[[nodiscard]] absl::StatusOr<base::Time> ParseLocalTime(std::string_view text);

}  // namespace escrow::orders
