#include "edge/public_site.h"

#include <gtest/gtest.h>

#include <thread>

#include "journal/memory/memory_journal.h"
#include "support/temp_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/tile.h"
#include "unit/journal/groups.h"

namespace escrow::edge {
namespace {

using journal::test::GroupMaker;

constexpr std::size_t kEvents = 600;

class PublicSiteTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(journal_.Append(maker_.Make(kEvents)).ok());
    auto signer =
        publish::Signer::Open({.key = folder_.path() + "/key", .last = folder_.path() + "/last"}, "x.org/log");
    ASSERT_TRUE(signer.ok());
    publish::PublisherOptions options;
    options.folder = folder_.path() + "/public";
    publisher_ = publish::Publisher::Start(options, journal_, *std::move(signer)).value();
    while (!publisher_->checkpoint().ok()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  [[nodiscard]] HttpResponse Get(const std::string& target, PublicEntries entries = PublicEntries::kAll) const {
    return PublicSite(*publisher_, entries).Answer({.method = "GET", .target = target, .body = ""});
  }

  test::TempFolder folder_;
  journal::MemoryJournal journal_;
  GroupMaker maker_;
  std::unique_ptr<publish::Publisher> publisher_;
};

TEST_F(PublicSiteTest, TheCheckpointIsTextAndShortLived) {
  const HttpResponse answer = Get("/checkpoint");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(answer.cache_control, "public, max-age=1");
  const auto checkpoint = tlog::ParseSignedCheckpoint(answer.body);
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->checkpoint.size, kEvents);
  EXPECT_EQ(checkpoint->checkpoint.root, journal_.tail().root);
}

// Whoever has all tiles of level 0 can make the root himself.
TEST_F(PublicSiteTest, TilesGiveTheRoot) {
  tlog::TreeHasher hasher;
  tlog::CompactRange tree;
  for (const char* target : {"/tile/0/000", "/tile/0/001", "/tile/0/002.p/88"}) {
    const HttpResponse answer = Get(target);
    ASSERT_EQ(answer.status, 200U) << target;
    EXPECT_EQ(answer.content_type, "application/octet-stream");
    EXPECT_NE(answer.cache_control.find("immutable"), std::string::npos);
    for (std::size_t at = 0; at < answer.body.size(); at += 32) {
      tlog::Hash leaf;
      std::copy_n(answer.body.begin() + static_cast<std::ptrdiff_t>(at), 32, leaf.begin());
      tree.Append(leaf, hasher);
    }
  }
  EXPECT_EQ(tree.size(), kEvents);
  EXPECT_EQ(tree.Root(hasher), journal_.tail().root);
  EXPECT_EQ(Get("/tile/1/000.p/2").body.size(), 64U);
}

TEST_F(PublicSiteTest, BundlesHoldTheStoredBytes) {
  const HttpResponse answer = Get("/tile/entries/002.p/88");
  ASSERT_EQ(answer.status, 200U);
  const auto entries = tlog::ParseEntryBundle(answer.body, 88);
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->front(), GroupMaker::EventAt(513));
  EXPECT_EQ(entries->back(), GroupMaker::EventAt(600));
}

TEST_F(PublicSiteTest, EntriesThatAreNotPublicAreForbiddenAndTheirHashesAreNot) {
  EXPECT_EQ(Get("/tile/entries/000", PublicEntries::kNone).status, 403U);
  EXPECT_EQ(Get("/tile/0/000", PublicEntries::kNone).status, 200U);
}

TEST_F(PublicSiteTest, WhatTheCheckpointDoesNotCoverIsNotThere) {
  for (const char* target : {"/tile/0/002", "/tile/0/002.p/89", "/tile/0/003.p/1", "/tile/1/000", "/tile/1/000.p/3",
                             "/tile/2/000.p/1", "/tile/63/000.p/1", "/tile/entries/002", "/tile/0/x999/x999/x999/999",
                             "/", "/checkpoint/", "/tile/0/0", "/tile/0/000?x", "/tile/../checkpoint", ""}) {
    EXPECT_EQ(Get(target).status, 404U) << target;
  }
}

TEST_F(PublicSiteTest, OnlyReadingIsAllowed) {
  const PublicSite site(*publisher_, PublicEntries::kAll);
  EXPECT_EQ(site.Answer({.method = "POST", .target = "/checkpoint", .body = ""}).status, 405U);
}

}  // namespace
}  // namespace escrow::edge
