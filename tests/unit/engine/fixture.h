#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/replay.h"
#include "journal/memory/memory_journal.h"
#include "support/commands.h"
#include "support/engine_client.h"
#include "support/fault_journal.h"
#include "support/manual_clock.h"

namespace escrow::engine {

inline void NoProgress(std::uint64_t, std::uint64_t) {}

// An engine with a real machine on a journal in memory that can be made to fail.
class EngineTest : public testing::Test {
 protected:
  EngineTest() { options_.disk_free_bytes_min = 1'000; }

  void Open() {
    auto opened = Engine::Open(options_, journal_, clock_, NoProgress);
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }
  void Close() { engine_.reset(); }
  void Reopen() {
    Close();
    Open();
  }

  [[nodiscard]] core::Outcome Execute(const v1::Principal& actor, const v1::Command& command) {
    return escrow::test::Execute(*engine_, actor, command);
  }
  // Platform "shop" with the parties "buyer" and "seller".
  void MakeShop(bool sandbox = false) {
    ASSERT_TRUE(Execute(operator_, escrow::test::CreatePlatform(next_++, "shop", sandbox)).accepted());
    ASSERT_TRUE(Execute(shop_, escrow::test::CreateParty(next_++, "shop", "buyer")).accepted());
    ASSERT_TRUE(Execute(shop_, escrow::test::CreateParty(next_++, "shop", "seller")).accepted());
  }
  // Some platforms, one command and one event each.
  void MakePlatforms(int count) {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t number = next_++;
      ASSERT_TRUE(Execute(operator_, escrow::test::CreatePlatform(number, "p" + std::to_string(number))).accepted());
    }
  }

  [[nodiscard]] journal::Hash Digest() {
    journal::Hash digest{};
    const v1::Reason refusal =
        engine_->QueryAndWait([&](const core::Machine& machine, base::Time) { digest = StateDigest(machine); });
    EXPECT_EQ(refusal, v1::REASON_UNSPECIFIED);
    return digest;
  }
  [[nodiscard]] journal::Hash ReplayedDigest() {
    const auto replayed = ReplayFromZero(journal_, journal_.tail().sequence, NoProgress);
    EXPECT_TRUE(replayed.ok()) << replayed.status();
    return replayed.ok() ? replayed->digest : journal::Hash{};
  }

  template <class T>
  [[nodiscard]] static bool Ready(std::future<T>& future, int milliseconds) {
    return future.wait_for(std::chrono::milliseconds(milliseconds)) == std::future_status::ready;
  }

  EngineOptions options_;
  journal::MemoryJournal memory_;
  escrow::test::FaultJournal journal_{memory_};
  escrow::test::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  std::uint64_t next_ = 1;
  const v1::Principal operator_ = escrow::test::Operator();
  const v1::Principal shop_ = escrow::test::PlatformPrincipal("shop");
};

}  // namespace escrow::engine
