#include "api/identity.h"

#include "crypto/sha256.h"
#include "integration/harness.h"
#include "unit/core/world.h"

// Goal: nobody acts without a credential, and nobody sees what is not his.
namespace escrow::test {
namespace {

using core::test::Contract;
using core::test::Create;
using core::test::Deposit;
using core::test::OfPlatform;
using core::test::Step;
using Platforms = v1::PlatformService::Stub;
using Agreements = v1::AgreementService::Stub;
using Events = v1::EventService::Stub;
using Ledger = v1::LedgerService::Stub;
using Operations = v1::OperationsService::Stub;

std::string WhoAmI(Client client) { return client.Try(&Operations::WhoAmI, v1::WhoAmIRequest()); }

v1::Command CreateCertificate(const std::string& id, const v1::Principal& principal, const std::string& der) {
  v1::Command command;
  v1::CreateCredentialRequest& create = *command.mutable_create_credential();
  create.set_credential_id(id);
  *create.mutable_credential()->mutable_principal() = principal;
  const crypto::Digest digest = crypto::Sha256Of(der);
  create.mutable_credential()->set_certificate_sha256(std::string(digest.begin(), digest.end()));
  return command;
}

TEST(IdentityTest, WithoutAValidKeyNothingIsServed) {
  Shop shop;
  EXPECT_EQ(WhoAmI(shop.Connect("")), "UNAUTHENTICATED");
  EXPECT_EQ(WhoAmI(shop.Connect("wrong")), "UNAUTHENTICATED");
  Client nobody = shop.Connect("");
  EXPECT_EQ(nobody.Run(core::test::CreateParty("x")), "UNAUTHENTICATED");
  EXPECT_EQ(nobody.RunBatch({core::test::CreateParty("x")}, true), std::vector<std::string>{"UNAUTHENTICATED"});
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Basic shop-key");
  v1::Principal principal;
  EXPECT_EQ(ReasonOf(nobody.stub<v1::OperationsService>().WhoAmI(&context, v1::WhoAmIRequest(), &principal)),
            "UNAUTHENTICATED");
  grpc::ClientContext streaming;
  const auto stream = nobody.stub<v1::EventService>().StreamEvents(&streaming, v1::StreamEventsRequest());
  EXPECT_EQ(ReasonOf(stream->Finish()), "UNAUTHENTICATED");
  grpc::ClientContext commanding;
  const auto commands = nobody.stub<v1::CommandService>().StreamCommands(&commanding);
  EXPECT_EQ(ReasonOf(commands->Finish()), "UNAUTHENTICATED");
  grpc::ClientContext replaying;
  const auto replay = nobody.stub<v1::OperationsService>().VerifyReplay(&replaying, v1::VerifyReplayRequest());
  EXPECT_EQ(ReasonOf(replay->Finish()), "UNAUTHENTICATED");
}

TEST(IdentityTest, AClientCertificateIsACredentialWhenItIsLogged) {
  Shop shop({.tls = true, .rocks = false, .engine = {}, .server = {}});
  const std::string der = api::DerFromPem(TestCertificates().client_chain);
  ASSERT_FALSE(der.empty());
  Client with_certificate = shop.Connect("", true);
  EXPECT_EQ(with_certificate.Try(&Operations::WhoAmI, v1::WhoAmIRequest()), "UNAUTHENTICATED");
  shop.root().MustRun(CreateCertificate("cert", OfPlatform("shop"), der));
  EXPECT_EQ(with_certificate.Must(&Operations::WhoAmI, v1::WhoAmIRequest()).platform(), "platforms/shop");
  // A bad key is not made up for by a good certificate, and the certificate's bytes, which are public, are no key.
  EXPECT_EQ(WhoAmI(shop.Connect("wrong", true)), "UNAUTHENTICATED");
  api::CredentialDirectory directory;
  v1::Command command = CreateCertificate("cert", OfPlatform("shop"), der);
  directory.Follow(command);
  EXPECT_NE(directory.FindCertificate(der), nullptr);
  EXPECT_EQ(directory.FindApiKey(der), nullptr);
  shop.Restart();
  Client again = shop.Connect("", true);
  EXPECT_EQ(again.Must(&Operations::WhoAmI, v1::WhoAmIRequest()).platform(), "platforms/shop");
}

TEST(IdentityTest, ARevokedKeyEndsItsStreams) {
  Shop shop;
  Client& client = shop.shop();
  grpc::ClientContext context;
  client.Prepare(context);
  v1::StreamEventsRequest request;
  request.mutable_event_filter()->set_platform("platforms/shop");
  const auto stream = client.stub<v1::EventService>().StreamEvents(&context, request);
  v1::StreamEventsResponse message;
  ASSERT_TRUE(stream->Read(&message));
  grpc::ClientContext commanding;
  client.Prepare(commanding);
  const auto commands = client.stub<v1::CommandService>().StreamCommands(&commanding);
  shop.root().MustRun(core::test::RevokeCredential("shop-key"));
  v1::StreamCommandsRequest command;
  *command.mutable_command() = core::test::CreateParty("late");
  commands->Write(command);
  EXPECT_EQ(ReasonOf(commands->Finish()), "UNAUTHENTICATED");
  shop.root().MustRun(core::test::CreatePlatform("other"));
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(ReasonOf(stream->Finish()), "UNAUTHENTICATED");
  shop.Restart();
  EXPECT_EQ(WhoAmI(shop.Connect("shop-keyshop-keyshop-keyshop-key")), "UNAUTHENTICATED");
}

class TenancyTest : public testing::Test {
 protected:
  TenancyTest()
      : rival_(
            (shop_.root().MustRun(core::test::CreatePlatform("rival")), shop_.Make("rival-key", OfPlatform("rival")))) {
    rival_.MustRun(core::test::CreateParty("buyer", "rival"));
    shop_.shop().MustRun(Create("a", Contract({Step("m1", 5)})));
    shop_.shop().MustRun(Deposit("a", 5));
    shop_.shop().MustRun(core::test::Release("a", "m1"));
    shop_.shop().MustRun(core::test::RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 5));
  }

