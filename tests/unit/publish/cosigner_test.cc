#include "publish/cosigner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "unit/publish/fake_witnesses.h"

namespace escrow::publish {
namespace {

using std::chrono::milliseconds;
using test::Answer;
using test::Response;
using Lines = std::vector<std::string>;

constexpr char kOneOfTwo[] =
    "the quorum is not reached: it needs 'Q' (has 1 of the 2 that it needs, without 'w1', 'w2')";

class CosignerTest : public testing::Test {
 protected:
  // Starts one that tells its events to events_. A witness that fails is left alone for `pause`.
  void Start(milliseconds pause, tlog::Policy policy) {
    Witnessing witnessing{.policy = std::move(policy), .connections = log_.Connect()};
    witnessing.pause_min = pause;
    witnessing.pause_max = pause;
    witnessing.on_witness = [this](const std::string& name, const absl::Status& status) {
      Note(name + (status.ok() ? "" : ": " + std::string(status.message())));
    };
    witnessing.on_quorum = [this](const absl::Status& status) {
      Note(status.ok() ? "quorum" : std::string(status.message()));
    };
    cosigner_ = std::make_unique<Cosigner>(std::move(witnessing), log_.log());
  }
  void Start(milliseconds pause = std::chrono::hours(1)) { Start(pause, log_.Policy()); }

  void Note(const std::string& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  // Once so much was told, sorted: witnesses answer in any order.
  Lines Events(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return events_.size() >= count; });
    Lines sorted = events_;
    std::ranges::sort(sorted);
    return sorted;
  }

  // The witnesses that have cosigned the newest cosigned checkpoint once it is of this size and so many have.
  Lines Await(std::uint64_t size, std::size_t count) {
    for (int i = 0; i < 20'000; ++i) {
      const SharedCheckpoint cosigned = cosigner_->progress().cosigned;
      if (cosigned != nullptr && cosigned->checkpoint.size == size && cosigned->note.signatures.size() == count + 1) {
        EXPECT_TRUE(log_.Policy("quorum none\n").Check(*cosigned).ok());
        Lines names;
        for (const tlog::NoteSignature& line : cosigned->note.signatures) {
          names.push_back(line.name);
        }
        std::ranges::sort(names);
        return names;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
    return {"not in 20 seconds"};
  }

  test::LogWithWitnesses log_{300};
  std::mutex mutex_;
  std::condition_variable changed_;
  Lines events_;
  std::unique_ptr<Cosigner> cosigner_;
};

TEST_F(CosignerTest, AllCosignaturesAreCollected) {
  Start();
  EXPECT_EQ(cosigner_->progress().cosigned, nullptr);
  for (const std::uint64_t size : {1U, 2U, 256U, 300U}) {
    cosigner_->Submit(log_.Checkpoint(size));
    EXPECT_EQ(Await(size, 3), (Lines{"w.org/1", "w.org/2", "w.org/3", "x.org/log"}));
  }
  EXPECT_EQ(log_.witness(2).asked(), (std::vector<std::uint64_t>{0, 1, 2, 256}));
  EXPECT_EQ(Events(4), (Lines{"quorum", "w1", "w2", "w3"}));
}

TEST_F(CosignerTest, TwoOfThreeAreEnoughAndADeadOneIsLeftAlone) {
  log_.witness(3).Answers([](const std::string&) -> Answer { return absl::UnavailableError("dead"); });
  Start();
  for (const std::uint64_t size : {10U, 20U, 30U}) {
    cosigner_->Submit(log_.Checkpoint(size));
    EXPECT_EQ(Await(size, 2), (Lines{"w.org/1", "w.org/2", "x.org/log"}));
  }
  EXPECT_EQ(Events(4), (Lines{"quorum", "w1", "w2", "w3: dead"}));
  EXPECT_EQ(log_.witness(3).asked().size(), 1U) << "an hour is not over";
}

TEST_F(CosignerTest, OneThatFailedIsAskedAgainAfterItsPause) {
  std::atomic<int> calls = 0;
  log_.witness(3).Answers([&](const std::string& body) -> Answer {
    return ++calls < 3 ? Answer(absl::UnavailableError("dead")) : Answer(log_.witness(3).Honest(body));
  });
  Start(milliseconds(1));
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Await(10, 3), (Lines{"w.org/1", "w.org/2", "w.org/3", "x.org/log"}));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(Events(5), (Lines{"quorum", "w1", "w2", "w3", "w3: dead"})) << "each change is told once";
}

// One that does not answer takes nobody's time but its own, and joins in when it does.
TEST_F(CosignerTest, ASlowOneKeepsNobodyWaiting) {
  log_.witness(2).Hold();
  Start();
  for (const std::uint64_t size : {10U, 20U, 30U}) {
    cosigner_->Submit(log_.Checkpoint(size));
    log_.witness(2).AwaitRequests(1);
    EXPECT_EQ(Await(size, 2), (Lines{"w.org/1", "w.org/3", "x.org/log"}));
  }
  log_.witness(2).Release();
  EXPECT_EQ(Await(30, 3), (Lines{"w.org/1", "w.org/2", "w.org/3", "x.org/log"}));
  EXPECT_EQ(log_.witness(2).asked(), (std::vector<std::uint64_t>{0, 10}));
}

// Who needs it waits for it: all are asked for the same checkpoint until it has its quorum, then for the newest.
TEST_F(CosignerTest, ACheckpointIsAskedForUntilItHasItsQuorum) {
  log_.witness(1).Hold();
  log_.witness(2).Hold();
  Start();
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Events(1), Lines{"w3"});
  cosigner_->Submit(log_.Checkpoint(20));
  std::this_thread::sleep_for(milliseconds(50));  // time enough to ask w3 for 20, were it asked
  cosigner_->Submit(log_.Checkpoint(30));
  EXPECT_EQ(cosigner_->progress().cosigned, nullptr);
  log_.witness(1).Release();
  EXPECT_EQ(Await(30, 2), (Lines{"w.org/1", "w.org/3", "x.org/log"}));
  for (const std::size_t number : {1U, 3U}) {
    EXPECT_EQ(log_.witness(number).asked(), (std::vector<std::uint64_t>{0, 10})) << "10 and then 30";
  }
}

TEST_F(CosignerTest, WithoutAQuorumTheNewestIsAskedForAllTheSame) {
  const auto dead = [](const std::string&) -> Answer { return absl::UnavailableError("dead"); };
  log_.witness(1).Answers(dead);
  log_.witness(2).Answers(dead);
  Start();
  for (const std::uint64_t size : {10U, 20U}) {
    cosigner_->Submit(log_.Checkpoint(size));
    cosigner_->Await(std::chrono::seconds(20));
    EXPECT_EQ(cosigner_->progress().cosigned, nullptr);
    const SharedCheckpoint more = cosigner_->progress().newest;
    EXPECT_EQ(more->checkpoint.size, size);
    ASSERT_EQ(more->note.signatures.size(), 2U);
    EXPECT_EQ(more->note.signatures[1].name, "w.org/3");
  }
  EXPECT_EQ(Events(4), (Lines{kOneOfTwo, "w1: dead", "w2: dead", "w3"}));
}

TEST_F(CosignerTest, AQuorumThatComesBackIsTold) {
  std::atomic<bool> dead = true;
  for (const std::size_t number : {1U, 2U}) {
    log_.witness(number).Answers([&, number](const std::string& body) -> Answer {
      return dead ? Answer(absl::UnavailableError("dead")) : Answer(log_.witness(number).Honest(body));
    });
  }
  Start(milliseconds(20));
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Events(4), (Lines{kOneOfTwo, "w1: dead", "w2: dead", "w3"}));
  dead = false;
  EXPECT_EQ(Await(10, 3), (Lines{"w.org/1", "w.org/2", "w.org/3", "x.org/log"}));
  EXPECT_EQ(Events(7), (Lines{"quorum", kOneOfTwo, "w1", "w1: dead", "w2", "w2: dead", "w3"}));
}

