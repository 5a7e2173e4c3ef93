// Whether the auditor has teeth: an engine with a defect (base/mutant.h) writes a log of which every number fits, and
// the auditor says what is wrong with it. Defects that a log does not show are the simulator's (tests/sim).

#include <gtest/gtest.h>

#include <string>

#include "base/mutant.h"
#include "support/commands.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using base::Mutant;
using escrow::test::CreateParcel;
using escrow::test::CreateParty;
using escrow::test::CreatePlatform;
using escrow::test::Operator;
using escrow::test::PlatformPrincipal;
using escrow::test::RecordDeposit;
using escrow::test::RequestId;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kBegin = 1'600'000'000;

// A parcel with a fee of 0.25 EUR and a funding deadline of five days, after which everything goes on.
v1::Command Parcel(std::uint64_t number, const std::string& id) {
  v1::Command command = CreateParcel(number, "shop", id);
  v1::Agreement& agreement = *command.mutable_create_agreement()->mutable_agreement();
  agreement.mutable_policies()->set_missed_milestone(v1::Policies::MISSED_MILESTONE_CONTINUE);
  v1::Timer& deadline = *agreement.mutable_milestones(0)->mutable_funding_deadline();
  deadline.set_start(v1::Timer::START_AGREEMENT_ACTIVATED);
  deadline.mutable_duration()->set_seconds(5 * kDay);
  v1::Fee& fee = *agreement.mutable_milestones(0)->add_fees();
  fee.set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
  fee.set_basis_points(25);
  agreement.mutable_milestones(0)->mutable_amount()->set_minor_units(9'999);  // 24.9975 is rounded to 25
  return command;
}

// Everything that one of the defects lets happen and a right engine refuses.
Script Mischief() {
  const v1::Principal shop = PlatformPrincipal("shop");
  const std::string paid = "platforms/shop/agreements/paid";
  const std::string unpaid = "platforms/shop/agreements/unpaid";
  v1::Command platform = CreatePlatform(1, "shop", /*sandbox=*/true);
  platform.mutable_create_platform()->mutable_platform()->mutable_initial_clock_time()->set_seconds(kBegin);
  v1::Command later;
  later.mutable_advance_clock()->set_request_id(RequestId(20));
  later.mutable_advance_clock()->set_name("platforms/shop");
  later.mutable_advance_clock()->mutable_clock_time()->set_seconds(kBegin + 6 * kDay);
  v1::Command deposit_again = RecordDeposit(30, paid, 9'999);
  deposit_again.mutable_record_deposit()->set_deposit_id("deposit-10");
  v1::Command release;
  release.mutable_release_milestone()->set_request_id(RequestId(40));
  release.mutable_release_milestone()->set_name(paid);
  release.mutable_release_milestone()->set_milestone_id("parcel");
  release.mutable_release_milestone()->set_party("platforms/shop/parties/seller");
  return {
      {Operator(), platform},
      {Operator(), CreatePlatform(2, "other", /*sandbox=*/true)},
      {shop, CreateParty(3, "shop", "buyer")},
      {shop, CreateParty(4, "shop", "seller")},
      {shop, Parcel(5, "paid")},
      {shop, Parcel(6, "unpaid")},
      {shop, RecordDeposit(10, paid, 9'999)},
      {shop, deposit_again},                                       // a deposit of this id exists
      {PlatformPrincipal("other"), RecordDeposit(11, unpaid, 1)},  // not its platform
      {shop, later},                                               // the deadline of the unpaid one passes
      {shop, later},                                               // the same request again
      {shop, RecordDeposit(12, unpaid, 9'999)},                    // too late
      {shop, release},                                             // not the buyer
  };
}

struct Row {
  Mutant mutant;
  const char* complaint;
};

TEST(AuditMutantsTest, EachIsNamed) {
  const Row kRows[] = {
      {Mutant::kNone, ""},
      {Mutant::kFeeRoundedDown, "agreement_created.schedules[0].lines[0].minor_units is 9975 and must be 9974"},
      {Mutant::kDepositTwice, "deposit 'deposit-10' has no form, was recorded before, or is one too many"},
      {Mutant::kOtherPlatform, "platforms/other may not call RecordDeposit on this (scope: own-platform-on-rail)"},
      {Mutant::kTimerNotStopped, "deadline_missed"},
      {Mutant::kRequestIdForgotten, "of platforms/shop has had its effect in event"},
      {Mutant::kLateMoneyFunds, "deposit_recorded.late is false and must be true"},
      {Mutant::kRoleUnchecked, "party seller released by will and is not the buyer"},
  };
  for (const Row& row : kRows) {
    base::active_mutant = row.mutant;
    const std::string complaint = FirstComplaint(LogOf(Mischief()));
    EXPECT_EQ(complaint.empty(), row.mutant == Mutant::kNone) << complaint;
    EXPECT_NE(complaint.find(row.complaint), std::string::npos) << row.complaint << "\nwas expected, and it says\n"
                                                                << complaint;
  }
  base::active_mutant = Mutant::kNone;
}

}  // namespace
}  // namespace escrow::audit::test
