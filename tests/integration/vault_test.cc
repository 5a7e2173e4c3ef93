#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/hmac.h"
#include "integration/harness.h"
#include "support/engine_client.h"
#include "unit/core/world.h"

// Goal: personal data through the service: put, read, erased; vault and log say the same whatever comes between them.
namespace escrow::test {
namespace {

using core::test::CommitRecord;
using core::test::EraseSubject;
using core::test::OfPlatform;
using core::test::PlaceHold;
using core::test::ReleaseHold;
using Stub = v1::VaultService::Stub;

v1::PutRecordRequest Put(const std::string& party, const std::string& id, const std::string& content) {
  v1::PutRecordRequest request;
  request.set_parent(PartyName(party));
  request.set_record_id(id);
  request.mutable_record()->set_kind(v1::RECORD_KIND_NAME);
  request.mutable_record()->set_content(content);
  request.set_request_id(NewRequestId());
  return request;
}

v1::EraseSubjectRequest Erase(const std::string& party) {
  v1::EraseSubjectRequest request = EraseSubject(party).erase_subject();
  request.set_request_id(NewRequestId());
  return request;
}

v1::GetRecordRequest Get(const std::string& party, const std::string& id) {
  v1::GetRecordRequest request;
  request.set_name(PartyName(party) + "/records/" + id);
  return request;
}

// The content, or the reason.
std::string Content(Client& client, const std::string& party, const std::string& id) {
  v1::Record record;
  const grpc::Status status = client.Call(&Stub::GetRecord, Get(party, id), record);
  return status.ok() ? record.content() : ReasonOf(status);
}

std::vector<std::string> Records(Client& client, const std::string& party) {
  v1::ListRecordsRequest request;
  request.set_parent(PartyName(party));
  std::vector<std::string> names;
  const v1::ListRecordsResponse response = client.Must(&Stub::ListRecords, request);
  for (const v1::Record& record : response.records()) {
    EXPECT_TRUE(record.content().empty() && record.salt().empty());
    EXPECT_EQ(record.commitment().size(), 32U);
    names.push_back(record.name());
  }
  return names;
}

v1::Party Party(Client& client, const std::string& id) {
  v1::GetPartyRequest request;
  request.set_name(PartyName(id));
  return client.Must(&v1::PlatformService::Stub::GetParty, request);
}

bool ReplayIsIdentical(Client& client) {
  grpc::ClientContext context;
  client.Prepare(context);
  const auto stream = client.stub<v1::OperationsService>().VerifyReplay(&context, v1::VerifyReplayRequest());
  v1::VerifyReplayResponse message;
  while (stream->Read(&message)) {
  }
  return stream->Finish().ok() && message.identical();
}

class VaultTest : public testing::TestWithParam<bool> {};

TEST_P(VaultTest, ARecordFromPutToErasure) {
  Shop shop({.tls = GetParam(), .engine = {}, .server = {}});
  const v1::CommandReply reply = shop.shop().Must(&Stub::PutRecord, Put("buyer", "name", "Ada Lovelace"));
  EXPECT_EQ(reply.name(), "platforms/shop/parties/buyer/records/name");
  ASSERT_EQ(reply.events_size(), 1);
  EXPECT_TRUE(reply.events(0).has_record_committed());
  EXPECT_EQ(reply.SerializeAsString().find("Lovelace"), std::string::npos);

  const v1::Record record = shop.shop().Must(&Stub::GetRecord, Get("buyer", "name"));
  EXPECT_EQ(record.content(), "Ada Lovelace");
  EXPECT_EQ(record.kind(), v1::RECORD_KIND_NAME);
  EXPECT_EQ(record.sequence(), reply.first_sequence());
  EXPECT_EQ(record.commitment(), reply.events(0).command().commit_record().commitment());
  const crypto::Digest commitment = crypto::HmacSha256(record.salt(), record.content());
  EXPECT_EQ(record.commitment(), std::string(commitment.begin(), commitment.end()));
  EXPECT_EQ(Records(shop.shop(), "buyer"), std::vector<std::string>{reply.name()});

  shop.root().MustRun(PlaceHold("buyer", "court"));
  ASSERT_EQ(Party(shop.shop(), "buyer").legal_holds_size(), 1);
  EXPECT_EQ(Party(shop.shop(), "buyer").legal_holds(0).reference(), "case 7");
  EXPECT_TRUE(Party(shop.shop(), "buyer").legal_holds(0).in_force());
  EXPECT_EQ(shop.shop().Try(&Stub::EraseSubject, Erase("buyer")), "LEGAL_HOLD");
  EXPECT_EQ(Content(shop.shop(), "buyer", "name"), "Ada Lovelace");
  shop.root().MustRun(ReleaseHold("buyer", "court"));

  const v1::CommandReply erased = shop.shop().Must(&Stub::EraseSubject, Erase("buyer"));
  ASSERT_EQ(erased.events_size(), 1);
  EXPECT_EQ(erased.events(0).subject_erased().record_ids(0), "name");
  EXPECT_EQ(Content(shop.shop(), "buyer", "name"), "RECORD_NOT_FOUND");
  EXPECT_TRUE(Records(shop.shop(), "buyer").empty());
  EXPECT_TRUE(Party(shop.shop(), "buyer").erased());
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, Put("buyer", "other", "x")), "SUBJECT_ERASED");
  EXPECT_TRUE(std::filesystem::is_empty(shop.folder() + "/vault/records"));
  EXPECT_TRUE(ReplayIsIdentical(shop.root()));
}

