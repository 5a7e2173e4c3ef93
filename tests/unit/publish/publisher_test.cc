#include "publish/publisher.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "journal/memory/memory_journal.h"
#include "publish/durable_file.h"
#include "support/temp_folder.h"
#include "unit/journal/groups.h"

namespace escrow::publish {
namespace {

using journal::test::GroupMaker;

class PublisherTest : public testing::Test {
 protected:
  void Write(std::size_t events) { ASSERT_TRUE(journal_.Append(maker_.Make(events)).ok()); }

  absl::StatusOr<std::unique_ptr<Publisher>> Start(const journal::Journal& journal) {
    absl::StatusOr<std::unique_ptr<Signer>> signer =
        Signer::Open({.key = folder_.path() + "/key", .last = folder_.path() + "/last"}, "example.com/log");
    EXPECT_TRUE(signer.ok()) << signer.status();
    PublisherOptions options;
    options.folder = folder_.path() + "/public";
    options.look_pause = std::chrono::milliseconds(1);
    options.checkpoint_pause = std::chrono::milliseconds(1);
    options.save_events = 1'000;
    return Publisher::Start(options, journal, *std::move(signer));
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

  test::TempFolder folder_;
  journal::MemoryJournal journal_;
  GroupMaker maker_;
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
