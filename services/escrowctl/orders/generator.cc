#include "escrowctl/orders/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/currency.h"
#include "escrowctl/values.h"

namespace escrow::orders {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kFirstPurchase = 1'704'067'200;  // 2024-01-01 00:00:00
constexpr std::int64_t kYear = 365 * kDay;
constexpr std::size_t kOrdersPerSeller = 4;

struct Weight {
  std::string_view value;
  int weight;
};
constexpr std::array kStatuses = std::to_array<Weight>({{"delivered", 640},
                                                        {"shipped", 120},
                                                        {"unavailable", 70},
                                                        {"canceled", 80},
                                                        {"invoiced", 40},
                                                        {"processing", 35},
                                                        {"created", 10},
                                                        {"approved", 5}});
constexpr std::array kCurrencies = std::to_array<Weight>({{"BRL", 700}, {"EUR", 150}, {"JPY", 100}, {"KWD", 50}});
constexpr std::array kPaymentTypes =
    std::to_array<Weight>({{"credit_card", 740}, {"boleto", 190}, {"debit_card", 20}, {"voucher", 50}});

// Random choices. The engine is fixed by the C++ standard; the standard's distributions are not, so none is used.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // 0 to bound - 1. The bias of the remainder does not matter here.
  std::int64_t Below(std::int64_t bound) {
    ESCROW_ASSERT(bound > 0);
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(bound));
  }
  std::int64_t Between(std::int64_t low, std::int64_t high) { return low + Below(high - low + 1); }
  bool PerMille(int chance) { return Below(1'000) < chance; }

  template <std::size_t n>
  std::string_view Pick(const std::array<Weight, n>& weights) {
    std::int64_t total = 0;
    for (const Weight& w : weights) {
      total += w.weight;
    }
    std::int64_t at = Below(total);
    for (const Weight& w : weights) {
      if (at < w.weight) {
        return w.value;
      }
      at -= w.weight;
    }
    ESCROW_ASSERT(false);
    return "";
  }

  std::string Id() { return fmt::format("{:016x}{:016x}", engine_(), engine_()); }

 private:
  std::mt19937_64 engine_;
};

std::string TimeText(std::int64_t seconds) {
  const std::string text = ctl::FormatTime(base::AddSeconds(base::Time{}, seconds));
  return text.substr(0, text.size() - 1);  // without the zone, as the data have it
}

std::string TimeText(const std::optional<std::int64_t>& seconds) { return seconds ? TimeText(*seconds) : ""; }

// One order on its way into the four files.
class OrderMaker {
 public:
  OrderMaker(Dice& dice, const std::vector<std::string>& sellers, DatasetTexts& texts)
      : dice_(dice), sellers_(sellers), texts_(texts) {}

  void Make() {
    status_ = dice_.Pick(kStatuses);
    const auto currency = base::Currency::FromCode(dice_.Pick(kCurrencies));
    ESCROW_ASSERT(currency);
    currency_ = *currency;
    MakeTimes();
    WriteOrder();
    WriteItems();
    WritePayments();
    WriteReviews();
  }

 private:
  [[nodiscard]] bool Is(std::string_view status) const { return status_ == status; }

  void MakeTimes() {
    purchase_ = kFirstPurchase + dice_.Below(kYear);
    estimate_ = (purchase_ / kDay + dice_.Between(20, 35)) * kDay;
    approve_ = purchase_ + dice_.Between(5 * kMinute, 2 * kDay);
    if (Is("created") || dice_.PerMille(10)) {
      approve_.reset();
    }
    const bool shipped = Is("delivered") || Is("shipped") || (Is("canceled") && dice_.PerMille(150));
    const bool delivered = Is("delivered") || (Is("canceled") && shipped && dice_.PerMille(200));
    const std::int64_t paid = approve_.value_or(purchase_);
    if (shipped) {
      carrier_ = paid + dice_.Between(4 * kHour, 5 * kDay);
    }
    if (delivered) {
      delivery_ = *carrier_ + dice_.Between(kDay, 15 * kDay);
    }
    MakeDirtyTimes(paid);
  }

  // At most one contradiction per order, each rare.
  void MakeDirtyTimes(std::int64_t paid) {
    if (!carrier_) {
      return;
    }
    switch (dice_.Below(100)) {
      case 0:
        carrier_ = std::max(purchase_, paid - dice_.Between(1, kDay));  // shipped before approved
        break;
      case 1:
        carrier_ = purchase_ - dice_.Between(1, 3 * kHour);  // shipped before purchased
        break;
      case 2:
        carrier_.reset();
        break;
      case 3:
        if (delivery_ && Is("delivered")) {
          delivery_.reset();
        }
        break;
      case 4:
        if (delivery_) {
          carrier_ = *delivery_ + dice_.Between(1, 2 * kDay);  // delivered before shipped
        }
        break;
      case 5:
        if (delivery_) {
          delivery_ = estimate_ + 30 * kDay + dice_.Between(0, 20 * kDay);  // after the deadline
        }
        break;
      default:
        break;
    }
  }

  void WriteOrder() {
    texts_.orders +=
        fmt::format("{},{},{},{},{},{},{},{},{}\n", id_, dice_.Id(), status_, TimeText(purchase_), TimeText(approve_),
                    TimeText(carrier_), TimeText(delivery_), TimeText(estimate_), currency_.code());
  }

  [[nodiscard]] std::string Money(std::int64_t minor_units) const {
    return ctl::FormatDecimal(minor_units, currency_.exponent());
  }

  // An amount of `low` to `high` cents, brought to the currency's minor unit.
  std::int64_t Price(std::int64_t low, std::int64_t high) {
    const std::int64_t cents = dice_.Between(low, high);
    return currency_.exponent() == 3 ? cents * 10 + dice_.Below(10) : cents;
  }

  void WriteItems() {
    if ((Is("unavailable") && dice_.PerMille(900)) || (Is("canceled") && dice_.PerMille(300)) ||
        (Is("created") && dice_.PerMille(500))) {
      return;
    }
    const bool several = dice_.PerMille(50);
    const bool free_freight = dice_.PerMille(10);
    const std::int64_t count = several ? dice_.Between(2, 4) : dice_.PerMille(100) ? dice_.Between(2, 5) : 1;
    const auto pick_seller = [&] {
      return sellers_[static_cast<std::size_t>(dice_.Below(static_cast<std::int64_t>(sellers_.size())))];
    };
    std::string seller = pick_seller();
    for (std::int64_t i = 1; i <= count; ++i) {
      const std::int64_t price = Price(500, 40'000);
      const std::int64_t freight = free_freight || dice_.PerMille(5) ? 0 : Price(300, 4'000);
      texts_.items += fmt::format("{},{},{},{},{},{},{}\n", id_, i, dice_.Id(), seller, TimeText(purchase_ + 5 * kDay),
                                  Money(price), Money(freight));
      total_ += price + freight;
      if (several) {
        seller = pick_seller();
      }
    }
  }

  void WritePayments() {
    std::int64_t due = total_ > 0 ? total_ : dice_.PerMille(20) ? 0 : Price(1'000, 30'000);
    if (total_ > 0) {
      switch (dice_.Below(50)) {
        case 0:
          due += Price(1, 3'000);  // overpaid
          break;
        case 1:
          due -= dice_.Between(1, 5);  // short by what the agreement tolerates
          break;
        case 2:
          due -= std::min(due / 2, Price(100, 900));  // underpaid
          break;
        default:
          break;
      }
    }
    const std::int64_t parts = dice_.PerMille(40) ? dice_.Between(2, 4) : 1;
    for (std::int64_t i = 1; i <= parts; ++i) {
      const std::int64_t part = i == parts ? due : due / (parts - i + 1);
      due -= part;
      texts_.payments +=
          fmt::format("{},{},{},1,{}\n", id_, i,
                      part == 0 ? std::string_view("not_defined") : dice_.Pick(kPaymentTypes), Money(part));
    }
  }

  void WriteReviews() {
    if (dice_.PerMille(30)) {
      return;
    }
    std::int64_t answer = delivery_.value_or(purchase_ + 10 * kDay) + dice_.Between(2 * kHour, 9 * kDay);
    if (dice_.PerMille(40)) {
      answer = purchase_ + dice_.Between(kDay, 4 * kDay);  // before most deliveries
    }
    const std::int64_t count = dice_.PerMille(12) ? 2 : 1;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t score = dice_.PerMille(300) ? dice_.Between(1, 2) : dice_.Between(3, 5);
      texts_.reviews += fmt::format("{},{},{},{}\n", id_, score, TimeText(answer / kDay * kDay), TimeText(answer));
      answer += dice_.Between(kHour, 3 * kDay);
    }
  }

  Dice& dice_;
  const std::vector<std::string>& sellers_;
  DatasetTexts& texts_;
  std::string id_ = dice_.Id();
  std::string_view status_;
  base::Currency currency_ = base::Currency::FromPosition(0);
  std::int64_t purchase_ = 0;
  std::int64_t estimate_ = 0;
  std::optional<std::int64_t> approve_;
  std::optional<std::int64_t> carrier_;
  std::optional<std::int64_t> delivery_;
  std::int64_t total_ = 0;
};

}  // namespace

DatasetTexts Generate(std::size_t count, std::uint64_t seed) {
  DatasetTexts texts{
      .orders =
          "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
          "order_delivered_customer_date,order_estimated_delivery_date,currency_code\n",
      .items = "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n",
      .payments = "order_id,payment_sequential,payment_type,payment_installments,payment_value\n",
      .reviews = "order_id,review_score,review_creation_date,review_answer_timestamp\n"};
  Dice dice(seed);
  std::vector<std::string> sellers(count / kOrdersPerSeller + 1);
  std::ranges::generate(sellers, [&] { return dice.Id(); });
  for (std::size_t i = 0; i < count; ++i) {
    OrderMaker(dice, sellers, texts).Make();
  }
  return texts;
}

}  // namespace escrow::orders
