#include "escrowctl/orders/olist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

#include "base/assert.h"
#include "escrowctl/orders/csv.h"
#include "escrowctl/read_file.h"
#include "escrowctl/values.h"

namespace escrow::orders {
namespace {

constexpr std::string_view kDefaultCurrency = "BRL";
constexpr std::size_t kIdBytesMax = 63;

constexpr std::array kStatuses = std::to_array<std::pair<std::string_view, Status>>({
    {"created", Status::kCreated},
    {"approved", Status::kApproved},
    {"invoiced", Status::kInvoiced},
    {"processing", Status::kProcessing},
    {"shipped", Status::kShipped},
    {"delivered", Status::kDelivered},
    {"unavailable", Status::kUnavailable},
    {"canceled", Status::kCanceled},
});

// A resource id: [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?
bool ValidId(std::string_view id) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= kIdBytesMax && letter(id.front()) && letter(id.back()) &&
         std::ranges::all_of(id, [&](char c) { return letter(c) || c == '-'; });
}

// Reads the values of one row; the first that cannot be read is kept as the row's error.
class Row {
 public:
  Row(const CsvTable& table, const CsvRecord& record) : table_(table), record_(record) {}

  [[nodiscard]] const std::string& Text(std::size_t column) const { return record_.fields[column]; }
  [[nodiscard]] const std::string& error() const { return error_; }

  std::string Id(std::size_t column) {
    if (!ValidId(Text(column))) {
      Fail(column, "is not an id of lower case letters, digits and dashes");
    }
    return Text(column);
  }

  std::int64_t Amount(std::size_t column, base::Currency currency) {
    const auto units = ctl::ParseDecimal(Text(column), currency.exponent());
    if (!units.ok()) {
      Fail(column, std::string(units.status().message()));
      return 0;
    }
    return *units;
  }

  std::optional<base::Time> Time(std::size_t column) {
    if (Text(column).empty()) {
      return std::nullopt;
    }
    const auto time = ParseLocalTime(Text(column));
    if (!time.ok()) {
      Fail(column, std::string(time.status().message()));
      return std::nullopt;
    }
    return *time;
  }

  base::Time NeededTime(std::size_t column) {
    const auto time = Time(column);
    if (!time) {
      Fail(column, "is missing");
    }
    return time.value_or(base::Time{});
  }

  void Fail(std::size_t column, std::string_view what) {
    if (error_.empty()) {
      error_ = fmt::format("{}:{}: {} {}", table_.name, record_.line, table_.header[column], what);
    }
  }

 private:
  const CsvTable& table_;
  const CsvRecord& record_;
  std::string error_;
};

absl::StatusOr<std::vector<std::size_t>> Columns(const CsvTable& table,
                                                 std::initializer_list<std::string_view> titles) {
  std::vector<std::size_t> columns;
  for (const std::string_view title : titles) {
    const auto column = table.Column(title);
    if (!column.ok()) {
      return column.status();
    }
    columns.push_back(*column);
  }
  return columns;
}

// Joins the four tables. Orders keep the order of their file; the rows of an order keep theirs.
class Joiner {
 public:
  absl::Status AddOrders(const CsvTable& table) {
    const auto columns = Columns(
        table, {"order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
                "order_delivered_carrier_date", "order_delivered_customer_date", "order_estimated_delivery_date"});
    if (!columns.ok()) {
      return columns.status();
    }
    const auto currency_column = std::ranges::find(table.header, "currency_code");
    const auto& c = *columns;
    for (const CsvRecord& record : table.records) {
      Row row(table, record);
      const std::string& code = currency_column == table.header.end()
                                    ? default_currency_
                                    : row.Text(static_cast<std::size_t>(currency_column - table.header.begin()));
      const auto currency = base::Currency::FromCode(code);
      const auto status = std::ranges::find(kStatuses, row.Text(c[2]), &std::pair<std::string_view, Status>::first);
      if (!currency) {
        row.Fail(0, fmt::format("has the unknown currency '{}'", code));
      }
      if (status == kStatuses.end()) {
        row.Fail(c[2], fmt::format("'{}' is unknown", row.Text(c[2])));
      }
      Order order{.id = row.Id(c[0]),
                  .customer_id = row.Id(c[1]),
                  .status = status == kStatuses.end() ? Status::kCreated : status->second,
                  .currency = currency.value_or(base::Currency::FromPosition(0)),
                  .purchase_time = row.NeededTime(c[3]),
                  .approve_time = row.Time(c[4]),
                  .carrier_time = row.Time(c[5]),
                  .delivery_time = row.Time(c[6]),
                  .estimate_time = row.Time(c[7]),
                  .items = {},
                  .payments = {},
                  .reviews = {}};
      ++data_.order_rows;
      if (!index_.emplace(order.id, orders_.size()).second) {
        Found(Policy::kDuplicateOrder, order.id, fmt::format("{}:{}", table.name, record.line));
        continue;
      }
      orders_.push_back({.order = std::move(order), .error = row.error()});
    }
    return absl::OkStatus();
  }

  absl::Status AddItems(const CsvTable& table) {
    const auto columns = Columns(table, {"order_id", "seller_id", "price", "freight_value"});
    return Add(table, columns, [](Row& row, Order& order, const std::vector<std::size_t>& c) {
      order.items.push_back({.seller_id = row.Id(c[1]),
                             .price = row.Amount(c[2], order.currency),
                             .freight = row.Amount(c[3], order.currency)});
    });
  }

