#include "core/reasons.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "core/limits.h"
#include "unit/core/world.h"

// Every reason is produced: here, or by what stands above the core.
namespace escrow::core::test {
namespace {

// Reasons that the engine and the API give. Their tests produce them.
const std::set<v1::Reason> kNotOfTheCore = {
    v1::REASON_BATCH_SIZE,        v1::REASON_PAGE_TOKEN_INVALID, v1::REASON_FILTER_INVALID,
    v1::REASON_UNAUTHENTICATED,   v1::REASON_REQUEST_NOT_FOUND,  v1::REASON_EVENT_NOT_FOUND,
    v1::REASON_REQUEST_ID_REUSED, v1::REASON_REQUEST_ID_BURNT,   v1::REASON_OVERLOADED,
    v1::REASON_DISK_ALMOST_FULL,  v1::REASON_DRAINING,           v1::REASON_NOT_PUBLISHED,
    v1::REASON_RECORD_NOT_FOUND,  v1::REASON_NO_VAULT,           v1::REASON_SIGNING_KEY_NOT_FOUND};

using Try = std::function<std::string(World&)>;

v1::Agreement OneStep() { return Contract({Step("m1", 100)}); }

v1::Agreement ByParties() {
  v1::Agreement agreement = OneStep();
  agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  return agreement;
}

// Creates "a" and funds it, then runs the command.
Try OnFunded(v1::Agreement agreement, v1::Command command) {
  return [agreement = std::move(agreement), command = std::move(command)](World& world) {
    EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
    EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
    return world.Run(command);
  };
}

// Creates "a", then runs the command.
Try OnCreated(v1::Agreement agreement, v1::Command command) {
  return [agreement = std::move(agreement), command = std::move(command)](World& world) {
    EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
    return world.Run(command);
  };
}

Try Creating(const std::function<void(v1::Agreement&)>& change) {
  v1::Agreement agreement = OneStep();
  change(agreement);
  return [agreement = std::move(agreement)](World& world) { return world.Run(Create("a", agreement)); };
}

// Runs the command twice.
Try Twice(v1::Command command) {
  return [command = std::move(command)](World& world) {
    EXPECT_EQ(world.Run(command), "OK");
    return world.Run(command);
  };
}

Try Once(v1::Command command) {
  return [command = std::move(command)](World& world) { return world.Run(command); };
}

v1::Condition Deep() {
  v1::Condition condition = Needs(kReceipt, kBuyer);
  for (int i = 0; i < 8; ++i) {
    condition = AllOf({condition});
  }
  return condition;
}

// Malformed agreements.
std::map<v1::Reason, Try> OfCreation() {
  return {
      {v1::REASON_UNKNOWN_CURRENCY, Creating([](v1::Agreement& a) { a.set_currency_code("XAU"); })},
      {v1::REASON_CURRENCY_MISMATCH, Creating([](v1::Agreement& a) { a.set_currency_code("USD"); })},
      {v1::REASON_MESSAGE_TOO_LARGE,
       Creating([](v1::Agreement& a) { a.set_external_reference(std::string(kCommandBytesMax, 'x')); })},
      {v1::REASON_TOO_MANY_ITEMS, Creating([](v1::Agreement& a) {
         for (int i = 0; i < 100; ++i) {
           *a.add_milestones() = Step("x" + std::to_string(i), 1);
         }
       })},
      {v1::REASON_SHARES_DO_NOT_ADD_UP,
       Creating([](v1::Agreement& a) { *a.mutable_milestones(0)->mutable_payees(0) = Fixed("seller", 99); })},
      {v1::REASON_FEES_EXCEED_AMOUNT, Creating([](v1::Agreement& a) {
         *a.mutable_milestones(0)->add_fees() = FixedFee(v1::Fee::BENEFICIARY_PLATFORM, 101);
       })},
      {v1::REASON_EMPTY_CONDITION,
       Creating([](v1::Agreement& a) { *a.mutable_milestones(0)->mutable_release_when() = AllOf({}); })},
      {v1::REASON_CONDITION_TOO_DEEP,
       Creating([](v1::Agreement& a) { *a.mutable_milestones(0)->mutable_release_when() = Deep(); })},
      {v1::REASON_MILESTONE_CYCLE, Creating([](v1::Agreement& a) { a.mutable_milestones(0)->add_opens_after("m1"); })},
      {v1::REASON_DUPLICATE_ITEM, Creating([](v1::Agreement& a) { *a.add_milestones() = Step("m1", 1); })},
      {v1::REASON_PARTY_NOT_PARTICIPANT,
       Creating([](v1::Agreement& a) { *a.mutable_milestones(0)->mutable_payees(0) = Rest("partner"); })},
      {v1::REASON_PROTECTION_UNCLEAR,
       Creating([](v1::Agreement& a) { a.mutable_milestones(0)->set_release_on_funding(true); })},
      {v1::REASON_POLICY_CONFLICT,
       Creating([](v1::Agreement& a) { a.mutable_policies()->mutable_payout_delay()->set_seconds(1); })},
      {v1::REASON_TIMER_INVALID, Creating([](v1::Agreement& a) {
         *a.mutable_milestones(0)->mutable_funding_deadline() = After(v1::Timer::START_MILESTONE_FUNDED, 1);
       })},
      {v1::REASON_AGREEMENT_EXISTS, OnCreated(OneStep(), Create("a", OneStep()))},
      {v1::REASON_PARTY_NOT_FOUND, Creating([](v1::Agreement& a) { a = Join(a, kCarrier, "nobody"); })},
  };
}

std::map<v1::Reason, Try> OfAgreements() {
  v1::Agreement must_act = OneStep();
  must_act.mutable_policies()->set_party_consent(v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT);
  const v1::Agreement with_evidence =
      Contract({Step("m1", 100, Needs(kReceipt, kBuyer, {v1::EVIDENCE_KIND_SIGNATURE}))});
  v1::Agreement two = Contract({Step("m1", 50), Step("m2", 50)});
  two.mutable_milestones(1)->add_opens_after("m1");
  v1::Command tomorrow = Confirm("a", "m1", kReceipt, "buyer");
  tomorrow.mutable_confirm_milestone()->mutable_occur_time()->set_seconds(kStart.ns / base::kNsPerSecond + kDay);
  const auto after = [](v1::Agreement agreement, v1::Command first, v1::Command second) {
    return [=](World& world) {
      EXPECT_EQ(OnFunded(agreement, first)(world), "OK");
      return world.Run(second);
    };
  };
  return {
      {v1::REASON_AMOUNT_OUT_OF_RANGE, OnCreated(OneStep(), Deposit("a", 0))},
      {v1::REASON_UNKNOWN_MILESTONE, OnFunded(OneStep(), Confirm("a", "m9", kReceipt, "buyer"))},
      {v1::REASON_TIME_IN_FUTURE, OnFunded(OneStep(), tomorrow)},
      {v1::REASON_EVIDENCE_MISSING, OnFunded(with_evidence, Confirm("a", "m1", kReceipt, "buyer"))},
      {v1::REASON_CONFIRMATION_NOT_ASKED, OnFunded(OneStep(), Confirm("a", "m1", kDelivery, "buyer"))},
      {v1::REASON_PARTY_MUST_ACT, OnFunded(must_act, Release("a", "m1"))},
      {v1::REASON_AGREEMENT_NOT_FOUND, Once(Deposit("a", 1))},
      {v1::REASON_DEPOSIT_EXISTS, after(OneStep(), Deposit("a", 1, "d"), Deposit("a", 1, "d"))},
      {v1::REASON_AGREEMENT_NOT_ACTIVE, OnCreated(ByParties(), Confirm("a", "m1", kReceipt, "buyer"))},
      {v1::REASON_AGREEMENT_NOT_PROPOSED, OnCreated(OneStep(), Accept("a", "buyer"))},
      {v1::REASON_AGREEMENT_CLOSED, after(OneStep(), Release("a", "m1"), Release("a", "m1"))},
      {v1::REASON_ALREADY_ACCEPTED, after(ByParties(), Accept("a", "buyer"), Accept("a", "buyer"))},
      {v1::REASON_ALREADY_CONSENTED, after(OneStep(), Cancel("a", {"buyer"}), Cancel("a", {"buyer"}))},
      {v1::REASON_MILESTONE_NOT_FUNDED, OnCreated(OneStep(), Confirm("a", "m1", kReceipt, "buyer"))},
      {v1::REASON_MILESTONE_NOT_OPEN, OnFunded(two, Confirm("a", "m2", kReceipt, "buyer"))},
      {v1::REASON_MILESTONE_ENDED, after(two, Release("a", "m1"), Release("a", "m1"))},
      {v1::REASON_ALREADY_CONFIRMED,
       after(Contract({Step("m1", 100, AllOf({Needs(kReceipt, kBuyer), Needs(kShipment, kSeller)}))}),
             Confirm("a", "m1", kReceipt, "buyer"), Confirm("a", "m1", kReceipt, "buyer"))},
      {v1::REASON_INSUFFICIENT_FUNDS, OnFunded(OneStep(), Refund("a", "m1", 101))},
      {v1::REASON_PARTIAL_RELEASE_FORBIDDEN, OnFunded(OneStep(), Release("a", "m1", 1))},
      {v1::REASON_NOT_SOLE_SELLER,
       [](World& world) {
         EXPECT_EQ(OnFunded(Join(OneStep(), kSeller, "seller2"), Deposit("a", 1))(world), "OK");
         return world.Run(OfParty("seller"), Refund("a", "m1", 0, ""));
       }},
      {v1::REASON_ETAG_MISMATCH, OnFunded(OneStep(), With(Refund("a", "m1"), "etag", "\"1\""))},
  };
}

std::map<v1::Reason, Try> OfTheRest() {
  return {
      {v1::REASON_INVALID_REQUEST_ID, Once(With(CreateParty("x"), "request_id", "1"))},
      {v1::REASON_INVALID_NAME, Once(CreateParty("X"))},
      {v1::REASON_MISSING_FIELD, OnFunded(OneStep(), Cancel("a", {}))},
      {v1::REASON_INVALID_FIELD, OnCreated(OneStep(), Deposit("a", 1, std::string(65, 'x')))},
      {v1::REASON_EMPTY_COMMAND, Once(v1::Command())},
      {v1::REASON_NOT_A_SANDBOX,
       [](World& world) {
         EXPECT_EQ(world.Run(Operator(), CreatePlatform("live", false)), "OK");
         return world.Run(Operator(), AdvanceClock(kStart, "live"));
       }},
      {v1::REASON_CLOCK_NOT_MONOTONE, Once(AdvanceClock(base::Time{kStart.ns - 1}))},
      {v1::REASON_PERMISSION_DENIED, Once(CreatePlatform("new"))},
      {v1::REASON_PLATFORM_NOT_FOUND,
       [](World& world) { return world.Run(Operator(), AdvanceClock(kStart, "nowhere")); }},
      {v1::REASON_PAYOUT_NOT_FOUND, Once(SendPayout("p"))},
      {v1::REASON_CREDENTIAL_NOT_FOUND, [](World& world) { return world.Run(Operator(), RevokeCredential("k")); }},
      {v1::REASON_PLATFORM_EXISTS, [](World& world) { return world.Run(Operator(), CreatePlatform("shop")); }},
      {v1::REASON_PARTY_EXISTS, Twice(CreateParty("new"))},
      {v1::REASON_PAYOUT_EXISTS,
       [](World& world) {
         EXPECT_EQ(OnFunded(OneStep(), Release("a", "m1"))(world), "OK");
         return Twice(RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 1))(world);
       }},
      {v1::REASON_CREDENTIAL_EXISTS, Twice(CreateKey("k", OfPlatform(), 'k'))},
      {v1::REASON_PAYOUT_WRONG_STATE,
       [](World& world) {
         EXPECT_EQ(OnFunded(OneStep(), Release("a", "m1"))(world), "OK");
         EXPECT_EQ(world.Run(RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 1)), "OK");
         return world.Run(SettlePayout("p"));
       }},
      {v1::REASON_SIGNING_KEY_EXISTS,
       [](World& world) {
         EXPECT_EQ(world.Run(Operator(), RotateKey("log+00000000+k")), "OK");
         return world.Run(Operator(), RotateKey("log+00000000+k"));
       }},
      {v1::REASON_CREDENTIAL_REVOKED,
       [](World& world) {
         EXPECT_EQ(world.Run(CreateKey("k", OfPlatform(), 'k')), "OK");
         return Twice(RevokeCredential("k"))(world);
       }},
      {v1::REASON_BATCH_ABORTED,
       [](World& world) { return world.RunAtomic({CreateParty("new"), CreateParty("X")}).front(); }},
  };
}