  template <class Request>
  std::string Get(Client& client, auto method, const std::string& name) {
    Request request;
    request.set_name(name);
    return client.Try(method, request);
  }
  template <class Request>
  std::string List(Client& client, auto method, const std::string& parent) {
    Request request;
    request.set_parent(parent);
    return client.Try(method, request);
  }

  // What a caller who is not concerned is told about everything of the shop, whether it exists or not.
  std::set<std::string> ReadEverything(Client& client) {
    std::set<std::string> reasons;
    for (const std::string id : {"a", "none"}) {
      const std::string name = AgreementName(id);
      reasons.insert(Get<v1::GetAgreementRequest>(client, &Agreements::GetAgreement, name));
      reasons.insert(Get<v1::ExplainAgreementRequest>(client, &Agreements::ExplainAgreement, name));
      reasons.insert(List<v1::ListDepositsRequest>(client, &Agreements::ListDeposits, name));
      reasons.insert(List<v1::ListConfirmationsRequest>(client, &Agreements::ListConfirmations, name));
      reasons.insert(List<v1::ListReleasesRequest>(client, &Agreements::ListReleases, name));
      reasons.insert(List<v1::ListRefundsRequest>(client, &Agreements::ListRefunds, name));
    }
    for (const std::string id : {"p", "none"}) {
      reasons.insert(Get<v1::GetPayoutRequest>(client, &v1::PayoutService::Stub::GetPayout, PayoutName(id)));
    }
    for (const std::string id : {"seller", "none"}) {
      reasons.insert(Get<v1::GetPartyRequest>(client, &Platforms::GetParty, PartyName(id)));
      reasons.insert(List<v1::ListPartyBalancesRequest>(client, &Ledger::ListPartyBalances, PartyName(id)));
    }
    for (const std::string id : {"shop-key", "none"}) {
      reasons.insert(Get<v1::GetCredentialRequest>(client, &Platforms::GetCredential, "credentials/" + id));
    }
    v1::GetTrialBalanceRequest balance;
    reasons.insert(client.Try(&Ledger::GetTrialBalance, balance));
    balance.set_platform("platforms/shop");
    reasons.insert(client.Try(&Ledger::GetTrialBalance, balance));
    for (std::int64_t sequence = 2; sequence < 5; ++sequence) {
      v1::GetEventRequest event;
      event.set_sequence(sequence);
      reasons.insert(client.Try(&Events::GetEvent, event));
    }
    return reasons;
  }

