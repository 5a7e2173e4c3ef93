// Every field of every event of a real log is changed, cut, repeated and reordered, and events with it.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "audit/domain.h"
#include "google/protobuf/descriptor.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A changed event, and what was changed: "postings.minor_units: +1".
using Visit = std::function<void(const v1::Event& changed, const std::string& what)>;

void ChangeScalar(Message& message, const FieldDescriptor* field, const std::function<void(const char*)>& visit) {
  const Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&message, field, reflection.GetInt32(message, field) + 1);
      return visit("+1");
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&message, field, reflection.GetInt64(message, field) + 1);
      visit("+1");
      reflection.SetInt64(&message, field, INT64_MAX);
      return visit("2^63-1");
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection.SetUInt32(&message, field, reflection.GetUInt32(message, field) + 1);
      return visit("+1");
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection.SetUInt64(&message, field, reflection.GetUInt64(message, field) + 1);
      visit("+1");
      reflection.SetUInt64(&message, field, std::uint64_t{1} << 63);
      return visit("2^63");
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(&message, field, !reflection.GetBool(message, field));
      return visit("flipped");
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(&message, field, reflection.GetEnumValue(message, field) == 1 ? 2 : 1);
      visit("another value");
      reflection.SetEnumValue(&message, field, 99);
      return visit("no value");
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&message, field, reflection.GetString(message, field) + "x");
      return visit("longer");
    default:
      FAIL() << "no change for " << field->full_name();
  }
}

// Changes each field of `message`, a part of `event`, in turn. `path` is where it stands.
void ChangeFields(v1::Event& event, Message& message, const std::string& path, const Visit& visit) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  const std::unique_ptr<Message> before(message.New());
  before->CopyFrom(message);
  for (const FieldDescriptor* field : fields) {
    const std::string name = path + field->name();
    const auto told = [&](const std::string& what) {
      visit(event, name + ": " + what);
      message.CopyFrom(*before);
    };
    reflection.ClearField(&message, field);
    told("cut");
    if (field->is_repeated()) {
      reflection.RemoveLast(&message, field);
      told("one less");
      if (reflection.FieldSize(message, field) > 1) {
        reflection.SwapElements(&message, field, 0, 1);
        told("swapped");
      }
      for (int i = 0; field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && i < reflection.FieldSize(message, field);
           ++i) {
        ChangeFields(event, *reflection.MutableRepeatedMessage(&message, field, i), name + '.', visit);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ChangeFields(event, *reflection.MutableMessage(&message, field), name + '.', visit);
    } else {
      ChangeScalar(message, field, told);
    }
    message.CopyFrom(*before);
  }
}

// Fields whose values are testimony: nothing in the log says otherwise. The Merkle tree guards them, as it does all.
const std::set<std::string> kTestimony = {"log_time.seconds", "log_time.nanos", "log_created.log_id",
                                          "command_refused.reason", "command_refused.variables"};

bool IsTestimony(const std::string& what) {
  for (const std::string& field : kTestimony) {
    if (what.starts_with(field)) {
      return true;
    }
  }
  return what.starts_with("command.") || what.starts_with("actor.");
}

TEST(MutationTest, AnEventThatSaysSomethingElseIsNamed) {
  const Entries log = LogOf(ShopStory(9'999));
  ASSERT_EQ(FirstComplaint(log), "");
  std::vector<v1::Event> events = Parse(log);
  int changes = 0;
  int testimony = 0;
  int caught_testimony = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    v1::Event event = events[i];
    ChangeFields(event, event, "", [&](const v1::Event& changed, const std::string& what) {
      Entries entries = log;
      entries[i] = changed.SerializeAsString();
      if (entries[i] == log[i]) {
        return;
      }
      const std::string complaint = FirstComplaint(entries);
      if (IsTestimony(what)) {
        ++testimony;
        caught_testimony += complaint.empty() ? 0 : 1;
        return;
      }
      ++changes;
      EXPECT_TRUE(complaint.starts_with("event " + std::to_string(i + 1) + ": "))
          << "event " << i + 1 << ", " << what << ": '" << complaint << "'";
    });
  }
  // What was asked is testimony, too, but most of it has consequences that would not fit.
  EXPECT_GT(changes, 1'000);
  EXPECT_GT(caught_testimony * 10, testimony * 7) << caught_testimony << " of " << testimony;
}

// The events that `numbers` picks from a log (from 1), with every number in them made to fit their new positions.
Entries Pick(const std::vector<v1::Event>& events, const std::vector<std::uint64_t>& numbers) {
  std::map<std::uint64_t, std::uint64_t> place;  // old -> new; the first counts
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    place.emplace(numbers[i], i + 1);
  }
  const auto moved = [&place](std::uint64_t number) { return place.contains(number) ? place[number] : 0; };
  std::map<std::string, std::uint64_t> last;
  Entries entries;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    v1::Event event = events[numbers[i] - 1];
    event.set_sequence(i + 1);
    event.set_cause_sequence(moved(event.cause_sequence()));
    if (!event.agreement_id().empty()) {
      event.set_previous_sequence(last[event.agreement_id()]);
      last[event.agreement_id()] = i + 1;
    } else {
      event.set_previous_sequence(moved(event.previous_sequence()));
    }
    if (event.has_milestone_released()) {
      for (std::uint64_t& sequence : *event.mutable_milestone_released()->mutable_confirmation_sequences()) {
        sequence = moved(sequence);
      }
    }
    if (event.has_confirmation_deemed()) {
      event.mutable_confirmation_deemed()->set_start_sequence(moved(event.confirmation_deemed().start_sequence()));
    }
    if (event.payout_requested().payout_id().starts_with("auto-")) {
      event.mutable_payout_requested()->set_payout_id("auto-" + std::to_string(i + 1));
    }
    entries.push_back(event.SerializeAsString());
  }
  return entries;
}

