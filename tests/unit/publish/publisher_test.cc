#include "publish/publisher.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "journal/memory/memory_journal.h"
#include "publish/durable_file.h"
#include "support/temp_folder.h"
#include "tlog/note.h"
#include "unit/journal/groups.h"
#include "unit/publish/fake_witnesses.h"

namespace escrow::publish {
namespace {

using journal::test::GroupMaker;

class PublisherTest : public testing::Test {
 protected:
  void Write(std::size_t events) { ASSERT_TRUE(journal_.Append(maker_.Make(events)).ok()); }

  absl::StatusOr<std::unique_ptr<Publisher>> Start(const journal::Journal& journal) {
    return Start(journal, std::chrono::milliseconds(0), nullptr);
  }
  // With one witness, which is the quorum, when there is one.
  absl::StatusOr<std::unique_ptr<Publisher>> Start(const journal::Journal& journal, std::chrono::milliseconds patience,
                                                   std::unique_ptr<test::FakeWitness>* witness) {
    absl::StatusOr<std::unique_ptr<Signer>> signer =
        Signer::Open({.key = folder_.path() + "/key", .last = folder_.path() + "/last"}, "example.com/log");
    EXPECT_TRUE(signer.ok()) << signer.status();
    PublisherOptions options;
    options.folder = folder_.path() + "/public";
    options.look_pause = std::chrono::milliseconds(1);
    options.checkpoint_pause = std::chrono::milliseconds(1);
    options.save_events = 1'000;
    options.quorum_patience = patience;
    options.last_quorum_patience = std::chrono::seconds(20);
    if (witness == nullptr) {
      return Publisher::Start(options, journal, *std::move(signer));
    }
    if (*witness == nullptr) {
      *witness = std::make_unique<test::FakeWitness>(1, (*signer)->verifier());
    }
    policy_ = tlog::Policy::Parse("log " + (*signer)->verifier().Format() + "\nwitness w " +
                                  (*witness)->key().verifier().Format() + "\nquorum w\n")
                  .value();
    Witnessing witnessing{.policy = *policy_, .connections = {}};
    witnessing.connections.emplace(0, (*witness)->Connect());
    return Publisher::Start(options, journal, *std::move(signer), std::move(witnessing));
  }

