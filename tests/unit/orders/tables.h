#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "escrowctl/orders/olist.h"
#include "escrowctl/orders/plan.h"

namespace escrow::orders {

// Tiny tables, written in the test.
class Tables {
 public:
  // purchase, approved, carrier, delivered, estimate
  Tables& Order(const std::string& id, const std::string& status, const std::vector<std::string>& times) {
    texts_.orders += id + ",buyer-" + id + "," + status;
    for (const std::string& time : times) {
      texts_.orders += "," + time;
    }
    texts_.orders += "\n";
    return *this;
  }
  Tables& Item(const std::string& id, const std::string& seller, const std::string& price, const std::string& freight) {
    texts_.items += id + "," + seller + "," + price + "," + freight + "\n";
    return *this;
  }
  Tables& Pay(const std::string& id, const std::string& value, const std::string& sequential = "1",
              const std::string& type = "credit_card") {
    texts_.payments += id + "," + sequential + "," + type + "," + value + "\n";
    return *this;
  }
  Tables& Review(const std::string& id, const std::string& score, const std::string& answer) {
    texts_.reviews += id + "," + score + "," + answer + "\n";
    return *this;
  }

  [[nodiscard]] const DatasetTexts& texts() const { return texts_; }
  [[nodiscard]] Plan MakePlan() const { return orders::MakePlan(*ReadDataset(texts_)); }

 private:
  DatasetTexts texts_{.orders =
                          "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
                          "order_delivered_carrier_date,order_delivered_customer_date,"
                          "order_estimated_delivery_date\n",
                      .items = "order_id,seller_id,price,freight_value\n",
                      .payments = "order_id,payment_sequential,payment_type,payment_value\n",
                      .reviews = "order_id,review_score,review_answer_timestamp\n"};
};

inline constexpr char kMar1[] = "2024-03-01 10:00:00";
inline constexpr char kMar2[] = "2024-03-02 10:00:00";
inline constexpr char kMar3[] = "2024-03-03 10:00:00";
inline constexpr char kMar9[] = "2024-03-09 10:00:00";
inline constexpr char kMar12[] = "2024-03-12 10:00:00";
inline constexpr char kMar17[] = "2024-03-17 10:00:00";
inline constexpr char kMar20[] = "2024-03-20 00:00:00";  // the estimate; the deadline is April 19
inline constexpr char kApr20[] = "2024-04-20 10:00:00";

// The names of the policies that were applied to an order, in the order of the policies.
inline std::vector<std::string> PoliciesOf(const Plan& plan, const std::string& order_id) {
  std::vector<Policy> policies;
  for (const Finding& finding : plan.findings) {
    if (finding.order_id == order_id) {
      policies.push_back(finding.policy);
    }
  }
  std::ranges::sort(policies);
  std::vector<std::string> names;
  for (const Policy policy : policies) {
    names.emplace_back(RowOf(policy).name);
  }
  return names;
}

}  // namespace escrow::orders
