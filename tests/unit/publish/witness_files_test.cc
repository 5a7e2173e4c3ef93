#include "publish/witness_files.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "publish/durable_file.h"
#include "support/temp_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"

namespace escrow::publish {
namespace {

using tlog::WitnessedCheckpoint;

constexpr char kOrigin[] = "example.com/log";

WitnessedCheckpoint Newest(std::uint64_t size) {
  static const tlog::SignerKey key = tlog::SignerKey::Generate(kOrigin, tlog::SignatureType::kEd25519);
  tlog::Hash root{};
  root[0] = static_cast<std::uint8_t>(size);
  const tlog::SignedCheckpoint checkpoint =
      tlog::SignCheckpoint({.origin = kOrigin, .size = size, .root = root, .extensions = {}}, key);
  return {.size = size, .root = root, .note = tlog::FormatNote(checkpoint.note)};
}

class WitnessFilesTest : public testing::Test {
 protected:
  test::TempFolder folder_;
  WitnessFiles files_{folder_.path()};
};

TEST_F(WitnessFilesTest, ALogIsUnknownUntilItsFirstCheckpoint) {
  EXPECT_FALSE(files_.Load(kOrigin)->has_value());
  EXPECT_FALSE(*files_.Replace(kOrigin, Newest(1), Newest(2))) << "nothing is there that could be compared with";
  EXPECT_TRUE(*files_.Replace(kOrigin, std::nullopt, Newest(1)));
  EXPECT_FALSE(files_.Load("example.com/other")->has_value());
}

TEST_F(WitnessFilesTest, WhatIsReplacedIsWhatWasCompared) {
  ASSERT_TRUE(*files_.Replace(kOrigin, std::nullopt, Newest(3)));
  EXPECT_FALSE(*files_.Replace(kOrigin, std::nullopt, Newest(4)));
  EXPECT_FALSE(*files_.Replace(kOrigin, Newest(2), Newest(4)));
  WitnessedCheckpoint other_root = Newest(3);
  other_root.root[31] = 1;
  EXPECT_FALSE(*files_.Replace(kOrigin, other_root, Newest(4)));
  EXPECT_TRUE(*files_.Replace(kOrigin, Newest(3), Newest(4)));
  WitnessFiles again(folder_.path());  // after a restart
  EXPECT_EQ((*again.Load(kOrigin))->size, 4U);
  EXPECT_EQ((*again.Load(kOrigin))->note, Newest(4).note);
}

TEST_F(WitnessFilesTest, OfManyAtOnceOneSucceeds) {
  ASSERT_TRUE(*files_.Replace(kOrigin, std::nullopt, Newest(1)));
  std::atomic<int> replaced = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { replaced += *files_.Replace(kOrigin, Newest(1), Newest(2 + i)) ? 1 : 0; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(replaced, 1);
}

TEST_F(WitnessFilesTest, ADamagedFileIsAnErrorAndStays) {
  ASSERT_TRUE(*files_.Replace(kOrigin, std::nullopt, Newest(1)));
  const std::string path = std::filesystem::directory_iterator(folder_.path())->path().string();
  ASSERT_TRUE(ReplaceFile(path, "nonsense").ok());
  EXPECT_TRUE(absl::IsDataLoss(files_.Load(kOrigin).status()));
  EXPECT_TRUE(absl::IsDataLoss(files_.Replace(kOrigin, std::nullopt, Newest(1)).status()));
}

}  // namespace
}  // namespace escrow::publish
