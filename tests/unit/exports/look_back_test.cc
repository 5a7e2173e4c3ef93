// Looking back: states after events of the shop's story, worked out by hand; differences; and, after every event, the
// core's own state.

#include "audit/exports/look_back.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/machine.h"
#include "unit/audit/logs.h"

namespace escrow::audit::exports::test {
namespace {

using audit::test::LogOf;
using audit::test::OrdersLog;
using audit::test::Parse;
using audit::test::PersonalDataStory;
using audit::test::ShopStory;
using base::Wide;

using Subject = std::optional<StatementSubject>;

const std::vector<v1::Event>& Story() {
  static const std::vector<v1::Event> events = Parse(LogOf(ShopStory(9'999)));
  return events;
}

// The position of the `nth` event of a kind (from 1) of an agreement of the story.
std::size_t PositionOf(const char* agreement, v1::Event::FactCase fact, int nth = 1) {
  for (const v1::Event& event : Story()) {
    nth -= event.agreement_id() == agreement && event.fact_case() == fact ? 1 : 0;
    if (nth == 0) {
      return event.sequence();
    }
  }
  ADD_FAILURE() << agreement << " has no such event";
  return 1;
}

Subject Named(const std::string& id) { return *ParseSubject("platforms/shop/" + id); }

// After each position of the events, from 1; at 0 there is nothing.
std::vector<std::optional<Picture>> PicturesOf(const Subject& subject, const std::vector<v1::Event>& events) {
  LookBack look_back(subject);
  std::vector<std::optional<Picture>> pictures{std::nullopt};
  for (const v1::Event& event : events) {
    const absl::Status taken = look_back.Take(event);
    EXPECT_TRUE(taken.ok()) << taken;
    pictures.push_back(look_back.Now());
  }
  return pictures;
}

// "active", "4999 EUR", "-"
std::string Said(const std::optional<Picture>& picture, const std::string& name) {
  const Value* value = picture ? picture->Find(name) : nullptr;
  if (value == nullptr) {
    return "-";
  }
  const auto units = static_cast<std::int64_t>(value->minor_units);
  return value->currency.empty() ? value->words : std::to_string(units) + ' ' + value->currency;
}

TEST(LookBackTest, WhatIsKnownOfAPartyAsOfItsErasure) {
  const std::vector<v1::Event> events = Parse(LogOf(PersonalDataStory()));
  const auto ann = PicturesOf(Named("parties/ann"), events);
  EXPECT_EQ(Said(ann[4], "records/name"), "-");
  EXPECT_EQ(Said(ann[6], "records/name"), "committed");
  EXPECT_EQ(Said(ann[7], "legal_holds/tax"), "placed");
  EXPECT_EQ(Said(ann[9], "legal_holds/tax"), "released");
  EXPECT_EQ(Said(ann[10], "erased"), "-");
  EXPECT_EQ(Said(ann[11], "erased"), "yes");
  EXPECT_EQ(Said(ann[11], "records/name"), "-");
  EXPECT_EQ(Said(PicturesOf(Named("parties/bob"), events)[10], "legal_holds/h"), "until 2100-01-01T00:00:00Z");
}

// The parcels: "first" costs 99.99, of which 2.5 % (2.50) and 0.30 are fees, so that 97.19 are the seller's. 49.99 and
// 99.99 come in: what is too much, 49.99, goes back. "second": 100.00, released three days after the shipment. "third":
// 100.00, refunded as 25.00 and 75.00; 7.00 come late and go back.
TEST(LookBackTest, TheStoryAsOfItsEvents) {
  using enum v1::Event::FactCase;
  struct Row {
    const char* subject;
    std::size_t position;
    std::vector<std::pair<const char*, const char*>> values;
  };
  const std::size_t end = Story().size();
  const Row kTable[] = {
      {"agreements/first", PositionOf("first", kAgreementCreated) - 1, {{"state", "-"}}},
      {"agreements/first",
       PositionOf("first", kAgreementCreated),
       {{"state", "proposed"}, {"deposited", "0 EUR"}, {"milestones/parcel/required", "9999 EUR"}}},
      {"agreements/first",
       PositionOf("first", kAgreementAccepted),
       {{"accepted/buyer", "yes"}, {"accepted/seller", "-"}}},
      {"agreements/first",
       PositionOf("first", kDepositRecorded),
       {{"state", "active"},
        {"accepted/seller", "yes"},
        {"deposited", "4999 EUR"},
        {"unallocated", "4999 EUR"},
        {"held", "0 EUR"},
        {"milestones/parcel/state", "pending"},
        {"timers/funding_deadline/parcel", "2020-09-18T12:26:40Z"}}},
      {"agreements/first",
       PositionOf("first", kMilestoneFunded),
       {{"deposited", "14998 EUR"},
        {"held", "9999 EUR"},
        {"milestones/parcel/state", "funded"},
        {"timers/funding_deadline/parcel", "-"}}},
      {"agreements/first",
       PositionOf("first", kConfirmationRecorded),
       {{"milestones/parcel/held", "9999 EUR"},
        {"milestones/parcel/confirmations/receipt/buyer", "-"},
        {"timers/deemed/parcel/1", "2020-09-16T12:26:40Z"}}},
      {"agreements/first",
       PositionOf("first", kAgreementClosed),
       {{"state", "settled"},
        {"deposited", "14998 EUR"},
        {"held", "0 EUR"},
        {"released", "9719 EUR"},
        {"refunded", "4999 EUR"},
        {"fees", "280 EUR"},
        {"unallocated", "0 EUR"},
        {"milestones/parcel/released", "9999 EUR"},
        {"milestones/parcel/state", "released"},
        {"due_payouts/payable/seller/2020-09-15T12:26:40Z", "9719 EUR"},
        {"timers/deemed/parcel/1", "-"}}},
      {"agreements/second",
       PositionOf("second", kMilestoneReleased),
       {{"held", "0 EUR"}, {"released", "10000 EUR"}, {"fees", "0 EUR"}}},
      {"agreements/third",
       PositionOf("third", kMilestoneRefunded),
       {{"held", "7500 EUR"}, {"refunded", "2500 EUR"}, {"milestones/parcel/refunded", "2500 EUR"}}},
      {"agreements/third", end, {{"state", "settled"}, {"deposited", "10700 EUR"}, {"refunded", "10700 EUR"}}},
      {"parties/seller", 2, {{"payable/EUR", "-"}}},
      {"parties/seller",
       PositionOf("first", kMilestoneReleased),
       {{"payable/EUR", "9719 EUR"},
        {"reserved/payable/EUR", "9719 EUR"},
        {"agreements/first/roles", "seller"},
        {"agreements/first/share", "9719 EUR"},
        {"agreements/first/released_to_it", "9719 EUR"},
        {"agreements/second/held", "10000 EUR"},
        {"agreements/second/released_to_it", "0 EUR"}}},
      {"parties/seller",
       end,
       {{"payable/EUR", "6000 EUR"},
        {"reserved/payable/EUR", "-"},
        {"payouts/p1/state", "settled"},
        {"payouts/p1/amount", "4000 EUR"},
        {"agreements/third/released_to_it", "0 EUR"}}},
      {"parties/buyer",
       end,
       {{"refundable/EUR", "10700 EUR"},
        {"agreements/first/roles", "buyer"},
        {"agreements/first/refunded_to_it", "4999 EUR"},
        {"agreements/third/refunded_to_it", "10700 EUR"},
        {"agreements/first/share", "0 EUR"}}},
  };
  for (const Row& row : kTable) {
    const std::optional<Picture> picture = PicturesOf(Named(row.subject), Story())[row.position];
    for (const auto& [name, value] : row.values) {
      EXPECT_EQ(Said(picture, name), value) << row.subject << " after event " << row.position << ": " << name;
    }
  }
  const std::string shipped = "event " + std::to_string(PositionOf("second", kConfirmationRecorded)) + ", recorded";
  const std::string deemed = "event " + std::to_string(PositionOf("second", kConfirmationDeemed)) + ", deemed";
  const std::optional<Picture> second = PicturesOf(Named("agreements/second"), Story())[end];
  EXPECT_EQ(Said(second, "milestones/parcel/confirmations/shipment/seller"), shipped);
  EXPECT_EQ(Said(second, "milestones/parcel/confirmations/receipt/buyer"), deemed);
}

// The sums are those beside BooksTest.TheTrialBalanceOfTheStory.
TEST(LookBackTest, TheLedgerOfTheStory) {
  const Picture ledger = *PicturesOf({}, Story())[Story().size()];
  std::map<std::string, std::string> found;
  for (const Picture::Line& line : ledger.lines()) {
    found[line.name] = Said(ledger, line.name);
  }
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"assets:bank:shop:EUR", "-31698 EUR"},
                                                       {"liabilities:payable:shop:seller:EUR", "6000 EUR"},
                                                       {"liabilities:refundable:shop:buyer:EUR", "10700 EUR"},
                                                       {"liabilities:in-transit:shop:EUR", "14718 EUR"},
                                                       {"liabilities:fees:platform:shop:EUR", "250 EUR"},
                                                       {"liabilities:fees:operator:shop:EUR", "30 EUR"}}));
}

TEST(LookBackTest, WhatBreaksTheRulesIsNamed) {
  std::vector<v1::Event> events = Story();
  events[12].mutable_postings(1)->set_minor_units(1);
  LookBack look_back(Named("agreements/first"));
  absl::Status taken;
  for (std::size_t i = 0; i <= 12; ++i) {
    taken = look_back.Take(events[i]);
  }
  EXPECT_EQ(taken, absl::DataLossError("event 13: postings[1].minor_units is 1 and must be 4999"));
}

// ---- differences

std::map<std::string, Value> ValuesOf(const std::optional<Picture>& picture) {
  std::map<std::string, Value> values;
  const Picture whole = picture.value_or(Picture());
  for (const Picture::Line& line : whole.lines()) {
    EXPECT_TRUE(values.emplace(line.name, line.value).second) << line.name << " is there twice";
  }
  return values;
}

TEST(DifferenceTest, AppliedToTheFirstPictureGivesTheSecond) {
  for (const Subject& subject : {Subject(), Named("agreements/first"), Named("agreements/third"),
                                 Named("parties/seller"), Named("parties/buyer")}) {
    const std::vector<std::optional<Picture>> pictures = PicturesOf(subject, Story());
    for (std::size_t from = 0; from < pictures.size(); ++from) {
      for (std::size_t to = from; to < pictures.size(); ++to) {
        const std::vector<Change> changes =
            DifferenceOf(pictures[from].value_or(Picture()), pictures[to].value_or(Picture()));
        std::map<std::string, Value> values = ValuesOf(pictures[from]);
        for (const Change& change : changes) {
          EXPECT_NE(change.before, change.after);
          EXPECT_EQ(values.contains(change.name), change.before.has_value());
          values.erase(change.name);
          if (change.after) {
            values.emplace(change.name, *change.after);
          }
        }
        ASSERT_EQ(values, ValuesOf(pictures[to])) << from << " to " << to;
        ASSERT_TRUE(from != to || changes.empty()) << from;
      }
    }
  }
}

TEST(DifferenceTest, AsTextAndJson) {
  Picture before;
  before.AddWords("state", "active");
  before.AddAmount("held", 1'000, "EUR");
  before.AddAmount("same", 5, "EUR");
  before.AddWords("timer", "soon");
  Picture after;
  after.AddAmount("held", 250, "EUR");
  after.AddWords("state", "settled");
  after.AddAmount("same", 5, "EUR");
  after.AddAmount("released", 750, "EUR");
  DifferenceReport report{.from = {.origin = "o", .event = 4, .time = "T4"},
                          .to = {.origin = "o", .event = 9, .time = "T9"},
                          .subject = "platforms/shop/agreements/a",
                          .changes = DifferenceOf(before, after),
                          .terms = v1::Agreement(),
                          .events = {}};
  v1::Event& event = report.events.emplace_back();
  event.set_sequence(9);
  event.mutable_log_time()->set_seconds(86'400);
  event.mutable_agreement_accepted()->set_party_id("buyer");
  EXPECT_EQ(TextOf(report),
            "Difference of platforms/shop/agreements/a of o from event 4, T4, to event 9, T9\n"
            "\n"
            "what      before    after  change  currency\n"
            "held       10.00     2.50   -7.50  EUR\n"
            "state     active  settled\n"
            "released       -     7.50   +7.50  EUR\n"
            "timer       soon        -\n"
            "\n"
            "event  time                  what                in detail          asked for by\n"
            "    9  1970-01-02T00:00:00Z  agreement_accepted  accepted by buyer  a timer\n");
  EXPECT_EQ(JsonOf(report), R"({"origin":"o","from":{"event":"4","time":"T4"},"to":{"event":"9","time":"T9"},)"
                            R"("subject":"platforms/shop/agreements/a","changes":[)"
                            R"({"name":"held","currency":"EUR","before":"1000","after":"250"},)"
                            R"({"name":"state","before":"active","after":"settled"},)"
                            R"({"name":"released","currency":"EUR","before":null,"after":"750"},)"
                            R"({"name":"timer","before":"soon","after":null}],)"
                            R"("events":[{"event":"9","time":"1970-01-02T00:00:00Z","fact":"agreement_accepted",)"
                            R"("detail":"accepted by buyer"}]})"
                            "\n");
  report = {.from = report.from, .to = report.from, .subject = "the ledger", .changes = {}, .terms = {}, .events = {}};
  EXPECT_EQ(TextOf(report), "Difference of the ledger of o from event 4, T4, to event 4, T4\n\nNothing differs.\n");
}

// ---- the other implementation

void ExpectAmount(const Picture& picture, const std::string& name, Wide amount) {
  const Value* value = picture.Find(name);
  EXPECT_TRUE((value == nullptr ? Wide{0} : value->minor_units) == amount) << name << ": " << Said(picture, name);
}

void ExpectEqual(const Picture& picture, const core::Agreement& live, const v1::Agreement& terms) {
  ExpectAmount(picture, "deposited", live.deposited);
  ExpectAmount(picture, "held", live.held());
  ExpectAmount(picture, "released", live.released);
  ExpectAmount(picture, "refunded", live.refunded);
  ExpectAmount(picture, "fees", live.fees);
  ExpectAmount(picture, "unallocated", live.unallocated);
  EXPECT_EQ(Said(picture, "last_event"), std::to_string(live.last_sequence));
  EXPECT_EQ(Said(picture, "created_by_event"), std::to_string(live.create_sequence));
  std::string state = v1::Agreement::State_Name(live.state).substr(6);
  std::ranges::transform(state, state.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  EXPECT_EQ(Said(picture, "state"), state);
  for (std::size_t i = 0; i < live.milestones.size(); ++i) {
    const std::string name = "milestones/" + terms.milestones(static_cast<int>(i)).milestone_id();
    ExpectAmount(picture, name + "/required", live.milestones[i].required);
    ExpectAmount(picture, name + "/held", live.milestones[i].held);
    ExpectAmount(picture, name + "/released", live.milestones[i].released);
    ExpectAmount(picture, name + "/refunded", live.milestones[i].refunded);
  }
  EXPECT_EQ(std::ranges::count_if(picture.lines(), [](const auto& line) { return line.name.starts_with("timers/"); }),
            static_cast<std::ptrdiff_t>(live.timers.size()));
}

void ExpectEqual(const Picture& picture, const core::Party& live) {
  for (const core::PartyBalance& balance : live.balances) {
    const std::string currency(balance.currency.code());
    ExpectAmount(picture, "payable/" + currency, balance.payable);
    ExpectAmount(picture, "refundable/" + currency, balance.refundable);
    ExpectAmount(picture, "reserved/payable/" + currency, balance.payable_scheduled);
    ExpectAmount(picture, "reserved/refundable/" + currency, balance.refundable_scheduled);
  }
}

TEST(LookBackTest, EveryPositionOfTheStoryIsTheStateOfTheCore) {
  core::Machine machine;
  std::map<std::string, std::vector<std::optional<Picture>>> pictures;
  for (const char* name :
       {"agreements/first", "agreements/second", "agreements/third", "parties/buyer", "parties/seller"}) {
    pictures[name] = PicturesOf(Named(name), Story());
  }
  std::map<std::string, v1::Agreement> terms;
  for (const v1::Event& event : Story()) {
    machine.Apply(event);
    if (event.has_agreement_created()) {
      terms[event.agreement_id()] = event.command().create_agreement().agreement();
    }
    const core::State& state = machine.state();
    for (const auto& [name, all] : pictures) {
      const std::string id = name.substr(name.find('/') + 1);
      const std::optional<Picture>& picture = all[event.sequence()];
      const auto platform = state.FindPlatform("shop");
      if (name.starts_with("agreements/")) {
        const auto slot = platform ? state.FindAgreement(*platform, id) : std::nullopt;
        ASSERT_EQ(picture.has_value(), slot.has_value()) << name;
        if (slot) {
          ExpectEqual(*picture, state.agreement(*slot), terms[id]);
        }
      } else {
        const auto slot = platform ? state.FindParty(*platform, id) : std::nullopt;
        ASSERT_EQ(picture.has_value(), slot.has_value()) << name;
        if (slot) {
          ExpectEqual(*picture, state.party(*slot));
        }
      }
    }
    ASSERT_FALSE(HasFailure()) << "after event " << event.sequence();
  }
}

TEST(LookBackTest, TheEndOfManyOrdersIsTheStateOfTheCore) {
  const std::vector<v1::Event> events = Parse(OrdersLog(60));
  core::Machine machine;
  std::map<std::string, v1::Agreement> terms;  // by resource name
  for (const v1::Event& event : events) {
    machine.Apply(event);
    if (event.has_agreement_created()) {
      terms[event.platform() + "/agreements/" + event.agreement_id()] = event.command().create_agreement().agreement();
    }
  }
  ASSERT_GE(terms.size(), 20U);
  const core::State& state = machine.state();
  int left = 20;
  for (const auto& [name, agreement] : terms) {
    if (left-- == 0) {
      break;
    }
    const StatementSubject subject = *ParseSubject(name);
    const auto slot = state.FindAgreement(*state.FindPlatform(subject.platform.substr(10)), subject.agreement);
    ExpectEqual(*PicturesOf(subject, events).back(), state.agreement(*slot), agreement);
  }
}

}  // namespace
}  // namespace escrow::audit::exports::test
