#include "core/agreement_table.h"

#include <string>
#include <vector>

#include "core/state_codec.h"
#include "gtest/gtest.h"

namespace escrow::core {
namespace {

Agreement Named(const std::string& id) {
  Agreement agreement;
  agreement.platform = PlatformSlot{3};
  agreement.currency = *base::Currency::FromCode("EUR");
  agreement.id = id;
  agreement.create_sequence = 300;
  agreement.deposited = 1'000'000;
  agreement.participants = {{.role = v1::ROLE_BUYER, .party = PartySlot{7}}};
  agreement.milestones.resize(2);
  agreement.milestones[0].held = 42;
  agreement.milestones[0].met_by = {1, 0, 9};
  agreement.timers = {{.deadline = base::Time{17}, .kind = TimerKind::kLongStop}};
  agreement.fixed_times = {base::Time{-1}};
  agreement.deposit_ids = {"d1", "a deposit with a long name of its own"};
  return agreement;
}

std::string Encoded(Agreement agreement) {
  Writer writer;
  Visit(writer, agreement);
  return std::string(writer.bytes());
}

std::string Encoded(const AgreementBox& box) {
  Writer writer;
  box.EncodeTo(writer);
  return std::string(writer.bytes());
}

ScopedId Id(std::string_view id) { return {3, id}; }

TEST(AgreementBoxTest, PackingChangesNothing) {
  const std::string bytes = Encoded(Named("a"));
  AgreementBox box(Named("a"));
  EXPECT_EQ(Encoded(box), bytes);
  Writer writer;
  box.Pack(writer);
  EXPECT_FALSE(box.open());
  EXPECT_EQ(box.id(), Id("a"));
  EXPECT_EQ(Encoded(box), bytes);
  Agreement scratch = Named("something else");
  EXPECT_EQ(Encoded(box.Peek(scratch)), bytes);
  EXPECT_FALSE(box.open());
  EXPECT_EQ(Encoded(box.Use()), bytes);
  EXPECT_TRUE(box.open());
  EXPECT_EQ(box.id(), Id("a"));
}

TEST(AgreementBoxTest, AChangeIsPacked) {
  AgreementBox box(Named("a"), Encoded(Named("a")));
  box.Use().deposited = 7;
  Writer writer;
  box.Pack(writer);
  EXPECT_EQ(box.Use().deposited, 7);
}

// How many are open, without opening any.
std::size_t OpenIn(AgreementTable& table) {
  std::size_t open = 0;
  for (const AgreementBox& box : table.boxes()) {
    open += box.open() ? 1U : 0U;
  }
  return open;
}

TEST(AgreementTableTest, ThoseLongestUnusedArePacked) {
  AgreementTable table(2);
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    table.Add(Named(id));
  }
  EXPECT_EQ(OpenIn(table), 5U);
  for (int i = 0; i < 8; ++i) {
    (void)table.at(AgreementSlot{1});
    table.Rest();
  }
  EXPECT_EQ(OpenIn(table), 2U);
  EXPECT_TRUE(table.box(AgreementSlot{1}).open()) << "it is in use all the time";
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    ASSERT_TRUE(table.Find(Id(id)).has_value()) << id;
    EXPECT_EQ(table.at(*table.Find(Id(id))).id, id);
  }
  EXPECT_EQ(OpenIn(table), 5U);
}

TEST(AgreementTableTest, ComesToRestWhileEachStepOpensOne) {
  constexpr std::uint32_t kCount = 1'000;
  AgreementTable table(10);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    table.AddPacked(Named(std::to_string(i)), Encoded(Named(std::to_string(i))));
  }
  ASSERT_TRUE(table.Reindex());
  EXPECT_EQ(table.Find(Id("0")), AgreementSlot{0});
  EXPECT_EQ(table.Find(Id("999")), AgreementSlot{999});
  EXPECT_FALSE(table.Find(Id("1000")).has_value());
  EXPECT_EQ(OpenIn(table), 0U);
  for (std::uint32_t i = 0; i < kCount; ++i) {
    (void)table.at(AgreementSlot{i});
    table.Rest();
    ASSERT_LE(OpenIn(table), 20U);
  }
}

TEST(AgreementTableTest, WhatWasTakenBackIsForgotten) {
  AgreementTable table(0);
  table.Add(Named("a"));
  table.Add(Named("b"));
  table.RemoveLast();
  EXPECT_FALSE(table.Find(Id("b")).has_value());
  for (int i = 0; i < 4; ++i) {
    table.Rest();
  }
  EXPECT_EQ(OpenIn(table), 0U);
  table.Add(Named("b"));
  table.RemoveLast();
  table.Add(Named("c"));
  EXPECT_EQ(OpenIn(table), 1U);
  for (int i = 0; i < 4; ++i) {
    table.Rest();
  }
  EXPECT_EQ(OpenIn(table), 0U);
  EXPECT_EQ(table.at(AgreementSlot{1}).id, "c");
}

// Each place among those that are put in late (KeyIndex::Filler), and one more.
TEST(AgreementTableTest, AnIdIsThereOnce) {
  constexpr std::uint32_t kCount = 40;
  for (std::uint32_t same = 1; same < kCount; ++same) {
    AgreementTable table(1);
    for (std::uint32_t i = 0; i < kCount; ++i) {
      const std::string id = std::to_string(i == same ? 0 : i);
      table.AddPacked(Named(id), Encoded(Named(id)));
    }
    EXPECT_FALSE(table.Reindex()) << same;
  }
}

}  // namespace
}  // namespace escrow::core
