#include "core/rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/reasons.h"
#include "unit/core/world.h"

// The tables of rules.h, row by row, against what the machine does.
namespace escrow::core::test {
namespace {

// --- Who may do what.

// A world in which every command of TargetOf would succeed for the right principal.
World Prepared(const WorldOptions& options, v1::Policies::PartyConsent consent) {
  World world(options);
  EXPECT_EQ(world.Run(Operator(), CreatePlatform("other")), "OK");
  EXPECT_EQ(world.Run(OfPlatform("other"), CreateParty("seller", "other")), "OK");
  EXPECT_EQ(world.Run(CreateKey("key", OfPlatform(), 'k')), "OK");
  v1::Agreement proposal = Contract({Step("m1", 100)});
  proposal.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  proposal.mutable_policies()->set_party_consent(consent);
  EXPECT_EQ(world.Run(Create("proposed", proposal)), "OK");
  v1::Agreement active = Contract({Step("m1", 100)});
  active.mutable_policies()->set_party_consent(consent);
  EXPECT_EQ(world.Run(Create("active", active)), "OK");
  EXPECT_EQ(world.Run(Operator(), Deposit("active", 100)), "OK");
  v1::Milestone spot = Step("m1", 1'000);
  spot.clear_release_when();
  spot.set_release_on_funding(true);
  *spot.add_fees() = FixedFee(v1::Fee::BENEFICIARY_OPERATOR, 10);
  EXPECT_EQ(world.Run(Create("settled", Contract({spot}))), "OK");
  EXPECT_EQ(world.Run(Operator(), Deposit("settled", 1'000)), "OK");
  for (const char* id : {"requested", "sent", "paid"}) {
    EXPECT_EQ(world.Run(RequestPayout(id, v1::ACCOUNT_KIND_PAYABLE, "seller", 10)), "OK");
  }
  EXPECT_EQ(world.Run(Operator(), SendPayout("sent")), "OK");
  EXPECT_EQ(world.Run(Operator(), SendPayout("paid")), "OK");
  EXPECT_EQ(world.Run(Operator(), SettlePayout("paid")), "OK");
  EXPECT_EQ(world.Run(PlaceHold("carrier", "hold")), "OK");
  return world;
}

struct Target {
  v1::Command command;
  std::string party;  // whose business it is; empty when it is no party's
};

Target TargetOf(std::string_view method) {
  const std::vector<std::pair<std::string_view, Target>> targets = {
      {"CreatePlatform", {CreatePlatform("new"), ""}},
      {"CreateParty", {CreateParty("new"), ""}},
      {"CreateCredential", {CreateKey("new", OfParty("buyer"), 'n'), ""}},
      {"RevokeCredential", {RevokeCredential("key"), ""}},
      {"AdvanceClock", {AdvanceClock(base::AddSeconds(kStart, 1)), ""}},
      {"CreateAgreement", {Create("new", Contract({Step("m1", 1)})), ""}},
      {"AcceptAgreement", {Accept("proposed", "buyer"), "buyer"}},
      {"CancelAgreement", {Cancel("active", {"buyer"}), "buyer"}},
      {"RecordDeposit", {Deposit("active", 1), ""}},
      {"ConfirmMilestone", {Confirm("active", "m1", kReceipt, "buyer"), "buyer"}},
      {"ReleaseMilestone", {Release("active", "m1"), "buyer"}},
      {"RefundMilestone", {Refund("active", "m1"), "seller"}},
      {"RequestPayout", {RequestPayout("new", v1::ACCOUNT_KIND_PAYABLE, "seller", 1), "seller"}},
      {"SendPayout", {SendPayout("requested"), ""}},
      {"SettlePayout", {SettlePayout("sent"), ""}},
      {"FailPayout", {FailPayout("sent"), ""}},
      {"ReturnPayout", {ReturnPayout("paid"), ""}},
      {"PutRecord", {CommitRecord("buyer", "name"), ""}},
      {"EraseSubject", {EraseSubject("buyer"), ""}},
      {"PlaceLegalHold", {PlaceHold("buyer", "new"), ""}},
      {"ReleaseLegalHold", {ReleaseHold("carrier", "hold"), ""}},
      {"RotateSigningKey", {RotateKey("log+00000000+k"), ""}},
  };
  for (const auto& [name, target] : targets) {
    if (name == method) {
      return target;
    }
  }
  return {};
}

struct Caller {
  v1::Principal principal;
  std::string platform;  // whose it is; empty: the operator's
  std::string party;
};

std::vector<Caller> Callers() {
  return {{Operator(), "", ""},
          {Auditor(), "", ""},
          {Auditor("shop"), "shop", ""},
          {OfPlatform("shop"), "shop", ""},
          {OfPlatform("other"), "other", ""},
          {OfParty("buyer"), "shop", "buyer"},
          {OfParty("seller"), "shop", "seller"},
          {OfParty("stranger"), "shop", "stranger"},
          {OfParty("seller", "other"), "other", "seller"}};
}

// What the table says of this call. `rail`: the platform has rail access; `consent`: the agreement demands the party
// itself.
std::string Expected(Scope scope, const Caller& caller, const Target& target, bool rail, bool consent) {
  const bool own = caller.platform == "shop";
  switch (scope) {
    case Scope::kAlways:
      return "OK";
    case Scope::kOwnPlatform:
      return own ? "OK" : "PERMISSION_DENIED";
    case Scope::kOwnPlatformOnRail:
      return own && rail ? "OK" : "PERMISSION_DENIED";
    case Scope::kOwnPlatformForParty:
      return !own ? "PERMISSION_DENIED" : consent ? "PARTY_MUST_ACT" : "OK";
    case Scope::kSelf:
      return own && caller.party == target.party ? "OK" : "PERMISSION_DENIED";
    case Scope::kNever:
    case Scope::kOperatorFees:  // the targets are paid from a party's account
    case Scope::kSelfReading:   // no write is a reading
      return "PERMISSION_DENIED";
  }
  return "no such scope";
}

void CheckPermissions(const WorldOptions& options, v1::Policies::PartyConsent consent) {
  int writes = 0;
  for (const PermissionRow& row : PermissionTable()) {
    const Target target = TargetOf(row.method);
    if (target.command.payload_case() == v1::Command::PAYLOAD_NOT_SET) {
      continue;  // a reading; the tests of the API have those
    }
    ++writes;
    EXPECT_EQ(MethodOf(target.command.payload_case()), row.method);
    for (const Caller& caller : Callers()) {
      SCOPED_TRACE(std::string(row.method) + " by " + caller.principal.ShortDebugString());
      const std::string expected = Expected(ScopeFor(row, caller.principal.kind()), caller, target, options.rail_access,
                                            consent == v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT);
      World world = Prepared(options, consent);
      EXPECT_EQ(world.Run(caller.principal, target.command), expected);
      if (expected != "OK") {
        EXPECT_TRUE(world.events().empty());
      }
    }
  }
  EXPECT_EQ(writes, 22);
}

TEST(PermissionTest, EveryRowWithRailAccess) {
  CheckPermissions({.rail_access = true}, v1::Policies::PARTY_CONSENT_PLATFORM_MAY_ACT);
}

TEST(PermissionTest, EveryRowWithoutRailAccess) {
  CheckPermissions({.rail_access = false}, v1::Policies::PARTY_CONSENT_PLATFORM_MAY_ACT);
}

TEST(PermissionTest, EveryRowWhenThePartyMustAct) {
  CheckPermissions({.rail_access = true}, v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT);
}

TEST(PermissionTest, APartyActsForItselfWithoutNamingItself) {
  for (const auto& [party, command] : std::vector<std::pair<std::string, v1::Command>>{
           {"buyer", Accept("proposed", "")},
           {"seller", Cancel("active", {})},
           {"buyer", Confirm("active", "m1", kReceipt, "")},
           {"buyer", Release("active", "m1", 0, "")},
           {"seller", Refund("active", "m1", 0, "")},
       }) {
    World world = Prepared({}, v1::Policies::PARTY_CONSENT_PARTY_MUST_ACT);
    EXPECT_EQ(world.Run(OfParty(party), command), "OK") << command.ShortDebugString();
  }
}

TEST(PermissionTest, APlatformNamesThePartyItActsFor) {
  World world = Prepared({}, v1::Policies::PARTY_CONSENT_PLATFORM_MAY_ACT);
  EXPECT_EQ(world.Run(Accept("proposed", "")), "MISSING_FIELD");
  EXPECT_EQ(world.Run(Cancel("active", {})), "MISSING_FIELD");
  EXPECT_EQ(world.Run(Confirm("active", "m1", kReceipt, "")), "MISSING_FIELD");
  EXPECT_EQ(world.Run(Release("active", "m1", 0, "")), "MISSING_FIELD");
  EXPECT_EQ(world.Run(Refund("active", "m1", 0, "")), "MISSING_FIELD");
}

TEST(PermissionTest, NobodyGivesMoreThanHeHas) {
  World world = Prepared({}, v1::Policies::PARTY_CONSENT_PLATFORM_MAY_ACT);
  EXPECT_EQ(world.Run(CreateKey("a", Operator(), 'a')), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(CreateKey("a", Auditor(), 'a')), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(CreateKey("a", OfPlatform("other"), 'a')), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(CreateKey("a", OfParty("seller", "other"), 'a')), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(OfPlatform("other"), RevokeCredential("key")), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(Operator(), CreateKey("a", Operator(), 'a')), "OK");
  EXPECT_EQ(world.Run(RevokeCredential("a")), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(CreateKey("b", Auditor("shop"), 'b')), "OK");
  EXPECT_EQ(world.Run(RevokeCredential("b")), "OK");
  EXPECT_EQ(world.Run(RevokeCredential("b")), "CREDENTIAL_REVOKED");
}

TEST(PermissionTest, EveryMethodHasOneRow) {
  std::set<std::string_view> methods;
  for (const PermissionRow& row : PermissionTable()) {
    EXPECT_TRUE(methods.insert(row.method).second) << row.method;
    EXPECT_EQ(FindPermission(row.method), &row);
    for (const Scope scope : {row.by_operator, row.by_platform, row.by_party, row.by_auditor}) {
      EXPECT_FALSE(ScopeText(scope).empty());
    }
  }
  EXPECT_EQ(FindPermission("NoSuchMethod"), nullptr);
}

// --- What each state allows.

World AgreementIn(int state) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100)});
  if (state == v1::Agreement::STATE_PROPOSED) {
    agreement.mutable_policies()->set_acceptance(v1::Policies::ACCEPTANCE_BY_PARTIES);
  }
  EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
  EXPECT_EQ(world.Run(Deposit("a", 100)), "OK");
  if (state == v1::Agreement::STATE_SETTLED) {
    EXPECT_EQ(world.Run(Confirm("a", "m1", kReceipt, "buyer")), "OK");
  } else if (state == v1::Agreement::STATE_CANCELLED) {
    EXPECT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  } else if (state == v1::Agreement::STATE_EXPIRED) {
    world.Advance(365 * kDay);
  }
  EXPECT_EQ(world.Get("a").state, state);
  return world;
}

// m1 in the state, m2 still open where that is possible.
World MilestoneIn(int state) {
  World world;
  v1::Agreement agreement = Contract({Step("m1", 100), Step("m2", 100)});
  agreement.mutable_policies()->set_funding(v1::Policies::FUNDING_PER_MILESTONE);
  agreement.mutable_policies()->set_missed_milestone(v1::Policies::MISSED_MILESTONE_CEASE_THIS);
  *agreement.mutable_milestones(0)->mutable_delivery_deadline() = After(v1::Timer::START_MILESTONE_FUNDED, kDay);
  agreement.mutable_milestones(0)->set_delivery_deadline_met_by(kReceipt);
  EXPECT_EQ(world.Run(Create("a", agreement)), "OK");
  if (state == v1::Milestone::STATE_PENDING) {
    return world;
  }
  EXPECT_EQ(world.Run(Deposit("a", 200)), "OK");
  if (state == v1::Milestone::STATE_RELEASED) {
    EXPECT_EQ(world.Run(Release("a", "m1")), "OK");
  } else if (state == v1::Milestone::STATE_REFUNDED) {
    EXPECT_EQ(world.Run(Refund("a", "m1")), "OK");
  } else if (state == v1::Milestone::STATE_EXPIRED) {
    world.Advance(kDay);
  } else if (state == v1::Milestone::STATE_CANCELLED) {
    EXPECT_EQ(world.Run(Cancel("a", {"buyer", "seller"})), "OK");
  }
  EXPECT_EQ(world.Get("a").milestones[0].state, state);
  return world;
}

World PayoutIn(int state) {
  World world = AgreementIn(v1::Agreement::STATE_SETTLED);
  EXPECT_EQ(world.Run(RequestPayout("p", v1::ACCOUNT_KIND_PAYABLE, "seller", 100)), "OK");
  if (state == v1::Payout::STATE_FAILED) {
    EXPECT_EQ(world.Run(FailPayout("p")), "OK");
  } else if (state != v1::Payout::STATE_REQUESTED) {
    EXPECT_EQ(world.Run(SendPayout("p")), "OK");
  }
  if (state == v1::Payout::STATE_SETTLED || state == v1::Payout::STATE_RETURNED) {
    EXPECT_EQ(world.Run(SettlePayout("p")), "OK");
  }
  if (state == v1::Payout::STATE_RETURNED) {
    EXPECT_EQ(world.Run(ReturnPayout("p")), "OK");
  }
  return world;
}

v1::Command CommandFor(v1::Command::PayloadCase payload) {
  switch (payload) {
    case v1::Command::kAcceptAgreement:
      return Accept("a", "buyer");
    case v1::Command::kCancelAgreement:
      return Cancel("a", {"buyer", "seller"});
    case v1::Command::kRecordDeposit:
      return Deposit("a", 10);
    case v1::Command::kConfirmMilestone:
      return Confirm("a", "m1", kReceipt, "buyer");
    case v1::Command::kReleaseMilestone:
      return Release("a", "m1");
    case v1::Command::kRefundMilestone:
      return Refund("a", "m1");
    case v1::Command::kSendPayout:
      return SendPayout("p");
    case v1::Command::kSettlePayout:
      return SettlePayout("p");
    case v1::Command::kFailPayout:
      return FailPayout("p");
    case v1::Command::kReturnPayout:
      return ReturnPayout("p");
    default:
      return {};
  }
}

TEST(TransitionTest, EveryRow) {
  for (const TransitionRow& row : TransitionTable()) {
    SCOPED_TRACE(std::string(row.resource) + " in state " + std::to_string(row.state) + ": " +
                 std::string(MethodOf(row.command)));
    World world = row.resource == "Agreement"   ? AgreementIn(row.state)
                  : row.resource == "Milestone" ? MilestoneIn(row.state)
                                                : PayoutIn(row.state);
    std::string expected = row.reason == v1::REASON_UNSPECIFIED ? "OK" : std::string(FindReason(row.reason).name);
    if (row.resource == "Milestone" && row.state == v1::Milestone::STATE_CANCELLED) {
      expected = "AGREEMENT_CLOSED";  // a milestone is cancelled only with its agreement, which speaks first
    }
    EXPECT_EQ(world.Run(CommandFor(row.command)), expected);
  }
}

TEST(TransitionTest, TheTableIsComplete) {
  const std::set<std::pair<std::string_view, std::size_t>> resources = {
      {"Agreement", 5 * 6}, {"Milestone", 6 * 3}, {"Payout", 5 * 4}};
  for (const auto& [resource, rows] : resources) {
    std::set<std::pair<int, v1::Command::PayloadCase>> seen;
    for (const TransitionRow& row : TransitionTable()) {
      if (row.resource == resource) {
        EXPECT_TRUE(seen.emplace(row.state, row.command).second);
      }
    }
    EXPECT_EQ(seen.size(), rows) << resource;
  }
}

}  // namespace
}  // namespace escrow::core::test