  // The newest checkpoint once it has this size, or the error with which publishing stopped.
  static absl::StatusOr<tlog::Checkpoint> Await(const Publisher& publisher, std::uint64_t size) {
    for (;;) {
      const auto newest = publisher.checkpoint();
      if (newest.ok() ? (*newest)->checkpoint.size >= size : !absl::IsUnavailable(newest.status())) {
        return newest.ok() ? absl::StatusOr<tlog::Checkpoint>((*newest)->checkpoint) : newest.status();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // The checkpoint in the file: its size, and whether the quorum is there.
  std::pair<std::uint64_t, bool> Shown() const {
    const auto text = ReadFile(folder_.path() + "/public/checkpoint", tlog::kNoteBytesMax);
    const auto checkpoint = tlog::ParseSignedCheckpoint(text.ok() ? *text : "");
    if (!checkpoint.ok()) {
      return {0, false};
    }
    return {checkpoint->checkpoint.size, policy_->Check(*checkpoint).ok()};
  }
  // Until the file has this one, and readers too.
  void AwaitShown(const Publisher& publisher, std::uint64_t size, bool quorum) const {
    const auto there = [&] {
      const auto shown = publisher.shown_checkpoint();
      return shown.ok() && (*shown)->checkpoint.size == size && policy_->Check(**shown).ok() == quorum &&
             Shown() == std::pair(size, quorum);
    };
    for (int i = 0; i < 20'000 && !there(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(there()) << size << " is not shown " << (quorum ? "with" : "without") << " its quorum";
  }

  escrow::test::TempFolder folder_;
  journal::MemoryJournal journal_;
  GroupMaker maker_;
  std::optional<tlog::Policy> policy_;
};

TEST_F(PublisherTest, WhatIsDurableIsPublishedWithTheJournalsRoot) {
  Write(3);
  const auto publisher = *Start(journal_);
  EXPECT_EQ(Await(*publisher, 3)->root, journal_.tail().root);
  Write(700);
  EXPECT_EQ(Await(*publisher, 703)->root, journal_.tail().root);
  EXPECT_EQ(publisher->log().size(), 703U);
  EXPECT_EQ(publisher->log().ReadBundle(702, 1)->substr(2), GroupMaker::EventAt(703));
}

TEST_F(PublisherTest, AStopPublishesTheLastEvents) {
  Write(1);
  {
    const auto publisher = *Start(journal_);
    ASSERT_TRUE(Await(*publisher, 1).ok());
    Write(40'000);
  }
  const auto publisher = *Start(journal_);
  EXPECT_EQ(Await(*publisher, 1)->size, 40'001U);
}

// As kill -9 does: the files are further than the last save, or not there at all.
TEST_F(PublisherTest, WhatACrashTookIsMadeAgain) {
  Write(2'500);
  {
    const auto publisher = *Start(journal_);
    ASSERT_TRUE(Await(*publisher, 2'500).ok());
  }
  for (const char* lost : {"public/state", "public/hashes-0", "public"}) {
    std::filesystem::remove_all(folder_.path() + "/" + lost);
    const auto publisher = *Start(journal_);
    const absl::StatusOr<tlog::Checkpoint> newest = Await(*publisher, 2'500);
    ASSERT_TRUE(newest.ok()) << lost << ": " << newest.status();
    EXPECT_EQ(newest->root, journal_.tail().root) << lost;
  }
}

TEST_F(PublisherTest, AJournalThatWasRolledBackIsRefusedAtOnce) {
  Write(10);
  {
    const auto publisher = *Start(journal_);
    ASSERT_TRUE(Await(*publisher, 10).ok());
  }
  journal::MemoryJournal older;
  ASSERT_TRUE(older.Append(GroupMaker().Make(9)).ok());
  EXPECT_TRUE(absl::IsDataLoss(Start(older).status()));
}

TEST_F(PublisherTest, AnotherHistoryIsNotPublished) {
  Write(10);
  {
    const auto publisher = *Start(journal_);
    ASSERT_TRUE(Await(*publisher, 10).ok());
  }
  journal::MemoryJournal other;
  GroupMaker maker;
  ASSERT_TRUE(other.Append(maker.Make({"something else"})).ok());
  ASSERT_TRUE(other.Append(maker.Make(20)).ok());
  const auto publisher = *Start(other);
  const absl::StatusOr<tlog::Checkpoint> stopped = Await(*publisher, 21);
  EXPECT_TRUE(absl::IsDataLoss(stopped.status())) << stopped.status();
  EXPECT_NE(stopped.status().message().find("history was changed"), std::string::npos) << stopped.status();
}

TEST_F(PublisherTest, ACosignedCheckpointIsShown) {
  Write(3);
  std::unique_ptr<test::FakeWitness> witness;
  const auto publisher = *Start(journal_, std::chrono::hours(1), &witness);
  AwaitShown(*publisher, 3, true);
  Write(4);
  AwaitShown(*publisher, 7, true);
  EXPECT_EQ((*publisher->shown_checkpoint())->note, publisher->cosigned_checkpoint()->note);
  EXPECT_EQ((*publisher->checkpoint())->note, publisher->cosigned_checkpoint()->note);
}

// The newest is there for who asks for it; strangers see the cosigned one until patience ends.
TEST_F(PublisherTest, ASlowWitnessDelaysNothing) {
  Write(3);
  std::unique_ptr<test::FakeWitness> witness;
  const auto publisher = *Start(journal_, std::chrono::hours(1), &witness);
  AwaitShown(*publisher, 3, true);
  witness->Hold();
  Write(4);
  EXPECT_EQ(Await(*publisher, 7)->root, journal_.tail().root);
  Write(1);
  EXPECT_EQ(Await(*publisher, 8)->root, journal_.tail().root);
  EXPECT_EQ((*publisher->shown_checkpoint())->checkpoint.size, 3U);
  EXPECT_EQ(publisher->cosigned_checkpoint()->checkpoint.size, 3U);
  EXPECT_EQ(Shown(), std::pair(std::uint64_t{3}, true));
  witness->Release();
  AwaitShown(*publisher, 8, true);
}

TEST_F(PublisherTest, AfterItsPatienceItShowsTheNewest) {
  Write(3);
  std::unique_ptr<test::FakeWitness> witness;
  const auto publisher = *Start(journal_, std::chrono::milliseconds(1), &witness);
  AwaitShown(*publisher, 3, true);
  witness->Hold();
  Write(4);
  AwaitShown(*publisher, 7, false);
  EXPECT_EQ(publisher->cosigned_checkpoint()->checkpoint.size, 3U);
  witness->Release();
  AwaitShown(*publisher, 7, true);
}

TEST_F(PublisherTest, AStopHasTheLastCheckpointCosigned) {
  Write(1);
  std::unique_ptr<test::FakeWitness> witness;
  {
    const auto publisher = *Start(journal_, std::chrono::hours(1), &witness);
    AwaitShown(*publisher, 1, true);
    Write(5);
  }
  EXPECT_EQ(Shown(), std::pair(std::uint64_t{6}, true));
  witness->Answers([](const std::string&) -> test::Answer { return absl::UnavailableError("dead"); });
  {
    const auto publisher = *Start(journal_, std::chrono::hours(1), &witness);
    AwaitShown(*publisher, 6, false);
    Write(2);
  }
  EXPECT_EQ(Shown(), std::pair(std::uint64_t{8}, false)) << "who is dead is not waited for";
}

// A journal whose events are not those that its roots were made of.
TEST_F(PublisherTest, EventsThatDoNotGiveTheirRootAreNotPublished) {
  journal::Group group = maker_.Make(5);
  group.bytes[0] = static_cast<char>(group.bytes[0] ^ 1);
  ASSERT_TRUE(journal_.Append(group).ok());
  const auto publisher = *Start(journal_);
  EXPECT_TRUE(absl::IsDataLoss(Await(*publisher, 5).status()));
}

}  // namespace
}  // namespace escrow::publish
