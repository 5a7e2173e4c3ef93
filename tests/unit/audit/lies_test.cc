// Lies of the kinds that somebody would tell: each changes a right log so that one rule is broken and all else fits.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using Events = std::vector<v1::Event>;

struct Lie {
  const char* name;
  std::function<void(Events&)> tell;
  const char* complaint;  // what the auditor must say, position and all
};

// The n-th event of a kind, from 0.
v1::Event& Nth(Events& events, v1::Event::FactCase fact, int n = 0) {
  for (v1::Event& event : events) {
    if (event.fact_case() == fact && n-- == 0) {
      return event;
    }
  }
  ADD_FAILURE() << "no such event";
  return events.front();
}

// The shop's story (logs.cc), in which the first parcel costs 99.99 EUR: 2.5 % of it, 2.50 (249.975 rounded half up),
// are the platform's, 0.30 the operator's, and 97.19 the seller's.
const Lie kLies[] = {
    {"a fee is rounded down",
     [](Events& events) {
       auto& schedule = *Nth(events, v1::Event::kAgreementCreated).mutable_agreement_created()->mutable_schedules(0);
       schedule.mutable_lines(0)->set_minor_units(9'720);
       schedule.mutable_lines(1)->set_minor_units(249);
     },
     "event 5: domain: agreement_created.schedules[0].lines[0].minor_units is 9720 and must be 9719"},
    {"a policy is not the default that it says it is",
     [](Events& events) {
       Nth(events, v1::Event::kAgreementCreated)
           .mutable_agreement_created()
           ->mutable_policies()
           ->set_long_stop_action(v1::Policies::LONG_STOP_ACTION_RELEASE);
     },
     "event 5: domain: agreement_created.policies.long_stop_action is LONG_STOP_ACTION_RELEASE and must be "
     "LONG_STOP_ACTION_REFUND"},
    {"money appears",
     [](Events& events) { Nth(events, v1::Event::kDepositRecorded).mutable_postings(1)->set_minor_units(5'000); },
     "event 13: domain: postings[1].minor_units is 5000 and must be 4999"},
    {"a deposit is more than came in",
     [](Events& events) {
       v1::Event& deposit = Nth(events, v1::Event::kDepositRecorded);
       deposit.mutable_postings(0)->set_minor_units(-9'000);
       deposit.mutable_postings(1)->set_minor_units(9'000);
     },
     "event 13: domain: postings[0].minor_units is -9000 and must be -4999"},
    {"the release goes to the buyer",
     [](Events& events) {
       v1::Event& release = Nth(events, v1::Event::kMilestoneReleased);
       release.mutable_postings(1)->set_party_id("buyer");
     },
     "postings[1].party_id is 'buyer' and must be 'seller'"},
    {"the release names a confirmation that was none",
     [](Events& events) {
       Nth(events, v1::Event::kMilestoneReleased).mutable_milestone_released()->set_confirmation_sequences(0, 14);
     },
     "milestone_released.confirmation_sequences[0] is 14 and must be 18"},
    {"the platform takes a bigger share of the release",
     [](Events& events) {
       v1::Event& release = Nth(events, v1::Event::kMilestoneReleased);
       release.mutable_postings(1)->set_minor_units(release.postings(1).minor_units() - 100);
       release.mutable_postings(2)->set_minor_units(release.postings(2).minor_units() + 100);
     },
     "postings[1].minor_units is 9619 and must be 9719"},
    {"somebody else confirms",
     [](Events& events) {
       Nth(events, v1::Event::kConfirmationRecorded)
           .mutable_command()
           ->mutable_confirm_milestone()
           ->set_party("platforms/shop/parties/buyer");
     },
     "no requirement of the milestone asks party buyer for this confirmation"},
    {"the operator confirms for the seller",
     [](Events& events) {
       *Nth(events, v1::Event::kConfirmationRecorded).mutable_actor() =
           Nth(events, v1::Event::kPlatformCreated).actor();
     },
     "operator may not call ConfirmMilestone on this (scope: never)"},
    {"a platform that does not exist confirms",
     [](Events& events) {
       Nth(events, v1::Event::kConfirmationRecorded).mutable_actor()->set_platform("platforms/other");
     },
     "actor platforms/other does not exist"},
    {"the buyer refunds",
     [](Events& events) {
       Nth(events, v1::Event::kMilestoneRefunded)
           .mutable_command()
           ->mutable_refund_milestone()
           ->set_party("platforms/shop/parties/buyer");
     },
     "party buyer refunded by will and is not the only seller"},
    {"a request id is used twice",
     [](Events& events) {
       const std::string id = Nth(events, v1::Event::kDepositRecorded, 0).command().record_deposit().request_id();
       Nth(events, v1::Event::kDepositRecorded, 1).mutable_command()->mutable_record_deposit()->set_request_id(id);
     },
     "has had its effect in event 13"},
    {"a burnt request id succeeds later",
     [](Events& events) {
       const std::string id = Nth(events, v1::Event::kCommandRefused).command().confirm_milestone().request_id();
       Nth(events, v1::Event::kConfirmationRecorded).mutable_command()->mutable_confirm_milestone()->set_request_id(id);
     },
     "has had its effect in event 14"},
    {"a deposit is booked twice",
     [](Events& events) {
       const std::string id = Nth(events, v1::Event::kDepositRecorded, 0).command().record_deposit().deposit_id();
       Nth(events, v1::Event::kDepositRecorded, 1).mutable_command()->mutable_record_deposit()->set_deposit_id(id);
     },
     "was recorded before"},
    {"a refusal that never enters a log",
     [](Events& events) {
       Nth(events, v1::Event::kCommandRefused).mutable_command_refused()->set_reason(v1::REASON_PERMISSION_DENIED);
     },
     "event 14: domain: a refusal for REASON_PERMISSION_DENIED does not enter the log (published table)"},
    {"refused because it does not exist, and it does",
     [](Events& events) {
       Nth(events, v1::Event::kCommandRefused).mutable_command_refused()->set_reason(v1::REASON_AGREEMENT_NOT_FOUND);
     },
     "event 14: domain: refused for REASON_AGREEMENT_NOT_FOUND although it exists"},
    {"a timer expires early",
     [](Events& events) {
       Nth(events, v1::Event::kConfirmationDeemed).mutable_effective_time()->set_seconds(1'600'100'000);
     },
     "effective_time.seconds is 1600100000 and must be 1600259200"},
    {"a payout is settled that was not sent",
     [](Events& events) {
       v1::Event& sent = Nth(events, v1::Event::kPayoutSent);
       v1::Command command;
       command.mutable_settle_payout()->set_name(sent.command().send_payout().name());
       command.mutable_settle_payout()->set_request_id(sent.command().send_payout().request_id());
       *sent.mutable_command() = command;
       sent.mutable_payout_settled();
     },
     "SettlePayout is not allowed while the Payout is REQUESTED (published table: PAYOUT_WRONG_STATE)"},
    {"more is paid out than is owed",
     [](Events& events) {
       for (v1::Event& event : events) {
         if (event.payout_requested().payout_id() == "p1") {
           event.mutable_command()->mutable_request_payout()->mutable_payout()->mutable_amount()->set_minor_units(
               10'001);
         }
       }
     },
     "the payout's amount is none, or more than its account can pay"},
    {"an ended agreement is refunded again",
     [](Events& events) {
       v1::Event& late = Nth(events, v1::Event::kDepositRecorded, 4);
       v1::Command command;
       command.mutable_refund_milestone()->set_name(late.command().record_deposit().name());
       command.mutable_refund_milestone()->set_milestone_id("parcel");
       command.mutable_refund_milestone()->set_party("platforms/shop/parties/seller");
       command.mutable_refund_milestone()->set_request_id(late.command().record_deposit().request_id());
       *late.mutable_command() = command;
       late.mutable_milestone_refunded();
     },
     "RefundMilestone is not allowed while the Agreement is SETTLED (published table: AGREEMENT_CLOSED)"},
    {"a clock runs back",
     [](Events& events) {
       Nth(events, v1::Event::kClockAdvanced)
           .mutable_command()
           ->mutable_advance_clock()
           ->mutable_clock_time()
           ->set_seconds(1'500'000'000);
     },
     "a sandbox's clock was moved to no time, or back"},
    {"time runs back", [](Events& events) { events[6].mutable_log_time()->set_seconds(1); },
     "event 7: chain: log_time is before that of the event before it"},
    {"a consequence happens later than its cause",
     [](Events& events) {
       v1::Event& funded = Nth(events, v1::Event::kMilestoneFunded);
       funded.mutable_log_time()->set_nanos(funded.log_time().nanos() + 1);
     },
     "chain: log_time differs from that of event"},
    {"by other rules", [](Events& events) { events[0].mutable_log_created()->set_rules_version(2); },
     "event 1: domain: log_created.rules_version is 2 and must be 1"},
    {"a field that nobody knows",
     [](Events& events) { events[3].GetReflection()->MutableUnknownFields(&events[3])->AddVarint(1'000, 1); },
     "event 4: structure: the contract does not know field 1000"},
};

TEST(LiesTest, EachIsNamed) {
  const Entries log = LogOf(ShopStory(9'999));
  ASSERT_EQ(FirstComplaint(log), "");
  for (const Lie& lie : kLies) {
    Events events = Parse(log);
    lie.tell(events);
    const std::string complaint = FirstComplaint(Serialise(events));
    EXPECT_NE(complaint.find(lie.complaint), std::string::npos) << lie.name << ": '" << complaint << "'";
  }
}

TEST(LiesTest, OneEventHasOneEncoding) {
  const Entries log = LogOf(ShopStory(9'999));
  Entries changed = log;
  changed[4] += changed[4];  // a parser merges the second into the first
  EXPECT_TRUE(FirstComplaint(changed).starts_with("event 5: structure: "));
  changed = log;
  changed[1].insert(1, "\x82").insert(2, "\x00", 1);  // field 1, sequence 2: as a varint of two bytes
  changed[1].erase(3, 1);
  EXPECT_TRUE(FirstComplaint(changed).starts_with("event 2: structure: the entry has ")) << FirstComplaint(changed);
  changed = log;
  changed[2] = "";
  EXPECT_TRUE(FirstComplaint(changed).starts_with("event 3: structure: "));
  changed[2] = std::string(65'536, '\n');
  EXPECT_TRUE(FirstComplaint(changed).starts_with("event 3: structure: the entry has 65536 bytes"));
}

}  // namespace
}  // namespace escrow::audit::test
