// The simulator's model against numbers worked out by hand, so that it is not only compared with the core.

#include "model/model.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/names.h"
#include "model/shares.h"

namespace escrow::model {
namespace {

constexpr auto kLargest = v1::Policies::ROUNDING_LARGEST_REMAINDER;
constexpr auto kFirst = v1::Policies::ROUNDING_REMAINDER_TO_FIRST;
constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kStart = 1'767'225'600 * kSecond;  // 2026-01-01T00:00:00Z
constexpr Nanos kDay = 86'400 * kSecond;

TEST(DivideTest, ByHand) {
  using Shares = std::vector<Wide>;
  // 100 / 3 = 33.33: one unit is left, all fractions are equal.
  EXPECT_EQ(Divide(100, {1, 1, 1}, kLargest, false), (Shares{34, 33, 33}));
  EXPECT_EQ(Divide(100, {1, 1, 1}, kFirst, false), (Shares{34, 33, 33}));
  // 10 x 1/6 = 1.67, 10 x 2/6 = 3.33, 10 x 3/6 = 5: the unit goes to the first, by either rule.
  EXPECT_EQ(Divide(10, {1, 2, 3}, kLargest, false), (Shares{2, 3, 5}));
  // 11 x 3/7 = 4.71, 11 x 3/7 = 4.71, 11 x 1/7 = 1.57: two units are left.
  EXPECT_EQ(Divide(11, {3, 3, 1}, kLargest, false), (Shares{5, 5, 1}));
  EXPECT_EQ(Divide(11, {3, 3, 1}, kFirst, false), (Shares{6, 4, 1}));
  // 5 x 1/6 = 0.83, 5 x 5/6 = 4.17: capped, the first takes no more than his weight of 1.
  EXPECT_EQ(Divide(5, {1, 5}, kFirst, true), (Shares{1, 4}));
  // 2 of 1, 1 and 1: 0.67 each; capped at 1 each, the first passes the second unit on.
  EXPECT_EQ(Divide(2, {1, 1, 1}, kFirst, true), (Shares{1, 1, 0}));
  EXPECT_EQ(Divide(2, {1, 1, 1}, kFirst, false), (Shares{2, 0, 0}));
}

TEST(PartOfTest, HalfUp) {
  EXPECT_EQ(PartOf(5, 1'000), Wide{1});   // 0.5
  EXPECT_EQ(PartOf(4, 1'000), Wide{0});   // 0.4
  EXPECT_EQ(PartOf(15, 1'000), Wide{2});  // 1.5
  EXPECT_EQ(PartOf(999, 10'000), Wide{999});
}

TEST(NamesTest, Forms) {
  EXPECT_TRUE(IsId("a-1"));
  for (const char* wrong : {"", "-a", "a-", "A", "a_b"}) {
    EXPECT_FALSE(IsId(wrong)) << wrong;
  }
  EXPECT_FALSE(IsId(std::string(64, 'a')));
  EXPECT_TRUE(IsUuid("00000001-0000-4000-8000-00000000000f"));
  EXPECT_FALSE(IsUuid("00000001-0000-4000-8000-00000000000F"));
  EXPECT_EQ(ReadName("platforms/p/parties/buyer", "parties")->id, "buyer");
  EXPECT_FALSE(ReadName("platforms/p/parties/buyer/x", "parties"));
}

// A shop with one parcel of 1,000.00 EUR less 2.5 % for the platform, received when three days have passed since the
// shipment.
class ParcelTest : public testing::Test {
 protected:
  ParcelTest() {
    operator_.set_kind(v1::Principal::KIND_OPERATOR);
    shop_.set_kind(v1::Principal::KIND_PLATFORM);
    shop_.set_platform("platforms/shop");
    v1::Command command;
    command.mutable_create_platform()->set_platform_id("shop");
    command.mutable_create_platform()->mutable_platform()->set_rail_access(v1::Platform::RAIL_ACCESS_PLATFORM);
    EXPECT_TRUE(Run(command, operator_).accepted());
    for (const char* party : {"buyer", "seller"}) {
      v1::Command create;
      create.mutable_create_party()->set_parent("platforms/shop");
      create.mutable_create_party()->set_party_id(party);
      EXPECT_TRUE(Run(create, shop_).accepted());
    }
    EXPECT_TRUE(Run(Parcel(), shop_).accepted());
  }

  static v1::Command Parcel() {
    v1::Command command;
    v1::CreateAgreementRequest& request = *command.mutable_create_agreement();
    request.set_parent("platforms/shop");
    request.set_agreement_id("parcel");
    v1::Agreement& agreement = *request.mutable_agreement();
    agreement.set_currency_code("EUR");
    for (const auto& [role, party] : {std::pair{v1::ROLE_BUYER, "buyer"}, std::pair{v1::ROLE_SELLER, "seller"}}) {
      v1::Participant& participant = *agreement.add_participants();
      participant.set_role(role);
      participant.set_party(MakeName("shop", "parties", party));
    }
    v1::Milestone& milestone = *agreement.add_milestones();
    milestone.set_milestone_id("m");
    milestone.mutable_amount()->set_currency_code("EUR");
    milestone.mutable_amount()->set_minor_units(100'000);
    v1::Requirement& receipt =
        *milestone.mutable_release_when()->mutable_all_of()->add_conditions()->mutable_confirmation();
    receipt.set_kind(v1::CONFIRMATION_KIND_RECEIPT);
    receipt.set_role(v1::ROLE_BUYER);
    receipt.mutable_deemed_after()->set_start(v1::Timer::START_CONFIRMATION_RECORDED);
    receipt.mutable_deemed_after()->set_confirmation_kind(v1::CONFIRMATION_KIND_SHIPMENT);
    receipt.mutable_deemed_after()->mutable_duration()->set_seconds(3 * 86'400);
    v1::Requirement& shipment =
        *milestone.mutable_release_when()->mutable_all_of()->add_conditions()->mutable_confirmation();
    shipment.set_kind(v1::CONFIRMATION_KIND_SHIPMENT);
    shipment.set_role(v1::ROLE_SELLER);
    milestone.add_payees()->set_party(MakeName("shop", "parties", "seller"));
    milestone.mutable_payees(0)->set_remainder(true);
    milestone.add_fees()->set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
    milestone.mutable_fees(0)->set_basis_points(250);
    return command;
  }
  static v1::Command Deposit(std::int64_t amount) {
    v1::Command command;
    command.mutable_record_deposit()->set_name(MakeName("shop", "agreements", "parcel"));
    command.mutable_record_deposit()->set_deposit_id("d" + std::to_string(amount));
    command.mutable_record_deposit()->mutable_amount()->set_currency_code("EUR");
    command.mutable_record_deposit()->mutable_amount()->set_minor_units(amount);
    return command;
  }
  static v1::Command Shipped() {
    v1::Command command;
    v1::ConfirmMilestoneRequest& request = *command.mutable_confirm_milestone();
    request.set_name(MakeName("shop", "agreements", "parcel"));
    request.set_milestone_id("m");
    request.set_kind(v1::CONFIRMATION_KIND_SHIPMENT);
    request.set_party(MakeName("shop", "parties", "seller"));
    return command;
  }

  // Every command has a request id of its own and comes a second after the one before.
  Prediction Run(v1::Command command, const v1::Principal& actor) {
    const auto* payload =
        command.GetReflection()->GetOneofFieldDescriptor(command, command.GetDescriptor()->FindOneofByName("payload"));
    google::protobuf::Message* request = command.GetReflection()->MutableMessage(&command, payload);
    char id[40];
    std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", ++commands_);
    request->GetReflection()->SetString(request, request->GetDescriptor()->FindFieldByName("request_id"), id);
    return model_.Execute(command, actor, kStart + commands_ * kSecond, static_cast<std::uint64_t>(commands_) * 10);
  }
  [[nodiscard]] Wide Balance(v1::AccountKind kind, const std::string& whose) const {
    const auto found = model_.world().book.find({"shop", "EUR", kind, whose});
    return found == model_.world().book.end() ? Wide{0} : found->second;
  }
  [[nodiscard]] const Agreement& agreement() const { return model_.world().agreements.at(key_); }

  const Key key_{"shop", "parcel"};
  v1::Principal operator_;
  v1::Principal shop_;
  Model model_;
  int commands_ = 0;
};

TEST_F(ParcelTest, PaysTheSellerThreeDaysAfterTheShipment) {
  EXPECT_EQ(Run(Shipped(), shop_).reason, v1::REASON_MILESTONE_NOT_FUNDED);
  EXPECT_TRUE(Run(Deposit(100'000), shop_).accepted());
  EXPECT_EQ(Balance(v1::ACCOUNT_KIND_CUSTODY, "parcel#0"), Wide{100'000});
  EXPECT_TRUE(Run(Shipped(), shop_).accepted());
  const Nanos deadline = kStart + commands_ * kSecond + 3 * kDay;
  EXPECT_FALSE(model_.DueAlarm(key_, deadline - 1));
  ASSERT_TRUE(model_.DueAlarm(key_, deadline));
  EXPECT_EQ(model_.Expire(key_, 1'000).size(), 3U);  // deemed, released, closed
  // 2.5 % of 100,000 are 2,500.
  EXPECT_EQ(Balance(v1::ACCOUNT_KIND_PAYABLE, "seller"), Wide{97'500});
  EXPECT_EQ(Balance(v1::ACCOUNT_KIND_PLATFORM_FEES, ""), Wide{2'500});
  EXPECT_EQ(Balance(v1::ACCOUNT_KIND_CUSTODY_BANK, ""), Wide{-100'000});
  EXPECT_EQ(agreement().state, v1::Agreement::STATE_SETTLED);
}

TEST_F(ParcelTest, TheLongStopGivesTheMoneyBack) {
  EXPECT_TRUE(Run(Deposit(60'000), shop_).accepted());
  EXPECT_TRUE(Run(Deposit(50'000), shop_).accepted());  // 10,000 too much: back at once
  EXPECT_EQ(Balance(v1::ACCOUNT_KIND_REFUNDABLE, "buyer"), Wide{10'000});
  // A year after the creation, which was the fourth command.
  const std::optional<Alarm> alarm = model_.NextAlarm(key_);
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->kind, AlarmKind::kLongStop);
  EXPECT_EQ(alarm->at, kStart + 4 * kSecond + 365 * kDay);
  EXPECT_EQ(model_.Expire(key_, 1'000).size(), 3U);  // long stop, refund, closed
  EXPECT_EQ(Balance(v1::ACCOUNT_KIND_REFUNDABLE, "buyer"), Wide{110'000});
  EXPECT_EQ(agreement().state, v1::Agreement::STATE_EXPIRED);
  EXPECT_FALSE(model_.NextAlarm(key_));
}

TEST_F(ParcelTest, OneRequestIdHasOneEffect) {
  v1::Command deposit = Deposit(7);
  EXPECT_TRUE(Run(deposit, shop_).accepted());
  --commands_;  // the same id again
  EXPECT_TRUE(Run(deposit, shop_).repeated);
  EXPECT_EQ(agreement().deposited, Wide{7});
}

TEST_F(ParcelTest, ALegalHoldEndsToTheSecond) {
  const std::string buyer = MakeName("shop", "parties", "buyer");
  v1::Command commit;
  commit.mutable_commit_record()->set_parent(buyer);
  commit.mutable_commit_record()->set_record_id("name");
  commit.mutable_commit_record()->set_kind(v1::RECORD_KIND_NAME);
  commit.mutable_commit_record()->set_commitment(std::string(32, 'c'));
  EXPECT_EQ(Run(commit, operator_).reason, v1::REASON_PERMISSION_DENIED);
  EXPECT_TRUE(Run(commit, shop_).accepted());
  v1::Command hold;
  hold.mutable_place_legal_hold()->set_name(buyer);
  hold.mutable_place_legal_hold()->set_legal_hold_id("tax");
  hold.mutable_place_legal_hold()->mutable_legal_hold()->set_reference("case 7");
  // Commands come a second after each other: this is the seventh, the ninth comes in the moment of its end.
  hold.mutable_place_legal_hold()->mutable_legal_hold()->mutable_end_time()->set_seconds(kStart / kSecond + 9);
  EXPECT_TRUE(Run(hold, shop_).accepted());
  v1::Command erase;
  erase.mutable_erase_subject()->set_name(buyer);
  erase.mutable_erase_subject()->set_cause(v1::ERASURE_CAUSE_REQUEST);
  EXPECT_EQ(Run(erase, shop_).reason, v1::REASON_LEGAL_HOLD);
  const Prediction erased = Run(erase, shop_);
  ASSERT_TRUE(erased.accepted());
  ASSERT_EQ(erased.events.size(), 1U);
  EXPECT_EQ(erased.events[0].subject_erased().record_ids(0), "name");
  EXPECT_EQ(Run(commit, shop_).reason, v1::REASON_SUBJECT_ERASED);
}

}  // namespace
}  // namespace escrow::model
