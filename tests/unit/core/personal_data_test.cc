#include <gtest/gtest.h>

#include <string>

#include "core/limits.h"
#include "unit/core/world.h"

// Records, erasure and legal holds (docs/adr/0006): what the core decides about them.
namespace escrow::core::test {
namespace {

const Party& PartyOf(const World& world, std::string_view id) {
  const auto platform = world.state().FindPlatform("shop");
  return world.state().party(*world.state().FindParty(*platform, id));
}

TEST(RecordTest, TheStateHasIdKindAndCommitment) {
  World world;
  EXPECT_EQ(world.Run(CommitRecord("buyer", "name", 'x')), "OK");
  EXPECT_EQ(world.outcome().name, "platforms/shop/parties/buyer/records/name");
  ASSERT_EQ(PartyOf(world, "buyer").records.size(), 1U);
  const RecordEntry& record = PartyOf(world, "buyer").records[0];
  EXPECT_EQ(record.id, "name");
  EXPECT_EQ(record.kind, v1::RECORD_KIND_NAME);
  EXPECT_EQ(record.commitment, std::string(32, 'x'));
  EXPECT_EQ(record.create_sequence, world.outcome().first_sequence);
  EXPECT_TRUE(world.events()[0].has_record_committed());
  EXPECT_EQ(world.Run(CommitRecord("buyer", "name", 'y')), "RECORD_EXISTS");
  EXPECT_EQ(world.Run(CommitRecord("seller", "name", 'x')), "OK");  // ids are the party's own
}

TEST(RecordTest, Form) {
  World world;
  for (const int size : {0, 31, 33}) {
    v1::Command command = CommitRecord("buyer", "name");
    command.mutable_commit_record()->set_commitment(std::string(static_cast<std::size_t>(size), 'c'));
    EXPECT_EQ(world.Run(command), "INVALID_FIELD") << size;
  }
  for (const int kind : {-1, 0, 9}) {
    v1::Command command = CommitRecord("buyer", "name");
    command.mutable_commit_record()->set_kind(static_cast<v1::RecordKind>(kind));
    EXPECT_EQ(world.Run(command), "INVALID_FIELD") << kind;
  }
  EXPECT_EQ(world.Run(CommitRecord("buyer", "Name")), "INVALID_NAME");
  EXPECT_EQ(world.Run(CommitRecord("buyer", "")), "INVALID_NAME");
  EXPECT_EQ(world.Run(With(CommitRecord("buyer", "name"), "parent", "platforms/shop")), "INVALID_NAME");
  EXPECT_EQ(world.Run(CommitRecord("nobody", "name")), "PARTY_NOT_FOUND");
}

TEST(RecordTest, AtMost256) {
  World world;
  for (std::size_t i = 0; i < kRecordsMax; ++i) {
    ASSERT_EQ(world.Run(CommitRecord("buyer", "r" + std::to_string(i))), "OK");
  }
  EXPECT_EQ(world.Run(CommitRecord("buyer", "more")), "TOO_MANY_ITEMS");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "OK");  // the event names all of them
  EXPECT_EQ(world.events()[0].subject_erased().record_ids_size(), 256);
  EXPECT_EQ(world.events()[0].subject_erased().record_ids(255), "r255");
}

TEST(ErasureTest, IsForGood) {
  World world;
  EXPECT_EQ(world.Run(CommitRecord("buyer", "name")), "OK");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "OK");
  ASSERT_EQ(world.events().size(), 1U);
  EXPECT_EQ(world.events()[0].subject_erased().record_ids(0), "name");
  EXPECT_TRUE(PartyOf(world, "buyer").erased);
  EXPECT_TRUE(PartyOf(world, "buyer").records.empty());
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "SUBJECT_ERASED");
  EXPECT_EQ(world.Run(CommitRecord("buyer", "other")), "SUBJECT_ERASED");
  EXPECT_EQ(world.Run(PlaceHold("buyer", "late")), "SUBJECT_ERASED");
  // Its money is another matter.
  EXPECT_EQ(world.Run(Create("a", Contract({Step("m1", 100)}))), "OK");
}

TEST(ErasureTest, OneRequestOneEffect) {
  World world;
  const v1::Command erase = With(EraseSubject("buyer"), "request_id", "01234567-89ab-4def-8123-456789abcdef");
  EXPECT_EQ(world.Run(erase), "OK");
  const std::uint64_t sequence = world.outcome().first_sequence;
  EXPECT_EQ(world.Run(erase), "REPEATED");
  EXPECT_EQ(world.outcome().first_sequence, sequence);
}

