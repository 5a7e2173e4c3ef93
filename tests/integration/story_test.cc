#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: the main job through every method of the contract, over a real channel. main.cc checks that none was left out.
namespace escrow::test {
namespace {

using core::test::Accept;
using core::test::AdvanceClock;
using core::test::Cancel;
using core::test::Confirm;
using core::test::Contract;
using core::test::Create;
using core::test::Deposit;
using core::test::FailPayout;
using core::test::kReceipt;
using core::test::kShipment;
using core::test::kStart;
using core::test::Refund;
using core::test::Release;
using core::test::RequestPayout;
using core::test::ReturnPayout;
using core::test::RevokeCredential;
using core::test::SendPayout;
using core::test::SettlePayout;
using core::test::Step;

using Platforms = v1::PlatformService::Stub;
using Agreements = v1::AgreementService::Stub;
using Payouts = v1::PayoutService::Stub;
using Ledger = v1::LedgerService::Stub;
using Events = v1::EventService::Stub;
using Operations = v1::OperationsService::Stub;

class StoryTest : public testing::TestWithParam<bool> {
 protected:
  // With TLS on RocksDB, in clear in memory.
  StoryTest() : shop_({.tls = GetParam(), .rocks = GetParam(), .engine = {}, .server = {}}), client_(shop_.shop()) {}

  template <class Request>
  static Request Named(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }
  template <class Request>
  static Request Under(const std::string& parent) {
    Request request;
    request.set_parent(parent);
    return request;
  }

  v1::Agreement Get(const std::string& id) {
    return client_.Must(&Agreements::GetAgreement, Named<v1::GetAgreementRequest>(AgreementName(id)));
  }

  // Two milestones: the first is confirmed, the second released in two parts, one of them given back.
  void Trade() {
    v1::Agreement agreement = Contract({Step("m1", 60), Step("m2", 40)});
    agreement.set_external_reference("order 7");
    agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
    agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
    const v1::CommandReply created = client_.MustRun(Create("trade", agreement));
    EXPECT_EQ(created.name(), AgreementName("trade"));
    ASSERT_GE(created.events_size(), 1);
    EXPECT_EQ(created.events(0).sequence(), static_cast<std::uint64_t>(created.first_sequence()));
    EXPECT_GT(created.log_time().seconds(), 0);
    EXPECT_EQ(Get("trade").state(), v1::Agreement::STATE_PROPOSED);
    client_.MustRun(Accept("trade", "buyer"));
    EXPECT_EQ(Get("trade").acceptances_size(), 1);
    client_.MustRun(Accept("trade", "seller"));
    client_.MustRun(Deposit("trade", 110));
    client_.MustRun(Confirm("trade", "m1", kReceipt, "buyer"));
    client_.MustRun(Release("trade", "m2", 30));
    client_.MustRun(Refund("trade", "m2", 10));
  }

  void CheckTrade() {
    const v1::Agreement trade = Get("trade");
    EXPECT_EQ(trade.state(), v1::Agreement::STATE_SETTLED);
    EXPECT_EQ(trade.currency_code(), "EUR");
    EXPECT_EQ(trade.external_reference(), "order 7");
    EXPECT_EQ(trade.participants_size(), 2);
    EXPECT_EQ(trade.policies().rounding(), v1::Policies::ROUNDING_LARGEST_REMAINDER);
    EXPECT_EQ(trade.totals().deposited(), 110);
    EXPECT_EQ(trade.totals().released(), 90);
    EXPECT_EQ(trade.totals().refunded(), 20);
    ASSERT_EQ(trade.milestones_size(), 2);
    EXPECT_EQ(trade.milestones(0).milestone_id(), "m1");
    EXPECT_EQ(trade.milestones(0).payees_size(), 1);
    EXPECT_EQ(trade.milestones(0).released().minor_units(), 60);
    EXPECT_EQ(trade.milestones(1).refunded().minor_units(), 10);
    EXPECT_FALSE(trade.unprotected());
  }

  void CheckHistory() {
    const std::string name = AgreementName("trade");
    const auto deposits = client_.Must(&Agreements::ListDeposits, Under<v1::ListDepositsRequest>(name));
    ASSERT_EQ(deposits.deposits_size(), 1);
    EXPECT_EQ(deposits.deposits(0).amount().minor_units(), 110);
    const auto confirmations = client_.Must(&Agreements::ListConfirmations, Under<v1::ListConfirmationsRequest>(name));
    ASSERT_EQ(confirmations.confirmations_size(), 1);
    EXPECT_EQ(confirmations.confirmations(0).milestone_id(), "m1");
    EXPECT_EQ(confirmations.confirmations(0).party(), PartyName("buyer"));
    const auto releases = client_.Must(&Agreements::ListReleases, Under<v1::ListReleasesRequest>(name));
    ASSERT_EQ(releases.releases_size(), 2);
    EXPECT_EQ(releases.releases(0).cause(), v1::MOVE_CAUSE_CONDITIONS_MET);
    ASSERT_EQ(releases.releases(0).confirmation_sequences_size(), 1);
    EXPECT_EQ(releases.releases(0).confirmation_sequences(0), confirmations.confirmations(0).sequence());
    EXPECT_EQ(releases.releases(1).amount().minor_units(), 30);
    const auto refunds = client_.Must(&Agreements::ListRefunds, Under<v1::ListRefundsRequest>(name));
    ASSERT_EQ(refunds.refunds_size(), 2);
    EXPECT_EQ(refunds.refunds(0).cause(), "OVERFUNDED");
    EXPECT_EQ(refunds.refunds(1).cause(), "SELLER_WILL");
    EXPECT_EQ(refunds.refunds(1).milestone_id(), "m2");
  }