std::map<v1::Reason, Try> OfPersonalData() {
  const auto after = [](v1::Command first, v1::Command second) {
    return [first = std::move(first), second = std::move(second)](World& world) {
      EXPECT_EQ(world.Run(first), "OK");
      return world.Run(second);
    };
  };
  return {
      {v1::REASON_LEGAL_HOLD, after(PlaceHold("buyer", "h"), EraseSubject("buyer"))},
      {v1::REASON_SUBJECT_ERASED, after(EraseSubject("buyer"), CommitRecord("buyer", "r"))},
      {v1::REASON_RECORD_EXISTS, Twice(CommitRecord("buyer", "r"))},
      {v1::REASON_LEGAL_HOLD_EXISTS, Twice(PlaceHold("buyer", "h"))},
      {v1::REASON_LEGAL_HOLD_NOT_FOUND, Once(ReleaseHold("buyer", "h"))},
  };
}

TEST(ReasonsTest, EveryReasonIsProduced) {
  std::map<v1::Reason, Try> tries = OfCreation();
  tries.merge(OfAgreements());
  tries.merge(OfTheRest());
  tries.merge(OfPersonalData());
  for (const ReasonRow& row : ReasonTable()) {
    SCOPED_TRACE(std::string(row.name));
    EXPECT_EQ("REASON_" + std::string(row.name), v1::Reason_Name(row.reason));
    if (kNotOfTheCore.contains(row.reason)) {
      EXPECT_FALSE(tries.contains(row.reason));
      continue;
    }
    ASSERT_TRUE(tries.contains(row.reason)) << "no test produces this reason";
    World world;
    EXPECT_EQ(tries.at(row.reason)(world), row.name);
    if (row.reason == v1::REASON_BATCH_ABORTED) {
      continue;  // burns when the refusal that aborted the batch does; see AtomicTest
    }
    EXPECT_EQ(world.outcome().first_sequence != 0, row.burns);
    EXPECT_EQ(world.events().size(), row.burns ? 1U : 0U);
  }
}

TEST(ReasonsTest, TheTableIsComplete) {
  int expected = 1;
  for (const ReasonRow& row : ReasonTable()) {
    EXPECT_EQ(row.reason, expected++);
    EXPECT_EQ(&FindReason(row.reason), &row);
    EXPECT_GE(row.status_code, 1);
    EXPECT_LE(row.status_code, 16);
    EXPECT_LE(row.name.size(), 63U);
    EXPECT_TRUE(row.text.ends_with('.')) << row.name;
  }
  EXPECT_EQ(expected, v1::Reason_ARRAYSIZE);
}

}  // namespace
}  // namespace escrow::core::test