  Shop shop_;
  Client rival_;
};

TEST_F(TenancyTest, APlatformSeesNothingOfAnother) {
  std::set<std::string> reasons = ReadEverything(rival_);
  const std::string shop = "platforms/shop";
  reasons.insert(Get<v1::GetPlatformRequest>(rival_, &Platforms::GetPlatform, shop));
  reasons.insert(Get<v1::GetPlatformRequest>(rival_, &Platforms::GetPlatform, "platforms/none"));
  reasons.insert(List<v1::ListPartiesRequest>(rival_, &Platforms::ListParties, shop));
  reasons.insert(List<v1::ListAgreementsRequest>(rival_, &Agreements::ListAgreements, shop));
  reasons.insert(List<v1::ListPayoutsRequest>(rival_, &v1::PayoutService::Stub::ListPayouts, shop));
  v1::ListEventsRequest events;
  events.mutable_event_filter()->set_platform(shop);
  reasons.insert(rival_.Try(&Events::ListEvents, events));
  events.mutable_event_filter()->set_platform("");
  events.mutable_event_filter()->set_agreement(AgreementName("a"));
  reasons.insert(rival_.Try(&Events::ListEvents, events));
  events.mutable_event_filter()->set_agreement("");
  events.mutable_event_filter()->set_party(PartyName("buyer"));
  reasons.insert(rival_.Try(&Events::ListEvents, events));
  reasons.insert(rival_.Run(Deposit("a", 5)));
  reasons.insert(rival_.Run(core::test::SendPayout("p")));
  reasons.insert(rival_.Run(core::test::CreateParty("x")));
  reasons.insert(rival_.Run(core::test::CreateKey("own", OfPlatform("shop"), 'k')));
  reasons.insert(rival_.Run(core::test::RevokeCredential("shop-key")));
  EXPECT_EQ(reasons, std::set<std::string>{"PERMISSION_DENIED"});
  EXPECT_EQ(rival_.Must(&Platforms::ListPlatforms, v1::ListPlatformsRequest()).platforms_size(), 1);
  const auto credentials = rival_.Must(&Platforms::ListCredentials, v1::ListCredentialsRequest());
  ASSERT_EQ(credentials.credentials_size(), 1);
  EXPECT_EQ(credentials.credentials(0).name(), "credentials/rival-key");
}

TEST_F(TenancyTest, AnAuditorOfAPlatformStaysWithinIt) {
  Client auditor = shop_.Make("rival-auditor", core::test::Auditor("rival"));
  EXPECT_EQ(ReadEverything(auditor), std::set<std::string>{"PERMISSION_DENIED"});
  EXPECT_EQ(auditor.Run(core::test::CreateParty("x", "rival")), "PERMISSION_DENIED");
  EXPECT_EQ(auditor.RunBatch({core::test::CreateParty("x", "rival")}, false),
            std::vector<std::string>{"PERMISSION_DENIED"});
  EXPECT_EQ(List<v1::ListPartiesRequest>(auditor, &Platforms::ListParties, "platforms/rival"), "OK");
  Client of_all = shop_.Make("auditor", core::test::Auditor());
  EXPECT_EQ(of_all.Must(&Platforms::ListPlatforms, v1::ListPlatformsRequest()).platforms_size(), 2);
  EXPECT_EQ(Get<v1::GetAgreementRequest>(of_all, &Agreements::GetAgreement, AgreementName("a")), "OK");
}

TEST_F(TenancyTest, APartySeesWhatConcernsIt) {
  Client& carrier = shop_.party("carrier");
  EXPECT_EQ(ReadEverything(carrier), std::set<std::string>{"PERMISSION_DENIED"});
  Client& seller = shop_.party("seller");
  EXPECT_EQ(Get<v1::GetAgreementRequest>(seller, &Agreements::GetAgreement, AgreementName("a")), "OK");
  EXPECT_EQ(Get<v1::GetAgreementRequest>(seller, &Agreements::GetAgreement, AgreementName("b")), "PERMISSION_DENIED");
  EXPECT_EQ(Get<v1::GetPayoutRequest>(seller, &v1::PayoutService::Stub::GetPayout, PayoutName("p")), "OK");
  EXPECT_EQ(Get<v1::GetPayoutRequest>(shop_.party("buyer"), &v1::PayoutService::Stub::GetPayout, PayoutName("p")),
            "PERMISSION_DENIED");
  v1::ListAgreementsRequest list;
  list.set_parent("platforms/shop");
  EXPECT_EQ(seller.Must(&Agreements::ListAgreements, list).agreements_size(), 1);
  EXPECT_EQ(carrier.Must(&Agreements::ListAgreements, list).agreements_size(), 0);
  v1::ListPartiesRequest parties;
  parties.set_parent("platforms/shop");
  EXPECT_EQ(seller.Must(&Platforms::ListParties, parties).parties_size(), 1);
}

TEST_F(TenancyTest, APartyIsSentTheEventsThatConcernIt) {
  v1::ListEventsRequest request;
  EXPECT_EQ(shop_.party("seller").Try(&Events::ListEvents, request), "MISSING_FIELD");
  request.mutable_event_filter()->set_platform("platforms/shop");
  const auto of_seller = shop_.party("seller").Must(&Events::ListEvents, request);
  std::set<int> kinds;
  for (const v1::Event& event : of_seller.events()) {
    EXPECT_NE(event.command().create_party().party_id(), "buyer");
    kinds.insert(event.fact_case());
  }
  EXPECT_TRUE(kinds.contains(v1::EVENT_KIND_PARTY_CREATED));
  EXPECT_TRUE(kinds.contains(v1::EVENT_KIND_AGREEMENT_CREATED));
  EXPECT_TRUE(kinds.contains(v1::EVENT_KIND_PAYOUT_REQUESTED));
  const auto of_carrier = shop_.party("carrier").Must(&Events::ListEvents, request);
  for (const v1::Event& event : of_carrier.events()) {
    EXPECT_TRUE(event.agreement_id().empty());
  }
  shop_.shop().MustRun(core::test::SendPayout("p"));
  request.mutable_event_filter()->add_kinds(v1::EVENT_KIND_PAYOUT_SENT);
  EXPECT_EQ(shop_.party("seller").Must(&Events::ListEvents, request).events_size(), 1);
  EXPECT_EQ(shop_.party("buyer").Must(&Events::ListEvents, request).events_size(), 0);
  request.mutable_event_filter()->set_party(PartyName("seller"));
  EXPECT_EQ(shop_.shop().Must(&Events::ListEvents, request).events_size(), 1);
  EXPECT_EQ(shop_.party("buyer").Must(&Events::ListEvents, request).events_size(), 0);
}

}  // namespace
}  // namespace escrow::test