  absl::Status AddPayments(const CsvTable& table) {
    const auto columns = Columns(table, {"order_id", "payment_sequential", "payment_type", "payment_value"});
    return Add(table, columns, [](Row& row, Order& order, const std::vector<std::size_t>& c) {
      order.payments.push_back(
          {.sequential = row.Id(c[1]), .type = row.Text(c[2]), .value = row.Amount(c[3], order.currency)});
    });
  }

  absl::Status AddReviews(const CsvTable& table) {
    const auto columns = Columns(table, {"order_id", "review_score", "review_answer_timestamp"});
    return Add(table, columns, [](Row& row, Order& order, const std::vector<std::size_t>& c) {
      const std::string& score = row.Text(c[1]);
      if (score.size() != 1 || score[0] < '1' || score[0] > '5') {
        row.Fail(c[1], fmt::format("'{}' is not a score of 1 to 5", score));
        return;
      }
      order.reviews.push_back({.score = score[0] - '0', .answer_time = row.NeededTime(c[2])});
    });
  }

  Dataset Finish() {
    for (Entry& entry : orders_) {
      if (entry.error.empty()) {
        data_.orders.push_back(std::move(entry.order));
      } else {
        Found(Policy::kUnreadableRow, entry.order.id, std::move(entry.error));
      }
    }
    return std::move(data_);
  }

 private:
  struct Entry {
    Order order;
    std::string error;  // of its first row that cannot be read
  };

  template <class Fill>
  absl::Status Add(const CsvTable& table, const absl::StatusOr<std::vector<std::size_t>>& columns, Fill fill) {
    if (!columns.ok()) {
      return columns.status();
    }
    for (const CsvRecord& record : table.records) {
      Row row(table, record);
      const std::string& order_id = row.Text((*columns)[0]);
      const auto found = index_.find(order_id);
      if (found == index_.end()) {
        Found(Policy::kOrphanRow, order_id, fmt::format("{}:{}", table.name, record.line));
        continue;
      }
      Entry& entry = orders_[found->second];
      fill(row, entry.order, *columns);
      if (entry.error.empty()) {
        entry.error = row.error();
      }
    }
    return absl::OkStatus();
  }

  void Found(Policy policy, std::string order_id, std::string detail) {
    data_.findings.push_back({.policy = policy, .order_id = std::move(order_id), .detail = std::move(detail)});
  }

  const std::string default_currency_{kDefaultCurrency};
  std::vector<Entry> orders_;
  std::map<std::string, std::size_t, std::less<>> index_;
  Dataset data_;
};

// The whole text as digits; nothing for anything else.
std::optional<int> Digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return digits && error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

absl::StatusOr<base::Time> ParseLocalTime(std::string_view text) {
  const auto refuse = [&] {
    return absl::InvalidArgumentError(fmt::format("'{}' is not a time such as 2017-07-09 21:57:05", text));
  };
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
  if (text.size() != kForm.size()) {
    return refuse();
  }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != 'd' && text[i] != kForm[i]) {
      return refuse();
    }
  }
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  const auto day = Digits(text.substr(8, 2));
  const auto hour = Digits(text.substr(11, 2));
  const auto minute = Digits(text.substr(14, 2));
  const auto second = Digits(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) {
    return refuse();
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  constexpr int kFirstYear = 1970;  // within what 64 bits of nanoseconds can say, and what the contract takes
  constexpr int kLastYear = 2199;
  if (!date.ok() || *year < kFirstYear || *year > kLastYear) {
    return refuse();
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + *hour) * 60 + *minute) * 60 + *second;
  return base::AddSeconds(base::Time{}, seconds);
}

absl::StatusOr<Dataset> ReadDataset(const DatasetTexts& texts) {
  Joiner joiner;
  using Step = absl::Status (Joiner::*)(const CsvTable&);
  const auto steps = std::to_array<std::tuple<std::string_view, const std::string*, Step>>({
      {"orders.csv", &texts.orders, &Joiner::AddOrders},
      {"order_items.csv", &texts.items, &Joiner::AddItems},
      {"order_payments.csv", &texts.payments, &Joiner::AddPayments},
      {"order_reviews.csv", &texts.reviews, &Joiner::AddReviews},
  });
  for (const auto& [name, text, step] : steps) {
    const auto table = ParseCsv(std::string(name), *text);
    if (!table.ok()) {
      return table.status();
    }
    if (absl::Status status = (joiner.*step)(*table); !status.ok()) {
      return status;
    }
  }
  return joiner.Finish();
}

absl::StatusOr<DatasetTexts> LoadTexts(const std::string& folder) {
  DatasetTexts texts;
  for (const auto& [name, text] :
       {std::pair{"orders.csv", &texts.orders}, std::pair{"order_items.csv", &texts.items},
        std::pair{"order_payments.csv", &texts.payments}, std::pair{"order_reviews.csv", &texts.reviews}}) {
    absl::StatusOr<std::string> content = ctl::ReadFile(folder + "/" + name);
    if (!content.ok()) {
      return content.status();
    }
    *text = *std::move(content);
  }
  return texts;
}

}  // namespace escrow::orders
