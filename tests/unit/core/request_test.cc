#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/limits.h"
#include "unit/core/world.h"

// One request id, one effect; dry runs; atomic batches.
namespace escrow::core::test {
namespace {

using Results = std::vector<std::string>;

constexpr std::string_view kId = "01234567-89ab-4def-8123-456789abcdef";

World WithAgreement() {
  World world;
  EXPECT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
  return world;
}

TEST(RequestIdTest, ASecondTimeNothingHappens) {
  World world = WithAgreement();
  const v1::Command deposit = With(Deposit("a", 60, "d1"), "request_id", kId);
  ASSERT_EQ(world.Run(deposit), "OK");
  const std::uint64_t first = world.outcome().first_sequence;
  const std::string before = world.Saved();
  EXPECT_EQ(world.Run(deposit), "REPEATED");
  EXPECT_EQ(world.outcome().first_sequence, first);
  EXPECT_TRUE(world.events().empty());
  EXPECT_EQ(world.Saved(), before);
}

// The machine says only that the id was used, and where; the engine compares the bodies.
TEST(RequestIdTest, AnotherBodyIsFoundToo) {
  World world = WithAgreement();
  ASSERT_EQ(world.Run(With(Deposit("a", 60, "d1"), "request_id", kId)), "OK");
  const std::uint64_t first = world.outcome().first_sequence;
  EXPECT_EQ(world.Run(With(Refund("a", "m1"), "request_id", kId)), "REPEATED");
  EXPECT_EQ(world.outcome().first_sequence, first);
}

TEST(RequestIdTest, EveryPrincipalHasItsOwnIds) {
  World world = WithAgreement();
  ASSERT_EQ(world.Run(With(Deposit("a", 60, "d1"), "request_id", kId)), "OK");
  EXPECT_EQ(world.Run(Operator(), With(Deposit("a", 10, "d2"), "request_id", kId)), "OK");
  EXPECT_EQ(world.Run(OfParty("buyer"), With(Cancel("a", {}), "request_id", kId)), "OK");
  EXPECT_EQ(world.Run(OfParty("seller"), With(Cancel("a", {}), "request_id", kId)), "OK");
  EXPECT_NE(world.machine().FindRequest(OfParty("seller"), kId), 0U);
  EXPECT_EQ(world.machine().FindRequest(OfParty("stranger"), kId), 0U);
}

TEST(RequestIdTest, ARefusalThatAnotherStateWouldHaveChangedBurnsItsId) {
  World world = WithAgreement();
  const v1::Command confirm = With(Confirm("a", "m1", kReceipt, "buyer"), "request_id", kId);
  EXPECT_EQ(world.Run(confirm), "MILESTONE_NOT_FUNDED");
  const std::uint64_t refusal = world.outcome().first_sequence;
  ASSERT_NE(refusal, 0U);
  EXPECT_EQ(world.Facts(), Results{"command_refused"});
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  EXPECT_EQ(world.Run(confirm), "REPEATED");
  EXPECT_EQ(world.outcome().first_sequence, refusal);
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
}

TEST(RequestIdTest, AMalformedCommandKeepsItsId) {
  World world = WithAgreement();
  EXPECT_EQ(world.Run(With(Deposit("a", 0, "d1"), "request_id", kId)), "AMOUNT_OUT_OF_RANGE");
  EXPECT_EQ(world.machine().FindRequest(OfPlatform(), kId), 0U);
  EXPECT_EQ(world.Run(With(Deposit("a", 1, "d1"), "request_id", kId)), "OK");
}

TEST(RequestIdTest, AnUnauthorisedCommandNeverReachesTheLog) {
  World world = WithAgreement();
  EXPECT_EQ(world.Run(OfParty("buyer"), With(Deposit("a", 100, "d1"), "request_id", kId)), "PERMISSION_DENIED");
  EXPECT_TRUE(world.events().empty());
  EXPECT_EQ(world.machine().FindRequest(OfParty("buyer"), kId), 0U);
}

TEST(RequestIdTest, HasItsDocumentedForm) {
  World world = WithAgreement();
  for (const char* id : {"x", "01234567-89AB-4def-8123-456789abcdef", "01234567-89ab-4def-8123-456789abcde"}) {
    EXPECT_EQ(world.Run(With(Deposit("a", 1), "request_id", id)), "INVALID_REQUEST_ID") << id;
  }
}

TEST(DryRunTest, SaysWhatWouldHappenAndDoesNothing) {
  World world = WithAgreement();
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  const v1::Command confirm = With(Confirm("a", "m1", kReceipt, "buyer"), "request_id", kId);
  EXPECT_EQ(world.Run(DryRun(confirm)), "OK");
  EXPECT_EQ(world.Facts(), (Results{"confirmation_recorded", "milestone_released", "agreement_closed"}));
  EXPECT_EQ(world.outcome().first_sequence, 0U);
  EXPECT_EQ(world.outcome().last_sequence, 0U);
  EXPECT_EQ(world.StateOf("a", "m1"), "FUNDED");
  // The id is still free, and the same happens.
  EXPECT_EQ(world.Run(confirm), "OK");
  EXPECT_EQ(world.Facts(), (Results{"confirmation_recorded", "milestone_released", "agreement_closed"}));
}

TEST(DryRunTest, ARefusalBurnsNothing) {
  World world = WithAgreement();
  const v1::Command confirm = With(Confirm("a", "m1", kReceipt, "buyer"), "request_id", kId);
  EXPECT_EQ(world.Run(DryRun(confirm)), "MILESTONE_NOT_FUNDED");
  EXPECT_EQ(world.machine().FindRequest(OfPlatform(), kId), 0U);
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  EXPECT_EQ(world.Run(confirm), "OK");
}

TEST(DryRunTest, SeesTimersThatAreDueWithoutExpiringThem) {
  World world;
  ASSERT_EQ(
      world.Run(Create(
          "a", Contract({Step("m1", 100,
                              NeedsOrDeemed(kReceipt, kBuyer, After(v1::Timer::START_MILESTONE_FUNDED, kDay)))}))),
      "OK");
  ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
  world.AdvanceSilently(base::AddSeconds(kStart, kDay));
  EXPECT_EQ(world.Run(DryRun(Refund("a", "m1"))), "AGREEMENT_CLOSED");
  EXPECT_EQ(world.StateOf("a"), "ACTIVE");
}

// Every kind of command, run dry and then for real, has the same facts.
TEST(DryRunTest, EveryKindOfCommand) {
  World world;
  v1::Agreement proposal = Contract({Step("m1", 100)});
  proposal.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  const std::vector<std::pair<v1::Principal, v1::Command>> commands = {
      {Operator(), CreatePlatform("new")},
      {OfPlatform(), CreateParty("new")},
      {OfPlatform(), CreateKey("k", OfPlatform(), 'k')},
      {OfPlatform(), RevokeCredential("k")},
      {OfPlatform(), AdvanceClock(base::AddSeconds(kStart, 1))},
      {OfPlatform(), Create("a", proposal)},
      {OfPlatform(), Accept("a", "buyer")},
      {OfPlatform(), Accept("a", "seller")},
      {OfPlatform(), Deposit("a", 100, "d")},
      {OfPlatform(), Refund("a", "m1", 10)},
      {OfPlatform(), Confirm("a", "m1", kReceipt, "buyer")},
      {OfPlatform(), RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 90)},
      {OfPlatform(), SendPayout("p")},
      {OfPlatform(), SettlePayout("p")},
      {OfPlatform(), ReturnPayout("p")},
      {OfPlatform(), RequestPayout("q", v1::ACCOUNT_KIND_PAYABLE, "seller", 90)},
      {OfPlatform(), FailPayout("q")},
      {OfPlatform(), Create("b", Contract({Step("m1", 100)}))},
      {OfPlatform(), Deposit("b", 100, "d")},
      {OfPlatform(), Release("b", "m1")},
      {OfPlatform(), Create("c", Contract({Step("m1", 100)}))},
      {OfPlatform(), Cancel("c", {"buyer", "seller"})},
  };
  for (const auto& [actor, command] : commands) {
    SCOPED_TRACE(command.ShortDebugString());
    ASSERT_EQ(world.Run(actor, DryRun(command)), "OK");
    const std::vector<std::string> would = world.Facts();
    ASSERT_EQ(world.Run(actor, command), "OK");
    EXPECT_EQ(world.Facts(), would);
  }
}

TEST(AtomicTest, AllOfThem) {
  World world;
  EXPECT_EQ(world.RunAtomic({Create("a", Contract({Step("m1", 100)})), Deposit("a", 100),
                             Confirm("a", "m1", kReceipt, "buyer"),
                             RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 100)}),
            (Results{"OK", "OK", "OK", "OK"}));
  EXPECT_EQ(world.StateOf("a"), "SETTLED");
  EXPECT_EQ(world.PayoutState("p"), "REQUESTED");
}