std::vector<std::uint64_t> AllOf(const std::vector<v1::Event>& events) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 1; i <= events.size(); ++i) {
    numbers.push_back(i);
  }
  return numbers;
}

TEST(MutationTest, AnEventThatIsMissingIsNamedEvenIfAllNumbersFit) {
  const std::vector<v1::Event> events = Parse(LogOf(ShopStory(9'999)));
  ASSERT_EQ(FirstComplaint(Pick(events, AllOf(events))), "");
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::vector<std::uint64_t> numbers = AllOf(events);
    numbers.erase(numbers.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string complaint = FirstComplaint(Pick(events, numbers));
    // Nothing need follow from a refusal, a clock, or the last step of a payout, and an automatic payout of which
    // nobody asks any more may still be waiting for its turn; everything else is missed.
    const v1::Event& event = events[i];
    if (!event.has_command_refused() && !event.has_clock_advanced() && !event.has_payout_settled() &&
        !event.payout_requested().payout_id().starts_with("auto-")) {
      EXPECT_NE(complaint, "") << "without event " << events[i].ShortDebugString();
    }
  }
}

TEST(MutationTest, AnEventThatComesTwiceIsNamedEvenIfAllNumbersFit) {
  const std::vector<v1::Event> events = Parse(LogOf(ShopStory(9'999)));
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::vector<std::uint64_t> numbers = AllOf(events);
    numbers.insert(numbers.begin() + static_cast<std::ptrdiff_t>(i) + 1, i + 1);
    EXPECT_NE(FirstComplaint(Pick(events, numbers)), "") << events[i].ShortDebugString();
  }
}

TEST(MutationTest, EventsInAnotherOrderAreNamedEvenIfAllNumbersFit) {
  std::vector<v1::Event> events = Parse(LogOf(ShopStory(9'999)));
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    if (events[i + 1].cause_sequence() == 0) {
      continue;  // commands that have nothing to do with each other may come in any order
    }
    std::vector<std::uint64_t> numbers = AllOf(events);
    std::swap(numbers[i], numbers[i + 1]);
    EXPECT_NE(FirstComplaint(Pick(events, numbers)), "") << events[i].ShortDebugString();
  }
}

TEST(MutationTest, EventsOfOtherLogsDoNotFit) {
  const Entries log = LogOf(ShopStory(9'999));
  const Entries other = LogOf(ShopStory(7'777));
  ASSERT_EQ(log.size(), other.size());
  int different = 0;
  for (std::size_t i = 1; i < log.size(); ++i) {
    Entries swapped = log;
    swapped[i] = other[i];
    if (swapped[i] != log[i]) {
      ++different;
      EXPECT_NE(FirstComplaint(swapped), "") << "event " << i + 1;
    }
  }
  EXPECT_GT(different, 5);
}

TEST(MutationTest, ALogThatEndsWithinACommandIsNamed) {
  const std::vector<v1::Event> events = Parse(LogOf(ShopStory(9'999)));
  for (std::size_t i = 1; i < events.size(); ++i) {
    Entries cut = Serialise({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(i)});
    EXPECT_EQ(FirstComplaint(cut).starts_with("the end: "), events[i].cause_sequence() != 0) << i;
  }
}

}  // namespace
}  // namespace escrow::audit::test