INSTANTIATE_TEST_SUITE_P(InClearAndWithTls, VaultTest, testing::Bool());

TEST(VaultServiceTest, OneRequestOneRecord) {
  Shop shop;
  const v1::PutRecordRequest put = Put("buyer", "name", "Ada");
  const v1::CommandReply first = shop.shop().Must(&Stub::PutRecord, put);
  const v1::CommandReply again = shop.shop().Must(&Stub::PutRecord, put);
  EXPECT_TRUE(again.repeated_request());
  EXPECT_EQ(again.first_sequence(), first.first_sequence());
  EXPECT_EQ(again.events(0).SerializeAsString(), first.events(0).SerializeAsString());
  v1::PutRecordRequest other = put;
  other.mutable_record()->set_content("Eve");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, other), "REQUEST_ID_REUSED");
  other = put;
  other.set_record_id("other");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, other), "REQUEST_ID_REUSED");
  other = put;
  other.set_parent(PartyName("seller"));
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, other), "REQUEST_ID_REUSED");
  EXPECT_EQ(Content(shop.shop(), "buyer", "name"), "Ada");
  // What was refused for a reason that may pass is burnt, with its own word.
  const v1::PutRecordRequest early = Put("nobody", "name", "x");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, early), "PARTY_NOT_FOUND");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, early), "REQUEST_ID_BURNT");
  // An erasure does not change what was answered.
  const v1::EraseSubjectRequest erase = Erase("buyer");
  const v1::CommandReply erased = shop.shop().Must(&Stub::EraseSubject, erase);
  EXPECT_EQ(shop.shop().Must(&Stub::EraseSubject, erase).first_sequence(), erased.first_sequence());
  EXPECT_EQ(shop.shop().Must(&Stub::PutRecord, put).first_sequence(), first.first_sequence());
  EXPECT_EQ(Content(shop.shop(), "buyer", "name"), "RECORD_NOT_FOUND");
  EXPECT_TRUE(std::filesystem::is_empty(shop.folder() + "/vault/records"));
}

TEST(VaultServiceTest, WhatIsRefusedLeavesNothing) {
  Shop shop;
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, Put("buyer", "Name", "x")), "INVALID_NAME");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, Put("buyer", "name", std::string((1 << 20) + 1, 'x'))), "INVALID_FIELD");
  v1::PutRecordRequest put = Put("buyer", "name", "x");
  put.mutable_record()->clear_kind();
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, put), "INVALID_FIELD");
  put = Put("buyer", "name", "x");
  put.set_request_id("1");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, put), "INVALID_REQUEST_ID");
  put = Put("buyer", "name", "x");
  put.GetReflection()->MutableUnknownFields(&put)->AddVarint(99, 1);
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, put), "INVALID_FIELD");
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, Put("nobody", "name", "x")), "PARTY_NOT_FOUND");
  put = Put("buyer", "name", "x");
  put.set_validate_only(true);
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, put), "OK");
  v1::EraseSubjectRequest erase = Erase("seller");
  shop.shop().Must(&Stub::PutRecord, Put("seller", "name", "Bob"));
  erase.set_validate_only(true);
  EXPECT_EQ(shop.shop().Try(&Stub::EraseSubject, erase), "OK");
  EXPECT_EQ(Content(shop.shop(), "seller", "name"), "Bob");
  shop.shop().Must(&Stub::EraseSubject, Erase("seller"));
  EXPECT_TRUE(std::filesystem::is_empty(shop.folder() + "/vault/records"));
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, Put("buyer", "largest", std::string(1 << 20, 'x'))), "OK");
  EXPECT_EQ(Content(shop.shop(), "buyer", "largest"), std::string(1 << 20, 'x'));
}