  void PayOut() {
    client_.MustRun(RequestPayout("p1", v1::ACCOUNT_KIND_PAYABLE, "seller", 50));
    client_.MustRun(core::test::With(SendPayout("p1"), "rail_reference", "bank 1"));
    client_.MustRun(SettlePayout("p1"));
    const v1::Payout payout = client_.Must(&Payouts::GetPayout, Named<v1::GetPayoutRequest>(PayoutName("p1")));
    EXPECT_EQ(payout.state(), v1::Payout::STATE_SETTLED);
    EXPECT_EQ(payout.rail_reference(), "bank 1") << "told when it was sent, not when it settled";
    client_.MustRun(core::test::With(ReturnPayout("p1"), "rail_reference", "bank 2"));
    client_.MustRun(RequestPayout("p2", v1::ACCOUNT_KIND_REFUNDABLE, "buyer", 20));
    client_.MustRun(FailPayout("p2"));
    const auto payouts = client_.Must(&Payouts::ListPayouts, Under<v1::ListPayoutsRequest>("platforms/shop"));
    ASSERT_EQ(payouts.payouts_size(), 2);
    EXPECT_EQ(payouts.payouts(0).rail_reference(), "bank 2");
    EXPECT_EQ(payouts.payouts(1).state(), v1::Payout::STATE_FAILED);
    const auto balances =
        client_.Must(&Ledger::ListPartyBalances, Under<v1::ListPartyBalancesRequest>(PartyName("seller")));
    ASSERT_EQ(balances.balances_size(), 1);
    EXPECT_EQ(balances.balances(0).payable(), 90);
  }

  void CheckPlatform() {
    const v1::Platform platform =
        client_.Must(&Platforms::GetPlatform, Named<v1::GetPlatformRequest>("platforms/shop"));
    EXPECT_TRUE(platform.sandbox());
    EXPECT_EQ(platform.clock_time().seconds(), kStart.ns / base::kNsPerSecond + 5);
    EXPECT_EQ(client_.Must(&Platforms::ListPlatforms, v1::ListPlatformsRequest()).platforms_size(), 1);
    v1::Command party = core::test::CreateParty("inspector");
    party.mutable_create_party()->mutable_party()->set_external_reference("inspector 9");
    client_.MustRun(party);
    EXPECT_EQ(
        client_.Must(&Platforms::GetParty, Named<v1::GetPartyRequest>(PartyName("inspector"))).external_reference(),
        "inspector 9");
    const auto parties = client_.Must(&Platforms::ListParties, Under<v1::ListPartiesRequest>("platforms/shop"));
    ASSERT_EQ(parties.parties_size(), 6);
    EXPECT_EQ(parties.parties(5).external_reference(), "inspector 9");
    const v1::Credential credential =
        client_.Must(&Platforms::GetCredential, Named<v1::GetCredentialRequest>("credentials/shop-key"));
    EXPECT_EQ(credential.principal().platform(), "platforms/shop");
    EXPECT_EQ(client_.Must(&Platforms::ListCredentials, v1::ListCredentialsRequest()).credentials_size(), 1);
  }

  void CheckLog(const std::string& request_id) {
    v1::GetRequestRequest request;
    request.set_request_id(request_id);
    const v1::CommandReply again = client_.Must(&v1::CommandService::Stub::GetRequest, request);
    EXPECT_EQ(again.request_id(), request_id);
    EXPECT_GE(again.events_size(), 1);
    v1::GetEventRequest get;
    get.set_sequence(again.first_sequence());
    EXPECT_EQ(client_.Must(&Events::GetEvent, get).SerializeAsString(), again.events(0).SerializeAsString());
    v1::ListEventsRequest list;
    list.mutable_event_filter()->set_platform("platforms/shop");
    EXPECT_GT(client_.Must(&Events::ListEvents, list).events_size(), 20);
  }