TEST_F(CosignerTest, ABadCosignatureIsLeftOut) {
  log_.witness(3).Answers([this](const std::string&) -> Answer {
    return Response(200, tlog::FormatSignatureLine(tlog::Cosign(log_.witness(3).key(), "another text\n", tlog::kNow)));
  });
  Start();
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Await(10, 2), (Lines{"w.org/1", "w.org/2", "x.org/log"}));
  EXPECT_EQ(Events(4), (Lines{"quorum", "w1", "w2", "w3: the cosignature by 'w.org/3' is not over this checkpoint"}));
}

// Nothing is kept: the witnesses say what they know.
TEST_F(CosignerTest, ARestartGoesOnWhereItWas) {
  Start();
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Await(10, 3).size(), 4U);
  cosigner_ = nullptr;
  Start();
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Await(10, 3), (Lines{"w.org/1", "w.org/2", "w.org/3", "x.org/log"}));
  cosigner_->Submit(log_.Checkpoint(20));
  EXPECT_EQ(Await(20, 3).size(), 4U);
  EXPECT_EQ(log_.witness(1).asked(), (std::vector<std::uint64_t>{0, 0, 10, 10}));
}

TEST_F(CosignerTest, APolicyThatNeedsNobodyIsSatisfiedAtOnce) {
  for (const std::size_t number : {1U, 2U, 3U}) {
    log_.witness(number).Hold();
  }
  Start(std::chrono::hours(1), log_.Policy("quorum none\n"));
  cosigner_->Submit(log_.Checkpoint(10));
  EXPECT_EQ(Await(10, 0), (Lines{"x.org/log"}));
  log_.witness(2).Release();
  EXPECT_EQ(Await(10, 1), (Lines{"w.org/2", "x.org/log"}));
}

TEST_F(CosignerTest, WaitingHasAnEndAndSoHasACall) {
  log_.witness(1).Hold();
  log_.witness(2).Hold();
  Start();
  cosigner_->Submit(log_.Checkpoint(10));
  const auto before = std::chrono::steady_clock::now();
  cosigner_->Await(milliseconds(10));
  cosigner_ = nullptr;  // two calls are under way, which nobody answers
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
}

}  // namespace
}  // namespace escrow::publish