TEST(VaultServiceTest, BatchesTakeNoCommandsOfTheVault) {
  Shop shop;
  for (const bool atomic : {false, true}) {
    EXPECT_EQ(shop.shop().RunBatch({PlaceHold("buyer", "h1"), CommitRecord("buyer", "r")}, atomic),
              std::vector<std::string>{"INVALID_FIELD"});
    EXPECT_EQ(shop.shop().RunBatch({EraseSubject("buyer")}, atomic), std::vector<std::string>{"INVALID_FIELD"});
  }
  EXPECT_EQ(shop.shop().RunBatch({PlaceHold("buyer", "h"), ReleaseHold("buyer", "h")}, true),
            (std::vector<std::string>{"OK", "OK"}));
}

TEST(VaultServiceTest, WhoMayDoWhat) {
  Shop shop;
  shop.root().MustRun(core::test::CreatePlatform("other"));
  shop.shop().Must(&Stub::PutRecord, Put("buyer", "name", "Ada"));
  Client auditor = shop.Make("auditor-key", core::test::Auditor());
  Client other = shop.Make("other-key", OfPlatform("other"));
  const std::string no = "PERMISSION_DENIED";
  struct Row {
    Client& client;
    std::string put;
    std::string get;
    std::string list;
    std::string erase;
    std::string hold;
  };
  for (const Row& row : std::initializer_list<Row>{{shop.root(), no, no, "OK", "OK", "OK"},
                                                   {shop.shop(), "OK", "OK", "OK", "OK", "OK"},
                                                   {other, no, no, no, no, no},
                                                   {shop.party("buyer"), no, "OK", "OK", no, no},
                                                   {shop.party("seller"), no, no, no, no, no},
                                                   {auditor, no, no, "OK", no, no}}) {
    v1::PutRecordRequest put = Put("buyer", "new", "x");
    put.set_validate_only(true);
    EXPECT_EQ(row.client.Try(&Stub::PutRecord, put), row.put);
    EXPECT_EQ(row.client.Try(&Stub::GetRecord, Get("buyer", "name")), row.get);
    v1::ListRecordsRequest list;
    list.set_parent(PartyName("buyer"));
    EXPECT_EQ(row.client.Try(&Stub::ListRecords, list), row.list);
    v1::EraseSubjectRequest erase = Erase("buyer");
    erase.set_validate_only(true);
    EXPECT_EQ(row.client.Try(&Stub::EraseSubject, erase), row.erase);
    EXPECT_EQ(row.client.Run(core::test::DryRun(PlaceHold("buyer", "h"))), row.hold);
  }
  // A party sees the events that are about it.
  v1::ListEventsRequest events;
  events.mutable_event_filter()->set_platform("platforms/shop");
  events.mutable_event_filter()->add_kinds(v1::EVENT_KIND_RECORD_COMMITTED);
  EXPECT_EQ(shop.party("buyer").Must(&v1::EventService::Stub::ListEvents, events).events_size(), 1);
  EXPECT_EQ(shop.party("seller").Must(&v1::EventService::Stub::ListEvents, events).events_size(), 0);
}

TEST(VaultServiceTest, AServerWithoutVault) {
  Shop shop({.vault = false, .engine = {}, .server = {}});
  EXPECT_EQ(shop.shop().Try(&Stub::PutRecord, Put("buyer", "name", "x")), "NO_VAULT");
  EXPECT_EQ(shop.shop().Try(&Stub::EraseSubject, Erase("buyer")), "NO_VAULT");
  EXPECT_EQ(Content(shop.shop(), "buyer", "name"), "NO_VAULT");
  EXPECT_TRUE(Records(shop.shop(), "buyer").empty());
  EXPECT_EQ(shop.shop().Run(PlaceHold("buyer", "h")), "OK");
}

