// The test of the test: the checker refuses histories that no correct server could give, and accepts those that one
// could; and it agrees with a search that tries every order.

#include "linearizability/checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "support/seed.h"

namespace escrow::test {
namespace {

constexpr std::uint64_t kNever = UINT64_MAX;

Input Write(Kind kind, std::uint32_t request) { return {.kind = kind, .request = request}; }

Input Deposit(std::uint32_t request, std::uint8_t deposit, std::int64_t amount) {
  return {.kind = Kind::kDeposit, .request = request, .deposit = deposit, .amount = amount};
}

// Builds a history by hand: moments are given, answers are written out or asked from a model that is carried along.
class Script {
 public:
  // An answered call.
  Script& Call(std::uint64_t begin, std::uint64_t end, const Input& input, const Output& output) {
    operations_.push_back({.input = input, .output = output, .begin = begin, .end = end, .answered = true});
    return *this;
  }
  // A call without an answer that cannot happen after `end`.
  Script& Lost(std::uint64_t begin, std::uint64_t end, const Input& input) {
    operations_.push_back({.input = input, .output = {}, .begin = begin, .end = end});
    return *this;
  }
  [[nodiscard]] bool Linearizable() const {
    std::vector<Operation> sorted = operations_;
    std::ranges::sort(sorted, {}, &Operation::begin);
    return Check(sorted).linearizable;
  }