TEST(AtomicTest, OrNone) {
  World world = WithAgreement();
  const std::string before = world.Saved();
  // The last is malformed, so that nothing burns.
  EXPECT_EQ(world.RunAtomic({CreateParty("new"), Create("b", Contract({Step("m1", 100)})), Deposit("b", 100),
                             Confirm("b", "m1", kReceipt, "buyer"), AdvanceClock(base::AddSeconds(kStart, kDay)),
                             CreateKey("k", OfPlatform(), 'k'), Deposit("a", -1)}),
            (Results{"BATCH_ABORTED", "BATCH_ABORTED", "BATCH_ABORTED", "BATCH_ABORTED", "BATCH_ABORTED",
                     "BATCH_ABORTED", "AMOUNT_OUT_OF_RANGE"}));
  EXPECT_TRUE(world.Saved() == before);
}

TEST(AtomicTest, ARefusalThatBurnsBurnsAllIds) {
  World world = WithAgreement();
  const v1::Command deposit = With(Deposit("a", 10, "d1"), "request_id", kId);
  EXPECT_EQ(world.RunAtomic({deposit, Confirm("a", "m1", kReceipt, "buyer"), Deposit("a", 90)}),
            (Results{"BATCH_ABORTED", "MILESTONE_NOT_FUNDED", "BATCH_ABORTED"}));
  EXPECT_EQ(world.Facts(), (Results{"command_refused", "command_refused", "command_refused"}));
  EXPECT_EQ(world.SumsOf("a"), Sums{});
  EXPECT_EQ(world.Run(deposit), "REPEATED");
  EXPECT_EQ(world.SumsOf("a"), Sums{});
}