// The process ended between the durable event and the destruction: the next start destroys.
TEST(VaultServiceTest, AStartFinishesAnErasure) {
  Shop shop({.rocks = true, .engine = {}, .server = {}});
  shop.shop().Must(&Stub::PutRecord, Put("buyer", "name", "Ada"));
  shop.shop().Must(&Stub::PutRecord, Put("seller", "name", "Bob"));
  v1::Command erase;
  *erase.mutable_erase_subject() = Erase("buyer");
  EXPECT_TRUE(Execute(shop.engine(), OfPlatform(), erase).accepted());
  const auto count = [&] {
    const std::filesystem::directory_iterator files(shop.folder() + "/vault/records");
    return std::distance(begin(files), end(files));
  };
  EXPECT_EQ(count(), 2);
  // And a record that the log never took.
  EXPECT_TRUE(shop.vault().Put(PartyName("carrier"), "r", "Carol").ok());
  EXPECT_EQ(count(), 3);
  shop.Restart();
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(absl::IsNotFound(shop.vault().Get(PartyName("buyer"), {}).status()));
  // The retry of the erasure whose reply was lost.
  Client client = shop.Connect("shop-keyshop-keyshop-keyshop-key");
  EXPECT_TRUE(client.Must(&Stub::EraseSubject, erase.erase_subject()).repeated_request());
  EXPECT_EQ(Content(client, "buyer", "name"), "RECORD_NOT_FOUND");
  EXPECT_EQ(Content(client, "seller", "name"), "Bob");
}

// What the log vouches for and the vault has lost is an error of the server, not a record that does not exist.
TEST(VaultServiceTest, ALostRecordIsTold) {
  Shop shop({.rocks = true, .engine = {}, .server = {}});
  shop.shop().Must(&Stub::PutRecord, Put("buyer", "name", "Ada"));
  std::filesystem::remove(std::filesystem::directory_iterator(shop.folder() + "/vault/records")->path());
  v1::Record record;
  EXPECT_EQ(shop.shop().Call(&Stub::GetRecord, Get("buyer", "name"), record).error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_TRUE(record.content().empty());
}

// The same request many times at once, as impatient clients send it.
TEST(VaultServiceTest, ConcurrentAttemptsAreOneRecord) {
  Shop shop;
  const v1::PutRecordRequest put = Put("buyer", "name", "Ada");
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] { good += shop.shop().Try(&Stub::PutRecord, put) == "OK" ? 1 : 0; });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(good, 8);
  EXPECT_EQ(Content(shop.shop(), "buyer", "name"), "Ada");
  EXPECT_EQ(Records(shop.shop(), "buyer").size(), 1U);
}

TEST(VaultFilesTest, AWrongKeyFileIsRefused) {
  Shop shop({.rocks = true, .engine = {}, .server = {}});
  shop.shop().Must(&Stub::PutRecord, Put("buyer", "name", "Ada"));
  const std::string other = shop.folder() + "/other.key";
  std::ofstream(other) << std::string(32, 'o');
  ASSERT_EQ(chmod(other.c_str(), 0600), 0);
  const std::string copy = shop.folder() + "/copy";
  std::filesystem::copy(shop.folder() + "/vault", copy, std::filesystem::copy_options::recursive);
  EXPECT_EQ(daemon::OpenVaultFiles(shop.engine(), copy, other).status(),
            absl::FailedPreconditionError("the key file is not the one that the vault was made with"));
  EXPECT_EQ(daemon::OpenVaultFiles(shop.engine(), copy, "").status(),
            absl::FailedPreconditionError(copy + " holds a vault: vault.key_file must name its key file"));
  EXPECT_TRUE(absl::IsNotFound(daemon::OpenVaultFiles(shop.engine(), copy, shop.folder() + "/none").status()));
  EXPECT_EQ(daemon::OpenVaultFiles(shop.engine(), copy, shop.folder() + "/vault.key")->report.records, 1U);
}

}  // namespace
}  // namespace escrow::test
