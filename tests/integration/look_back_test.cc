#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "integration/harness.h"
#include "unit/core/world.h"

// Reads of the state as it was: each must be, to the last field, what was answered then.
namespace escrow::test {
namespace {

using core::test::Confirm;
using core::test::Contract;
using core::test::Create;
using core::test::Deposit;
using core::test::Refund;
using core::test::Release;
using core::test::RequestPayout;
using core::test::SendPayout;
using core::test::Step;

using Agreements = v1::AgreementService::Stub;
using Ledger = v1::LedgerService::Stub;
using Payouts = v1::PayoutService::Stub;
using Platforms = v1::PlatformService::Stub;

// Everything that can be asked of the past, as text.
class Picture {
 public:
  Picture(Client& client, std::int64_t sequence) : client_(client), sequence_(sequence) {
    v1::GetAgreementRequest agreement;
    agreement.set_name(AgreementName("a"));
    Add(&Agreements::GetAgreement, agreement);
    v1::ExplainAgreementRequest explain;
    explain.set_name(AgreementName("a"));
    Add(&Agreements::ExplainAgreement, explain);
    v1::ListAgreementsRequest agreements;
    agreements.set_parent(PlatformName("shop"));
    Add(&Agreements::ListAgreements, agreements);
    v1::GetTrialBalanceRequest trial;
    trial.set_platform(PlatformName("shop"));
    Add(&Ledger::GetTrialBalance, trial);
    v1::ListPartyBalancesRequest balances;
    balances.set_parent(PartyName("seller"));
    Add(&Ledger::ListPartyBalances, balances);
    v1::GetPayoutRequest payout;
    payout.set_name(PayoutName("p"));
    Add(&Payouts::GetPayout, payout);
    v1::ListPayoutsRequest payouts;
    payouts.set_parent(PlatformName("shop"));
    Add(&Payouts::ListPayouts, payouts);
    v1::GetPartyRequest party;
    party.set_name(PartyName("buyer"));
    Add(&Platforms::GetParty, party);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  template <class Method, class Request>
  void Add(Method method, Request request) {
    if (sequence_ != 0) {
      request.set_as_of_sequence(sequence_);
    }
    text_ += Answer(method, request) + "\n";
  }
  template <class Stub, class Request, class Response>
  std::string Answer(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
    Response response;
    const std::string reason = ReasonOf(client_.Call(method, request, response));
    return reason == "OK" ? response.DebugString() : reason;
  }

  Client& client_;
  std::int64_t sequence_;
  std::string text_;
};

struct Then {
  std::int64_t sequence = 0;
  std::string text;
};

class LookBackTest : public testing::Test {
 protected:
  // A story, and after each command of it what can be seen.
  void TellStory() {
    for (const v1::Command& command : {Create("a", Contract({Step("m1", 100), Step("m2", 50)})), Deposit("a", 60),
                                       Deposit("a", 90), Create("b", Contract({Step("m1", 7)})), Release("a", "m1"),
                                       RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 60), SendPayout("p"),
                                       Refund("a", "m2", 20), Refund("a", "m2"), Deposit("b", 7)}) {
      const v1::CommandReply reply = shop_.shop().MustRun(command);
      pictures_.push_back({.sequence = reply.last_sequence(), .text = Picture(shop_.root(), 0).text()});
    }
  }

  // In no order, so that it goes forwards and backwards.
  void ExpectThePast() {
    std::mt19937 random(1);
    std::vector<Then> shuffled = pictures_;
    std::ranges::shuffle(shuffled, random);
    for (const Then& then : shuffled) {
      EXPECT_EQ(Picture(shop_.root(), then.sequence).text(), then.text) << "as of event " << then.sequence;
    }
  }

  Shop shop_;
  std::vector<Then> pictures_;
};

TEST_F(LookBackTest, ThePastIsWhatWasAnsweredThen) {
  TellStory();
  EXPECT_NE(pictures_.front().text, pictures_.back().text);
  ExpectThePast();
  shop_.Restart();  // now there is a snapshot, which is later than most of it
  ExpectThePast();
  const v1::CommandReply reply = shop_.root().MustRun(Deposit("b", 1));
  pictures_.push_back({.sequence = reply.last_sequence(), .text = Picture(shop_.root(), 0).text()});
  ExpectThePast();
}

TEST_F(LookBackTest, ByTimeItIsTheLastEventUntilThen) {
  TellStory();
  for (const Then& then : pictures_) {
    v1::Event event;
    ASSERT_TRUE(event.ParseFromString(*shop_.journal().ReadOne(static_cast<std::uint64_t>(then.sequence))));
    v1::GetTrialBalanceRequest request;
    *request.mutable_as_of_time() = event.log_time();
    EXPECT_EQ(shop_.root().Must(&Ledger::GetTrialBalance, request).sequence(), then.sequence);
    request.mutable_as_of_time()->set_seconds(event.log_time().seconds() + 1'000'000);
    EXPECT_EQ(shop_.root().Must(&Ledger::GetTrialBalance, request).sequence(), pictures_.back().sequence);
  }
}

TEST_F(LookBackTest, WhatIsNoPositionIsRefused) {
  const auto ask = [this](std::int64_t sequence, std::optional<std::int64_t> seconds) {
    v1::GetTrialBalanceRequest request;
    request.set_as_of_sequence(sequence);
    if (seconds) {
      request.mutable_as_of_time()->set_seconds(*seconds);
    }
    return shop_.root().Try(&Ledger::GetTrialBalance, request);
  };
  const auto last = static_cast<std::int64_t>(shop_.engine().watermarks().durable_sequence);
  EXPECT_EQ(ask(1, {}), "OK");
  EXPECT_EQ(ask(last, {}), "OK");
  EXPECT_EQ(ask(last + 1, {}), "EVENT_NOT_FOUND");
  EXPECT_EQ(ask(std::numeric_limits<std::int64_t>::max(), {}), "EVENT_NOT_FOUND");
  EXPECT_EQ(ask(-1, {}), "INVALID_FIELD");
  EXPECT_EQ(ask(1, 1'000), "INVALID_FIELD") << "both";
  EXPECT_EQ(ask(0, 1), "EVENT_NOT_FOUND") << "before the log began";
  EXPECT_EQ(ask(0, -1), "INVALID_FIELD");
}

TEST_F(LookBackTest, WhoMayNotSeeItNowMayNotSeeItThen) {
  TellStory();
  v1::GetAgreementRequest request;
  request.set_name(AgreementName("a"));
  request.set_as_of_sequence(pictures_.front().sequence);
  EXPECT_EQ(shop_.party("carrier").Try(&Agreements::GetAgreement, request), "PERMISSION_DENIED");
  EXPECT_EQ(shop_.party("buyer").Try(&Agreements::GetAgreement, request), "OK");
  request.set_as_of_sequence(1);
  EXPECT_EQ(shop_.shop().Try(&Agreements::GetAgreement, request), "PLATFORM_NOT_FOUND");
  request.set_as_of_sequence(pictures_.front().sequence - 2);
  EXPECT_EQ(shop_.shop().Try(&Agreements::GetAgreement, request), "AGREEMENT_NOT_FOUND");
}

}  // namespace
}  // namespace escrow::test
