#include <functional>

#include "core/reasons.h"
#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: every reason of the machine reaches a client in its documented form. The other tests produce the API's own
// reasons; main.cc checks that none is left out. Whether the machine gives the right one is for tests/unit/core.
namespace escrow::test {
namespace {

using core::test::Accept;
using core::test::AdvanceClock;
using core::test::AllOf;
using core::test::Cancel;
using core::test::Confirm;
using core::test::Contract;
using core::test::Create;
using core::test::CreateKey;
using core::test::CreateParty;
using core::test::CreatePlatform;
using core::test::Deposit;
using core::test::Join;
using core::test::kBuyer;
using core::test::kCarrier;
using core::test::kDay;
using core::test::kDelivery;
using core::test::kReceipt;
using core::test::kSeller;
using core::test::kShipment;
using core::test::kStart;
using core::test::Needs;
using core::test::OfPlatform;
using core::test::Refund;
using core::test::Release;
using core::test::RequestPayout;
using core::test::RevokeCredential;
using core::test::SendPayout;
using core::test::SettlePayout;
using core::test::Step;
using core::test::With;

// Every attempt has a shop of its own; a last command gives the reason.
using Attempt = std::function<std::string(Shop&)>;

v1::Agreement OneStep() { return Contract({Step("m1", 100)}); }

// Runs the commands as the platform; the last one's reason.
Attempt Steps(std::vector<v1::Command> commands) {
  return [commands = std::move(commands)](Shop& shop) {
    for (std::size_t i = 0; i + 1 < commands.size(); ++i) {
      shop.shop().MustRun(commands[i]);
    }
    return shop.shop().Run(commands.back());
  };
}

Attempt Creating(const std::function<void(v1::Agreement&)>& change) {
  v1::Agreement agreement = OneStep();
  change(agreement);
  return Steps({Create("a", agreement)});
}

Attempt AsOperator(const v1::Command& command) {
  return [command](Shop& shop) { return shop.root().Run(command); };
}

std::map<std::string, Attempt> OfCreation() {
  return {
      {"UNKNOWN_CURRENCY", Creating([](v1::Agreement& a) { a.set_currency_code("XAU"); })},
      {"CURRENCY_MISMATCH", Creating([](v1::Agreement& a) { a.set_currency_code("USD"); })},
      {"TOO_MANY_ITEMS", Creating([](v1::Agreement& a) {
         for (int i = 0; i < 100; ++i) {
           *a.add_milestones() = Step("x" + std::to_string(i), 1);
         }
       })},
      {"SHARES_DO_NOT_ADD_UP",
       Creating([](v1::Agreement& a) { a.mutable_milestones(0)->mutable_payees(0)->set_minor_units(99); })},
      {"FEES_EXCEED_AMOUNT", Creating([](v1::Agreement& a) {
         *a.mutable_milestones(0)->add_fees() = core::test::FixedFee(v1::Fee::BENEFICIARY_PLATFORM, 101);
       })},
      {"EMPTY_CONDITION",
       Creating([](v1::Agreement& a) { *a.mutable_milestones(0)->mutable_release_when() = AllOf({}); })},
      {"CONDITION_TOO_DEEP", Creating([](v1::Agreement& a) {
         v1::Condition condition = Needs(kReceipt, kBuyer);
         for (int i = 0; i < 8; ++i) {
           condition = AllOf({condition});
         }
         *a.mutable_milestones(0)->mutable_release_when() = condition;
       })},
      {"MILESTONE_CYCLE", Creating([](v1::Agreement& a) { a.mutable_milestones(0)->add_opens_after("m1"); })},
      {"DUPLICATE_ITEM", Creating([](v1::Agreement& a) { *a.add_milestones() = Step("m1", 1); })},
      {"PARTY_NOT_PARTICIPANT",
       Creating([](v1::Agreement& a) { a.mutable_milestones(0)->mutable_payees(0)->set_party(PartyName("partner")); })},
      {"PROTECTION_UNCLEAR", Creating([](v1::Agreement& a) { a.mutable_milestones(0)->set_release_on_funding(true); })},
      {"POLICY_CONFLICT",
       Creating([](v1::Agreement& a) { a.mutable_policies()->mutable_payout_delay()->set_seconds(1); })},
      {"TIMER_INVALID", Creating([](v1::Agreement& a) {
         *a.mutable_milestones(0)->mutable_funding_deadline() = core::test::After(v1::Timer::START_MILESTONE_FUNDED, 1);
       })},
      {"PARTY_NOT_FOUND", Creating([](v1::Agreement& a) { a = Join(a, kCarrier, "nobody"); })},
      {"AGREEMENT_EXISTS", Steps({Create("a", OneStep()), Create("a", OneStep())})},
      {"MESSAGE_TOO_LARGE", Creating([](v1::Agreement& a) { a.set_external_reference(std::string(40'000, 'x')); })},
  };
}

// Of an agreement "a" of one step, funded where the command needs it.
std::map<std::string, Attempt> OfAgreements() {
  v1::Agreement must_act = OneStep();
  must_act.mutable_policies()->set_party_consent(v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT);
  v1::Agreement by_parties = OneStep();
  by_parties.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  v1::Agreement two = Contract({Step("m1", 50), Step("m2", 50)});
  two.mutable_milestones(1)->add_opens_after("m1");
  const v1::Agreement signed_for = Contract({Step("m1", 100, Needs(kReceipt, kBuyer, {v1::EVIDENCE_KIND_SIGNATURE}))});
  const v1::Agreement both = Contract({Step("m1", 100, AllOf({Needs(kReceipt, kBuyer), Needs(kShipment, kSeller)}))});
  v1::Command tomorrow = Confirm("a", "m1", kReceipt, "buyer");
  tomorrow.mutable_confirm_milestone()->mutable_occur_time()->set_seconds(kStart.ns / base::kNsPerSecond + kDay);
  const v1::Command one = Create("a", OneStep());
  const v1::Command money = Deposit("a", 100);
  const v1::Command receipt = Confirm("a", "m1", kReceipt, "buyer");
  return {
      {"AMOUNT_OUT_OF_RANGE", Steps({one, Deposit("a", 0)})},
      {"UNKNOWN_MILESTONE", Steps({one, money, Confirm("a", "m9", kReceipt, "buyer")})},
      {"TIME_IN_FUTURE", Steps({one, money, tomorrow})},
      {"EVIDENCE_MISSING", Steps({Create("a", signed_for), money, receipt})},
      {"CONFIRMATION_NOT_ASKED", Steps({one, money, Confirm("a", "m1", kDelivery, "buyer")})},
      {"PARTY_MUST_ACT", Steps({Create("a", must_act), money, Release("a", "m1")})},
      {"AGREEMENT_NOT_FOUND", Steps({money})},
      {"DEPOSIT_EXISTS", Steps({one, Deposit("a", 1, "d"), Deposit("a", 1, "d")})},
      {"AGREEMENT_NOT_ACTIVE", Steps({Create("a", by_parties), receipt})},
      {"AGREEMENT_NOT_PROPOSED", Steps({one, Accept("a", "buyer")})},
      {"AGREEMENT_CLOSED", Steps({one, money, receipt, Release("a", "m1")})},
      {"ALREADY_ACCEPTED", Steps({Create("a", by_parties), Accept("a", "buyer"), Accept("a", "buyer")})},
      {"ALREADY_CONSENTED", Steps({one, Cancel("a", {"buyer"}), Cancel("a", {"buyer"})})},
      {"MILESTONE_NOT_FUNDED", Steps({one, receipt})},
      {"MILESTONE_NOT_OPEN", Steps({Create("a", two), money, Confirm("a", "m2", kReceipt, "buyer")})},
      {"MILESTONE_ENDED", Steps({Create("a", two), money, Release("a", "m1"), Release("a", "m1")})},
      {"ALREADY_CONFIRMED", Steps({Create("a", both), money, receipt, receipt})},
      {"INSUFFICIENT_FUNDS", Steps({one, money, Refund("a", "m1", 101)})},
      {"PARTIAL_RELEASE_FORBIDDEN", Steps({one, money, Release("a", "m1", 1)})},
      {"NOT_SOLE_SELLER",
       [money](Shop& shop) {
         shop.shop().MustRun(Create("a", Join(OneStep(), kSeller, "seller2")));
         shop.shop().MustRun(money);
         return shop.party("seller").Run(Refund("a", "m1", 0, ""));
       }},
      {"ETAG_MISMATCH", Steps({one, money, With(Refund("a", "m1"), "etag", "\"1\"")})},
  };
}

std::map<std::string, Attempt> OfTheRest() {
  const std::vector<v1::Command> released = {Create("a", OneStep()), Deposit("a", 100), Release("a", "m1")};
  const auto then = [released](std::initializer_list<v1::Command> more) {
    std::vector<v1::Command> commands = released;
    commands.insert(commands.end(), more);
    return Steps(std::move(commands));
  };
  const v1::Command payout = RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 1);
  return {
      {"INVALID_REQUEST_ID", Steps({With(CreateParty("x"), "request_id", "1")})},
      {"INVALID_NAME", Steps({CreateParty("X")})},
      {"MISSING_FIELD", Steps({Create("a", OneStep()), Cancel("a", {})})},
      {"INVALID_FIELD", Steps({Create("a", OneStep()), Deposit("a", 1, std::string(65, 'x'))})},
      {"NOT_A_SANDBOX",
       [](Shop& shop) {
         shop.root().MustRun(CreatePlatform("live", false));
         return shop.root().Run(AdvanceClock(kStart, "live"));
       }},
      {"CLOCK_NOT_MONOTONE", Steps({AdvanceClock(base::Time{kStart.ns - 1})})},
      {"PERMISSION_DENIED", Steps({CreatePlatform("new")})},
      {"PLATFORM_NOT_FOUND", AsOperator(AdvanceClock(kStart, "nowhere"))},
      {"PAYOUT_NOT_FOUND", Steps({SendPayout("p")})},
      {"CREDENTIAL_NOT_FOUND", AsOperator(RevokeCredential("none"))},
      {"PLATFORM_EXISTS", AsOperator(CreatePlatform("shop"))},
      {"PARTY_EXISTS", Steps({CreateParty("new"), CreateParty("new")})},
      {"PAYOUT_EXISTS", then({payout, payout})},
      {"PAYOUT_WRONG_STATE", then({payout, SettlePayout("p")})},
      {"CREDENTIAL_EXISTS", Steps({CreateKey("k", OfPlatform(), 'k'), CreateKey("k", OfPlatform(), 'k')})},
      {"CREDENTIAL_REVOKED", Steps({CreateKey("k", OfPlatform(), 'k'), RevokeCredential("k"), RevokeCredential("k")})},
  };
}

std::map<std::string, Attempt> OfPersonalData() {
  using core::test::CommitRecord;
  using core::test::EraseSubject;
  using core::test::PlaceHold;
  using core::test::ReleaseHold;
  return {
      {"LEGAL_HOLD", Steps({PlaceHold("buyer", "h"), EraseSubject("buyer")})},
      {"SUBJECT_ERASED", Steps({EraseSubject("buyer"), CommitRecord("buyer", "r")})},
      {"RECORD_EXISTS", Steps({CommitRecord("buyer", "r"), CommitRecord("buyer", "r")})},
      {"LEGAL_HOLD_EXISTS", Steps({PlaceHold("buyer", "h"), PlaceHold("buyer", "h")})},
      {"LEGAL_HOLD_NOT_FOUND", Steps({ReleaseHold("buyer", "h")})},
      {"RECORD_NOT_FOUND",
       [](Shop& shop) {
         v1::GetRecordRequest request;
         request.set_name(PartyName("buyer") + "/records/none");
         return shop.shop().Try(&v1::VaultService::Stub::GetRecord, request);
       }},
  };
}

TEST(ReasonTest, EveryReasonOfTheMachineReachesAClient) {
  std::map<std::string, Attempt> attempts = OfCreation();
  attempts.merge(OfAgreements());
  attempts.merge(OfTheRest());
  attempts.merge(OfPersonalData());
  for (const auto& [reason, attempt] : attempts) {
    SCOPED_TRACE(reason);
    Shop shop;
    EXPECT_EQ(attempt(shop), reason);
    EXPECT_TRUE(shop.root().Must(&v1::LedgerService::Stub::GetTrialBalance, v1::GetTrialBalanceRequest()).balanced());
  }
}

}  // namespace
}  // namespace escrow::test