TEST(ErasureTest, NeedsACause) {
  World world;
  for (const int cause : {0, 5, -1}) {
    v1::Command command = EraseSubject("buyer");
    command.mutable_erase_subject()->set_cause(static_cast<v1::ErasureCause>(cause));
    EXPECT_EQ(world.Run(command), "INVALID_FIELD") << cause;
  }
}

TEST(LegalHoldTest, ForbidsErasureAndIsNamed) {
  World world;
  EXPECT_EQ(world.Run(PlaceHold("buyer", "tax")), "OK");
  const std::uint64_t placed = world.outcome().first_sequence;
  EXPECT_EQ(world.Run(PlaceHold("buyer", "court")), "OK");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "LEGAL_HOLD");
  const decltype(Outcome::variables) expected = {{"party", "platforms/shop/parties/buyer"},
                                                 {"legal_hold_id", "tax"},
                                                 {"reference", "case 7"},
                                                 {"sequence", std::to_string(placed)}};
  EXPECT_EQ(world.outcome().variables, expected);
  EXPECT_EQ(world.Run(EraseSubject("seller")), "OK");  // another's hold is no hold
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "tax")), "OK");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "LEGAL_HOLD");
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "court")), "OK");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "OK");
}

// In force until the nanosecond before its end.
TEST(LegalHoldTest, EndsByThePlatformsClock) {
  World world;
  const base::Time end = base::AddSeconds(kStart, kDay);
  EXPECT_EQ(world.Run(PlaceHold("buyer", "tax", end)), "OK");
  EXPECT_EQ(world.Run(AdvanceClock(base::Time{end.ns - 1})), "OK");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "LEGAL_HOLD");
  EXPECT_EQ(world.Run(AdvanceClock(end)), "OK");
  EXPECT_EQ(world.Run(PlaceHold("buyer", "past", end)), "INVALID_FIELD");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "OK");
}

TEST(LegalHoldTest, WhatTheOperatorPlacedTheOperatorReleases) {
  World world;
  EXPECT_EQ(world.Run(Operator(), PlaceHold("buyer", "court")), "OK");
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "court")), "PERMISSION_DENIED");
  EXPECT_EQ(world.Run(EraseSubject("buyer")), "LEGAL_HOLD");
  EXPECT_EQ(world.Run(Operator(), ReleaseHold("buyer", "court")), "OK");
  EXPECT_EQ(world.Run(PlaceHold("buyer", "tax")), "OK");
  EXPECT_EQ(world.Run(Operator(), ReleaseHold("buyer", "tax")), "OK");
}

TEST(LegalHoldTest, AnIdIsUsedOnce) {
  World world;
  EXPECT_EQ(world.Run(PlaceHold("buyer", "tax")), "OK");
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "tax")), "OK");
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "tax")), "LEGAL_HOLD_NOT_FOUND");
  EXPECT_EQ(world.Run(PlaceHold("buyer", "tax")), "LEGAL_HOLD_EXISTS");
  EXPECT_EQ(world.Run(PlaceHold("seller", "tax")), "OK");
}

TEST(LegalHoldTest, Form) {
  World world;
  EXPECT_EQ(world.Run(PlaceHold("buyer", "T")), "INVALID_NAME");
  EXPECT_EQ(world.Run(ReleaseHold("buyer", "T")), "INVALID_NAME");
  EXPECT_EQ(world.Run(PlaceHold("nobody", "t")), "PARTY_NOT_FOUND");
  for (const std::string& reference : {std::string(), std::string(65, 'x'), std::string(" x"), std::string("\n")}) {
    v1::Command command = PlaceHold("buyer", "t");
    command.mutable_place_legal_hold()->mutable_legal_hold()->set_reference(reference);
    EXPECT_EQ(world.Run(command), "INVALID_FIELD") << reference;
  }
  v1::Command command = PlaceHold("buyer", "t", kStart);
  command.mutable_place_legal_hold()->mutable_legal_hold()->mutable_end_time()->set_nanos(-1);
  EXPECT_EQ(world.Run(command), "INVALID_FIELD");
}

TEST(LegalHoldTest, AtMost64) {
  World world;
  for (std::size_t i = 0; i < kLegalHoldsMax; ++i) {
    ASSERT_EQ(world.Run(PlaceHold("buyer", "h" + std::to_string(i))), "OK");
  }
  EXPECT_EQ(world.Run(PlaceHold("buyer", "more")), "TOO_MANY_ITEMS");
}

}  // namespace
}  // namespace escrow::core::test