// Found by the auditor in the log of a simulated client: a batch that failed put a value of an enum into the log that
// the contract does not know.
TEST(AtomicTest, AContractThatCouldNeverBeBurnsNoId) {
  World world = WithAgreement();
  v1::Agreement contract = Contract({Step("m1", 100)});
  contract.mutable_policies()->set_funding(static_cast<v1::Policies::Funding>(9));
  const v1::Command create = With(Create("b", contract), "request_id", kId);
  EXPECT_EQ(world.RunAtomic({Confirm("a", "m1", kReceipt, "buyer"), create}),
            (Results{"MILESTONE_NOT_FUNDED", "BATCH_ABORTED"}));
  EXPECT_EQ(world.Facts(), (Results{"command_refused"}));
  EXPECT_EQ(world.Run(create), "INVALID_FIELD");
}

TEST(AtomicTest, DryRunsDoNotMix) {
  World world = WithAgreement();
  EXPECT_EQ(world.RunAtomic({Deposit("a", 10), DryRun(Deposit("a", 10))}), (Results{"BATCH_ABORTED", "INVALID_FIELD"}));
  EXPECT_EQ(world.SumsOf("a"), Sums{});
  // A dry run leaves no trace, not even of its id when another command fails the batch.
  EXPECT_EQ(world.RunAtomic({Confirm("a", "m1", kReceipt, "buyer"), DryRun(Deposit("a", 10))}),
            (Results{"MILESTONE_NOT_FUNDED", "BATCH_ABORTED"}));
  EXPECT_EQ(world.Facts(), (Results{"command_refused"}));
}

TEST(AtomicTest, UpToTheLimit) {
  World world = WithAgreement();
  std::vector<v1::Command> commands(kBatchCommandsMax, Deposit("a", 1));
  const Results results = world.RunAtomic(commands);
  EXPECT_EQ(results, Results(kBatchCommandsMax, "OK"));
  EXPECT_EQ(world.SumsOf("a").deposited, static_cast<std::int64_t>(kBatchCommandsMax));
}

TEST(DryRunTest, ASigningKeyDoesNotTakeOver) {
  World world = WithAgreement();
  const std::string before = world.Saved();
  EXPECT_EQ(world.Run(Operator(), DryRun(RotateKey("log+00000000+k"))), "OK");
  EXPECT_TRUE(world.Saved() == before);
  EXPECT_EQ(world.Run(Operator(), RotateKey("log+00000000+k")), "OK");
  EXPECT_EQ(world.Run(Operator(), DryRun(RotateKey("log+00000000+k"))), "SIGNING_KEY_EXISTS");
}

// Whatever position refuses, the state is as before, to the byte.
TEST(AtomicTest, RollsBackFromEveryPosition) {
  const std::vector<v1::Command> good = {
      CreateParty("new"),
      CreateKey("k", OfParty("buyer"), 'k'),
      RevokeCredential("k"),
      Create("b", Contract({Step("m1", 100), Step("m2", 100)})),
      Deposit("b", 250),
      Release("b", "m1"),
      Refund("b", "m2"),
      RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 60),
      SendPayout("p"),
      SettlePayout("p"),
      ReturnPayout("p"),
      AdvanceClock(base::AddSeconds(kStart, kDay)),
      Cancel("a", {"buyer", "seller"}),
  };
  for (std::size_t position = 0; position <= good.size(); ++position) {
    World world = WithAgreement();
    ASSERT_EQ(world.Run(Deposit("a", 100)), "OK");
    std::vector<v1::Command> commands = good;
    commands.insert(commands.begin() + static_cast<std::ptrdiff_t>(position), CreateParty("No"));
    const std::string before = world.Saved();
    const Results results = world.RunAtomic(commands);
    EXPECT_EQ(results[position], "INVALID_NAME");
    EXPECT_TRUE(world.Saved() == before) << "refused at " << position;
    EXPECT_EQ(world.RunAtomic(good), Results(good.size(), "OK"));
  }
}

}  // namespace
}  // namespace escrow::core::test