  void CheckServer() {
    v1::GetServerStatusRequest request;
    request.set_include_digest(true);
    const v1::ServerStatus status = shop_.root().Must(&Operations::GetServerStatus, request);
    EXPECT_EQ(status.agreement_count(), 2);
    EXPECT_EQ(status.live_agreement_count(), 0);
    EXPECT_EQ(status.applied_sequence(), status.durable_sequence());
    EXPECT_TRUE(status.accepts_writes());
    EXPECT_EQ(status.root_hash().size(), 64U);
    EXPECT_EQ(status.log_id().size(), 32U);
    grpc::ClientContext context;
    shop_.root().Prepare(context);
    const auto stream = shop_.root().stub<v1::OperationsService>().VerifyReplay(&context, v1::VerifyReplayRequest());
    v1::VerifyReplayResponse message;
    v1::VerifyReplayResponse last;
    while (stream->Read(&message)) {
      last = message;
    }
    EXPECT_EQ(ReasonOf(stream->Finish()), "OK");
    EXPECT_TRUE(last.done());
    EXPECT_TRUE(last.identical());
    EXPECT_EQ(last.live_digest(), status.state_digest());
    EXPECT_GE(last.checks_size(), 3);
  }

  Shop shop_;
  Client& client_;
};

TEST_P(StoryTest, EveryMethod) {
  client_.MustRun(AdvanceClock(base::Time{kStart.ns + 5 * base::kNsPerSecond}));
  Trade();
  CheckTrade();
  CheckHistory();
  client_.MustRun(Create("called-off", Contract({Step("m1", 5)})));
  const auto why =
      client_.Must(&Agreements::ExplainAgreement, Named<v1::ExplainAgreementRequest>(AgreementName("called-off")));
  EXPECT_FALSE(why.summary().empty());
  EXPECT_EQ(why.missing_funds().minor_units(), 5);
  const v1::CommandReply cancelled = client_.MustRun(Cancel("called-off", {"buyer", "seller"}));
  const auto list = client_.Must(&Agreements::ListAgreements, Under<v1::ListAgreementsRequest>("platforms/shop"));
  ASSERT_EQ(list.agreements_size(), 2);
  EXPECT_EQ(list.agreements(0).SerializeAsString(), Get("trade").SerializeAsString());
  EXPECT_EQ(list.agreements(1).cancellation_consents_size(), 2);
  PayOut();
  CheckPlatform();
  CheckLog(cancelled.request_id());
  const v1::TrialBalance balance = shop_.root().Must(&Ledger::GetTrialBalance, v1::GetTrialBalanceRequest());
  EXPECT_TRUE(balance.balanced());
  EXPECT_EQ(balance.totals(0).account(), v1::ACCOUNT_KIND_CUSTODY_BANK);
  EXPECT_EQ(balance.totals(0).minor_units(), 110);
  CheckServer();
  EXPECT_GT(client_.Must(&Operations::ListRules, v1::ListRulesRequest()).permissions_size(), 100);
  EXPECT_EQ(client_.Must(&Operations::ListReasons, v1::ListReasonsRequest()).reasons_size(), v1::Reason_ARRAYSIZE - 1);
  EXPECT_EQ(client_.Must(&Operations::WhoAmI, v1::WhoAmIRequest()).platform(), "platforms/shop");
  shop_.root().MustRun(RevokeCredential("shop-key"));
  EXPECT_EQ(client_.Try(&Operations::WhoAmI, v1::WhoAmIRequest()), "UNAUTHENTICATED");
}

TEST_P(StoryTest, Streams) {
  grpc::ClientContext context;
  client_.Prepare(context);
  const auto commands = client_.stub<v1::CommandService>().StreamCommands(&context);
  v1::StreamCommandsRequest request;
  *request.mutable_command() = core::test::With(Create("a", Contract({Step("m1", 5)})), "request_id", NewRequestId());
  request.set_include_events(true);
  ASSERT_TRUE(commands->Write(request));
  v1::StreamCommandsResponse response;
  ASSERT_TRUE(commands->Read(&response));
  EXPECT_GE(response.result().reply().events_size(), 1);
  commands->WritesDone();
  EXPECT_FALSE(commands->Read(&response));
  EXPECT_EQ(ReasonOf(commands->Finish()), "OK");

  grpc::ClientContext other;
  client_.Prepare(other);
  v1::StreamEventsRequest from_start;
  from_start.mutable_event_filter()->set_agreement(AgreementName("a"));
  from_start.set_stop_at_end(true);
  const auto events = client_.stub<v1::EventService>().StreamEvents(&other, from_start);
  v1::StreamEventsResponse message;
  ASSERT_TRUE(events->Read(&message));
  EXPECT_EQ(message.events(0).agreement_id(), "a");
  while (events->Read(&message)) {
  }
  EXPECT_EQ(ReasonOf(events->Finish()), "OK");
  EXPECT_EQ(client_.RunBatch({Deposit("a", 5)}, false), std::vector<std::string>{"OK"});
}

INSTANTIATE_TEST_SUITE_P(Channels, StoryTest, testing::Bool(),
                         [](const auto& suite) { return suite.param ? "Tls" : "Clear"; });

}  // namespace
}  // namespace escrow::test
