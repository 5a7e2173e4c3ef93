#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/currency.h"
#include "base/time.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/command.pb.h"
#include "escrowctl/orders/olist.h"
#include "escrowctl/orders/policies.h"

// From orders to a plan: what happens when, and what the outcome has to be. docs/ORDERS.md is the mapping in words.
namespace escrow::orders {

inline constexpr char kCarrierMilestone[] = "carrier";
inline constexpr char kReceiptMilestone[] = "receipt";
inline constexpr char kCarrierParty[] = "carrier";
inline constexpr char kUnassignedSeller[] = "unassigned-seller";
inline constexpr std::int64_t kToleranceMinorUnits = 5;
inline constexpr std::int32_t kFeeBasisPoints = 1'000;
inline constexpr std::int64_t kDeemedSeconds = 7 * 86'400;
inline constexpr std::int64_t kGraceSeconds = 30 * 86'400;  // of the delivery deadline, after the estimate
inline constexpr std::int64_t kLongStopSeconds = 3'650 * 86'400LL;

struct Share {
  std::string seller_id;
  std::int64_t minor_units = 0;
};

struct Deposit {
  std::string id;
  std::int64_t minor_units = 0;
  v1::PaymentMethod method = v1::PAYMENT_METHOD_UNSPECIFIED;
};

// An agreement to be made.
struct AgreementPlan {
  std::string order_id;
  std::string buyer;
  std::vector<std::string> sellers;
  base::Currency currency;
  std::vector<Share> freight;  // empty: no carrier milestone
  std::vector<Share> price;
  std::optional<base::Time> deadline;  // of the delivery
  std::int64_t tolerance = 0;          // of underfunding, in minor units
  std::vector<Deposit> deposits;
  // What it must be when the data end.
  v1::Agreement::State expected = v1::Agreement::STATE_ACTIVE;

  [[nodiscard]] std::int64_t required() const;
};

// The kinds of action, in the order in which those of one moment happen.
enum class ActionKind : std::uint8_t { kCreate, kDeposit, kShipment, kDelivery, kReceipt, kCancel };

struct Action {
  base::Time time;              // when it is told
  std::uint32_t agreement = 0;  // position in Plan::agreements
  ActionKind kind{};
  std::uint32_t deposit = 0;         // kDeposit: position in AgreementPlan::deposits
  base::Time occurred;               // when it happened; differs from `time` only by a policy
  std::optional<Policy> refused_by;  // set: the service must refuse it, by this policy
};

struct Plan {
  std::vector<AgreementPlan> agreements;
  std::vector<Action> actions;  // by time, then agreement, then kind
  Findings findings;            // of reading and of planning
  base::Time begin;             // the first and last time of the data; estimates and promises are no events
  base::Time end;
  std::size_t order_rows = 0;
};

// Plans every order of the data. Deterministic. What is expected of the service comes from a small model of its own,
// which shares no code with the service (see plan.cc).
[[nodiscard]] Plan MakePlan(const Dataset& data);

}  // namespace escrow::orders