 private:
  std::vector<Operation> operations_;
};

// What GetAgreement says after deposits alone, of less than the first milestone in all.
Output Shows(std::int64_t deposited) {
  return {.view = {.state = "ACTIVE", .deposited = deposited, .unallocated = deposited}};
}

const Output kOk = {};
const Output kAgain = {.repeated = true};
const Input kGet = {};

Script Created() {
  Script script;
  script.Call(1, 2, Write(Kind::kCreate, 1), kOk);
  return script;
}

TEST(CheckerTest, AcceptsWhatIsInOrder) {
  EXPECT_TRUE(Created().Call(3, 4, Deposit(2, 1, 100), kOk).Call(5, 6, kGet, Shows(100)).Linearizable());
}

TEST(CheckerTest, AcceptsEitherOrderOfWhatOverlaps) {
  const Script before = Created().Call(3, 6, Deposit(2, 1, 100), kOk).Call(4, 5, kGet, Shows(0));
  EXPECT_TRUE(before.Linearizable());
  const Script after = Created().Call(3, 6, Deposit(2, 1, 100), kOk).Call(4, 5, kGet, Shows(100));
  EXPECT_TRUE(after.Linearizable());
}

TEST(CheckerTest, RefusesAStaleRead) {
  EXPECT_FALSE(Created().Call(3, 4, Deposit(2, 1, 100), kOk).Call(5, 6, kGet, Shows(0)).Linearizable());
}

// Two readers, one after the other, while a write is under way: the second may not see less.
TEST(CheckerTest, RefusesAReadThatGoesBack) {
  Script script = Created().Call(3, 10, Deposit(2, 1, 100), kOk);
  EXPECT_FALSE(script.Call(4, 5, kGet, Shows(100)).Call(6, 7, kGet, Shows(0)).Linearizable());
}

TEST(CheckerTest, RefusesALostUpdate) {
  Script script = Created().Call(3, 6, Deposit(2, 1, 100), kOk).Call(4, 5, Deposit(3, 2, 50), kOk);
  EXPECT_FALSE(script.Call(7, 8, kGet, Shows(100)).Linearizable());
}

TEST(CheckerTest, RefusesADoubleEffectOfOneId) {
  // The second of two calls with one id was told that it was the first, too.
  EXPECT_FALSE(Created().Call(3, 4, Deposit(2, 1, 100), kOk).Call(5, 6, Deposit(2, 1, 100), kOk).Linearizable());
  // Or a lost call and its retry took effect both: the money is there twice.
  Script twice = Created().Lost(3, 4, Deposit(2, 1, 100)).Call(5, 6, Deposit(2, 1, 100), kAgain);
  EXPECT_FALSE(twice.Call(7, 8, kGet, Shows(200)).Linearizable());
}

TEST(CheckerTest, RefusesAnIdThatIsForgotten) {
  Script script = Created().Call(3, 4, Deposit(2, 1, 100), kOk);
  EXPECT_FALSE(script.Call(5, 6, Deposit(2, 2, 100), kOk).Linearizable());
  const Input ask = {.kind = Kind::kGetRequest, .request = 1};
  EXPECT_FALSE(Created().Call(3, 4, ask, {.reason = "REQUEST_NOT_FOUND"}).Linearizable());
}

TEST(CheckerTest, RefusesReorderedReplies) {
  // The first release of the whole is told that it came too late, the second, later one that it did it.
  Script script = Created().Call(3, 4, Deposit(2, 1, 6'000), kOk);
  const Input release = {.kind = Kind::kRelease, .request = 3};
  const Input later = {.kind = Kind::kRelease, .request = 4};
  Script good = script;
  EXPECT_TRUE(good.Call(5, 6, release, kOk).Call(7, 8, later, {.reason = "MILESTONE_ENDED"}).Linearizable());
  EXPECT_FALSE(script.Call(5, 6, release, {.reason = "MILESTONE_ENDED"}).Call(7, 8, later, kOk).Linearizable());
}

TEST(CheckerTest, ALostCallHappenedOrNot) {
  const Script lost = Created().Lost(3, 10, Deposit(2, 1, 100));
  EXPECT_TRUE(Script(lost).Call(11, 12, kGet, Shows(0)).Linearizable());
  EXPECT_TRUE(Script(lost).Call(11, 12, kGet, Shows(100)).Linearizable());
  EXPECT_TRUE(Script(lost).Call(11, 12, Deposit(2, 1, 100), kOk).Call(13, 14, kGet, Shows(100)).Linearizable());
  EXPECT_TRUE(Script(lost).Call(11, 12, Deposit(2, 1, 100), kAgain).Call(13, 14, kGet, Shows(100)).Linearizable());
  EXPECT_FALSE(Script(lost).Call(11, 12, kGet, Shows(50)).Linearizable());
}

// After the server that it was sent to has gone, a lost call does not happen any more.
TEST(CheckerTest, RefusesWhatComesBackFromTheDead) {
  const Script lost = Created().Lost(3, 10, Deposit(2, 1, 100));
  EXPECT_FALSE(Script(lost).Call(11, 12, kGet, Shows(0)).Call(13, 14, kGet, Shows(100)).Linearizable());
  const Script pending = Created().Lost(3, kNever, Deposit(2, 1, 100));
  EXPECT_TRUE(Script(pending).Call(11, 12, kGet, Shows(0)).Call(13, 14, kGet, Shows(100)).Linearizable());
}

// What was acknowledged before a crash is not there after it.
TEST(CheckerTest, RefusesALostAcknowledgement) {
  Script script = Created().Call(3, 4, Deposit(2, 1, 100), kOk).Lost(5, 9, Deposit(3, 2, 10));
  EXPECT_FALSE(script.Call(10, 11, kGet, Shows(10)).Linearizable());
}

// ---- the checker and a search without any cleverness

bool FitsInSomeOrder(const std::vector<Operation>& chosen) {
  std::vector<std::size_t> order(chosen.size());
  std::iota(order.begin(), order.end(), 0U);
  do {
    State state;
    bool fits = true;
    for (std::size_t i = 0; fits && i < order.size(); ++i) {
      const Operation& operation = chosen[order[i]];
      for (std::size_t j = i + 1; j < order.size(); ++j) {
        fits = fits && chosen[order[j]].end > operation.begin;  // else the later one had ended before
      }
      const Output output = Apply(operation.input, state);
      fits = fits && (!operation.answered || output == operation.output);
    }
    if (fits) {
      return true;
    }
  } while (std::ranges::next_permutation(order).found);
  return false;
}

// With every subset of the operations that have no answer.
bool LinearizableByTryingAll(const std::vector<Operation>& operations) {
  std::vector<Operation> answered;
  std::vector<Operation> lost;
  for (const Operation& operation : operations) {
    (operation.answered ? answered : lost).push_back(operation);
  }
  for (std::uint32_t subset = 0; subset < 1U << lost.size(); ++subset) {
    std::vector<Operation> chosen = answered;
    for (std::size_t i = 0; i < lost.size(); ++i) {
      if ((subset >> i & 1U) != 0) {
        chosen.push_back(lost[i]);
      }
    }
    if (FitsInSomeOrder(chosen)) {
      return true;
    }
  }
  return false;
}

Input RandomInput(std::mt19937_64& random) {
  const auto request = static_cast<std::uint32_t>(2 + random() % 3);
  switch (random() % 5) {
    case 0:
      return Deposit(request, static_cast<std::uint8_t>(random() % 2), 6'000);
    case 1:
      return {.kind = Kind::kRelease, .request = request, .amount = random() % 2 == 0 ? 0 : 2'000};
    case 2:
      return {.kind = Kind::kCancel, .request = request, .who = static_cast<std::uint8_t>(1 + random() % 3)};
    case 3:
      return {.kind = Kind::kGetRequest, .request = request};
    default:
      return kGet;
  }
}

// A few calls on a created agreement, each somewhere around the moment at which it happens; then, now and then, one
// answer is exchanged for another's or lost.
std::vector<Operation> RandomHistory(std::mt19937_64& random) {
  std::vector<Operation> operations = {{.input = Write(Kind::kCreate, 1), .begin = 1, .end = 2, .answered = true}};
  State state;
  operations[0].output = Apply(operations[0].input, state);
  for (std::uint64_t moment = 100; moment < 600; moment += 100) {
    Operation operation{.input = RandomInput(random), .output = {}, .answered = true};
    operation.output = Apply(operation.input, state);
    operation.begin = moment - random() % 90 - operations.size() % 2;
    operation.end = moment + 1 + random() % 150;
    operations.push_back(operation);
  }
  Operation& one = operations[1 + random() % 5];
  if (random() % 2 == 0) {
    one.output = operations[1 + random() % 5].output;
  } else {
    one.answered = false;
  }
  std::ranges::sort(operations, {}, &Operation::begin);
  return operations;
}

TEST(CheckerTest, AgreesWithTryingEveryOrder) {
  std::mt19937_64 random(Seed());
  int linearizable = 0;
  constexpr int kHistories = 3'000;
  for (int i = 0; i < kHistories; ++i) {
    const std::vector<Operation> operations = RandomHistory(random);
    const bool expected = LinearizableByTryingAll(operations);
    const Verdict verdict = Check(operations);
    ASSERT_EQ(verdict.linearizable, expected) << "history " << i << ": " << verdict.complaint;
    linearizable += expected ? 1 : 0;
  }
  EXPECT_GT(linearizable, kHistories / 10);
  EXPECT_LT(linearizable, kHistories * 9 / 10);
}

}  // namespace
}  // namespace escrow::test
