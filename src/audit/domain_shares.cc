#include "audit/domain_shares.h"

#include <algorithm>
#include <string>

#include "audit/text.h"
#include "base/wide.h"

namespace escrow::audit {
namespace {

using base::Wide;

constexpr std::int64_t kWhole = 10'000;  // basis points

Wide SumOf(const std::vector<std::int64_t>& values) {
  Wide sum = 0;
  for (const std::int64_t value : values) {
    sum += value;
  }
  return sum;
}

bool IsAmount(std::int64_t minor_units) { return minor_units >= 1 && minor_units <= kMinorUnitsMax; }

// The payees' portions of the amount before fees.
Complaint FillPortions(const v1::Milestone& milestone, v1::Policies::Rounding rounding,
                       std::vector<std::int64_t>& portions) {
  const std::int64_t amount = milestone.amount().minor_units();
  std::vector<std::int64_t> basis_points;
  std::int64_t points = 0;
  int fixed = 0;
  int remainder = -1;
  for (int i = 0; i < milestone.payees_size(); ++i) {
    const v1::Payee& payee = milestone.payees(i);
    portions.push_back(0);
    basis_points.push_back(payee.basis_points());
    if (payee.has_minor_units()) {
      ++fixed;
      portions.back() = payee.minor_units();
      if (!IsAmount(payee.minor_units())) {
        return "the fixed share of payee " + std::to_string(i) + " is out of range";
      }
    } else if (payee.has_basis_points()) {
      points += payee.basis_points();
      if (payee.basis_points() < 1 || payee.basis_points() > kWhole) {
        return "the basis points of payee " + std::to_string(i) + " are out of range";
      }
      portions.back() = static_cast<std::int64_t>(Wide{amount} * payee.basis_points() / kWhole);
    } else if (payee.remainder() && remainder < 0) {
      remainder = i;
    } else {
      return "payee " + std::to_string(i) + " has no share, or is the second that gets the remainder";
    }
  }
  const Wide sum = SumOf(portions);
  if (remainder >= 0) {
    if (sum >= amount || points >= kWhole) {
      return "nothing is left for the payee of the remainder";
    }
    portions[static_cast<std::size_t>(remainder)] = static_cast<std::int64_t>(amount - sum);
    return {};
  }
  if (fixed == milestone.payees_size()) {
    return sum == amount ? Complaint() : "the shares of the payees do not add up to the amount";
  }
  if (fixed > 0 || points != kWhole) {
    return "the shares of the payees do not add up to the amount";
  }
  portions = Share(amount, basis_points, rounding, Bound::kNone);
  return {};
}

Complaint FillFees(const v1::Milestone& milestone, std::vector<std::int64_t>& fees) {
  const std::int64_t amount = milestone.amount().minor_units();
  for (const v1::Fee& fee : milestone.fees()) {
    if (fee.beneficiary() != v1::Fee::BENEFICIARY_PLATFORM && fee.beneficiary() != v1::Fee::BENEFICIARY_OPERATOR) {
      return "a fee has no beneficiary";
    }
    if (fee.has_minor_units() ? !IsAmount(fee.minor_units()) : fee.basis_points() < 1 || fee.basis_points() > kWhole) {
      return "the rate of a fee is out of range";
    }
    // Half up: floor(amount * points / 10,000 + 1/2).
    fees.push_back(fee.has_minor_units()
                       ? fee.minor_units()
                       : static_cast<std::int64_t>((2 * Wide{amount} * fee.basis_points() + kWhole) / (2 * kWhole)));
  }
  return SumOf(fees) <= amount ? Complaint() : "the fees are more than the amount";
}

}  // namespace

std::vector<std::int64_t> Share(std::int64_t total, const std::vector<std::int64_t>& weights,
                                v1::Policies::Rounding rounding, Bound bound) {
  const Wide sum = SumOf(weights);
  std::vector<std::int64_t> shares;
  std::vector<Wide> fractions;  // in units of 1/sum
  for (const std::int64_t weight : weights) {
    shares.push_back(static_cast<std::int64_t>(Wide{total} * weight / sum));
    fractions.push_back(Wide{total} * weight % sum);
  }
  auto left = static_cast<std::int64_t>(total - SumOf(shares));
  if (rounding == v1::Policies::ROUNDING_LARGEST_REMAINDER) {
    for (; left > 0; --left) {
      const auto largest = std::ranges::max_element(fractions);  // the first of equal ones
      ++shares[static_cast<std::size_t>(largest - fractions.begin())];
      *largest = -1;
    }
    return shares;
  }
  for (std::size_t i = 0; i < shares.size() && left > 0; ++i) {
    const std::int64_t taken = bound == Bound::kNone ? left : std::min(left, weights[i] - shares[i]);
    shares[i] += taken;
    left -= taken;
  }
  return shares;
}

Complaint FillSchedule(const v1::Milestone& milestone, const v1::Policies& policies, v1::Schedule& schedule) {
  std::vector<std::int64_t> portions;
  if (Complaint wrong = FillPortions(milestone, policies.rounding(), portions)) {
    return wrong;
  }
  std::vector<std::int64_t> fees;
  if (Complaint wrong = FillFees(milestone, fees)) {
    return wrong;
  }
  const auto fee_sum = static_cast<std::int64_t>(SumOf(fees));
  std::int64_t required = milestone.amount().minor_units();
  if (policies.fee_bearer() == v1::Policies::FEE_BEARER_BUYER) {
    required += fee_sum;
  } else if (fee_sum > 0) {
    const std::vector<std::int64_t> borne = Share(fee_sum, portions, policies.rounding(), Bound::kWeight);
    for (std::size_t i = 0; i < portions.size(); ++i) {
      portions[i] -= borne[i];
    }
  }
  schedule.set_required_minor_units(required);
  for (int i = 0; i < milestone.payees_size(); ++i) {
    v1::Schedule::Line& line = *schedule.add_lines();
    line.set_account(v1::ACCOUNT_KIND_PAYABLE);
    if (const auto party = ScopedIdOf(milestone.payees(i).party(), "parties")) {
      line.set_party_id(std::string(party->id));
    }
    line.set_minor_units(portions[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < milestone.fees_size(); ++i) {
    v1::Schedule::Line& line = *schedule.add_lines();
    line.set_account(milestone.fees(i).beneficiary() == v1::Fee::BENEFICIARY_PLATFORM ? v1::ACCOUNT_KIND_PLATFORM_FEES
                                                                                      : v1::ACCOUNT_KIND_OPERATOR_FEES);
    line.set_minor_units(fees[static_cast<std::size_t>(i)]);
  }
  return {};
}

}  // namespace escrow::audit
