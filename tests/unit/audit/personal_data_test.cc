// The rules of personal data, as an auditor checks them: a right log (logs.h), and lies that each break one rule.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/commands.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using escrow::test::PlatformPrincipal;

using Events = std::vector<v1::Event>;

struct Lie {
  const char* name;
  std::function<void(Events&)> tell;
  const char* complaint;
};

const Lie kLies[] = {
    {"a record without a name",
     [](Events& events) { events[4].mutable_command()->mutable_commit_record()->set_record_id(""); },
     "event 5: domain: record id '' is no id, or exists"},
    {"a record of a party that is not there",
     [](Events& events) {
       events[4].mutable_command()->mutable_commit_record()->set_parent("platforms/shop/parties/eve");
     },
     "event 5: domain: party eve does not exist"},
    {"a second record of one id",
     [](Events& events) { events[5].mutable_command()->mutable_commit_record()->set_record_id("name"); },
     "event 6: domain: record id 'name' is no id, or exists"},
    {"a record of no kind", [](Events& events) { events[4].mutable_command()->mutable_commit_record()->clear_kind(); },
     "event 5: domain: the record's kind has a value that is not one"},
    {"a commitment cut short",
     [](Events& events) { events[4].mutable_command()->mutable_commit_record()->mutable_commitment()->pop_back(); },
     "event 5: domain: the record's commitment is not 32 bytes"},
    {"the operator puts a record", [](Events& events) { *events[4].mutable_actor() = events[1].actor(); },
     "event 5: domain: operator may not call PutRecord on this (scope: never)"},
    {"a hold without a reason",
     [](Events& events) {
       events[6].mutable_command()->mutable_place_legal_hold()->mutable_legal_hold()->clear_reference();
     },
     "event 7: domain: the legal hold's reference is not 1 to 64 bytes of printable ASCII"},
    {"a hold that has ended",
     [](Events& events) {
       auto& hold = *events[9].mutable_command()->mutable_place_legal_hold()->mutable_legal_hold();
       hold.mutable_end_time()->set_seconds(1);
     },
     "event 10: domain: the legal hold's end is no time, or has passed"},
    {"erased in spite of a hold",
     [](Events& events) {
       events[7].mutable_subject_erased()->add_record_ids("name");
       events[7].mutable_subject_erased()->add_record_ids("address");
     },
     "event 8: domain: platforms/shop/parties/ann is erased although a legal hold is in force"},
    {"refused for a hold that is none",
     [](Events& events) { events[10].mutable_command_refused()->set_reason(v1::REASON_LEGAL_HOLD); },
     "event 11: domain: an erasure was refused for a legal hold although none is in force"},
    {"refused because the party does not exist, and it does",
     [](Events& events) { events[7].mutable_command_refused()->set_reason(v1::REASON_PARTY_NOT_FOUND); },
     "event 8: domain: refused for REASON_PARTY_NOT_FOUND although it exists"},
    {"the shop releases the operator's hold", [](Events& events) { *events[8].mutable_actor() = events[4].actor(); },
     "event 9: domain: a legal hold of the operator was released by somebody else"},
    {"a hold is released that was not placed",
     [](Events& events) { events[8].mutable_command()->mutable_release_legal_hold()->set_legal_hold_id("x"); },
     "event 9: domain: legal hold 'x' does not exist, or was released before"},
    {"the erasure keeps a record",
     [](Events& events) { events[10].mutable_subject_erased()->mutable_record_ids()->RemoveLast(); },
     "event 11: domain: subject_erased.record_ids has 1 elements and must have 2"},
    {"an erasure for no reason",
     [](Events& events) { events[10].mutable_command()->mutable_erase_subject()->clear_cause(); },
     "event 11: domain: the erasure's cause has a value that is not one"},
    {"the erasure is of no platform", [](Events& events) { events[10].clear_platform(); },
     "event 11: structure: platform is not set"},
};

TEST(PersonalDataTest, ARightLogIsRight) {
  const Entries log = LogOf(PersonalDataStory());
  EXPECT_EQ(log.size(), 11U);
  EXPECT_EQ(FirstComplaint(log), "");
}

TEST(PersonalDataTest, EachLieIsNamed) {
  const Entries log = LogOf(PersonalDataStory());
  for (const Lie& lie : kLies) {
    Events events = Parse(log);
    lie.tell(events);
    const std::string complaint = FirstComplaint(Serialise(events));
    EXPECT_NE(complaint.find(lie.complaint), std::string::npos) << lie.name << ": '" << complaint << "'";
  }
}

// Whoever is erased stays erased.
TEST(PersonalDataTest, NothingComesAfterAnErasure) {
  Script story = PersonalDataStory();
  story.emplace_back(PlatformPrincipal("shop"), PutRecord(11, "late"));
  EXPECT_EQ(LogOf(story).size(), 11U) << "the engine takes no record of an erased party";
  Events events = Parse(LogOf(PersonalDataStory()));
  v1::Event late = events[4];
  late.set_sequence(12);
  *late.mutable_log_time() = events[10].log_time();
  late.mutable_log_time()->set_nanos(late.log_time().nanos() + 1);
  *late.mutable_command() = PutRecord(11, "late");
  events.push_back(late);
  EXPECT_EQ(FirstComplaint(Serialise(events)),
            "event 12: domain: platforms/shop/parties/ann gets a record although it was erased");
  late.clear_record_committed();
  *late.mutable_command() = TextCommand(
      "place_legal_hold", 12,
      std::string("name: 'platforms/shop/parties/ann' ") + "legal_hold_id: 'h' legal_hold { reference: 'x' }");
  late.mutable_legal_hold_placed();
  events.back() = late;
  EXPECT_EQ(FirstComplaint(Serialise(events)),
            "event 12: domain: platforms/shop/parties/ann gets a legal hold although it was erased");
}

}  // namespace
}  // namespace escrow::audit::test
