#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "unit/vault/fixture.h"

// Goal: the power may go at every step of every write. The log is what the script says it is: a command is durable or
// not, the vault follows.
namespace escrow::vault::test {
namespace {

using escrow::test::CrashDisk;

// A vault and its log, through the hands of one caller, up to the cut.
class Script {
 public:
  explicit Script(CrashDisk& disk) : disk_(disk) {}

  // Ada has two records and one that the log refuses; Bob one; Ada is erased; Eve comes, into her slot.
  void Run() {
    OpenReport report;
    auto vault = Open(disk_, Kept(), report);
    if (!vault.ok()) {
      return;
    }
    Put(**vault, kAda, "r1", "Ada", true);
    Put(**vault, kAda, "r2", "at home", true);
    Put(**vault, kAda, "r3", "refused", false);
    Put(**vault, kBob, "r4", "Bob", true);
    Erase(**vault, kAda);
    Put(**vault, "eve", "r5", "Eve", true);
  }

  [[nodiscard]] std::vector<Subject> Kept() const {
    std::vector<Subject> kept;
    for (const auto& [name, records] : log_) {
      Subject& subject = kept.emplace_back(Subject{.name = name, .records = {}});
      for (const auto& [commitment, content] : records) {
        subject.records.push_back(commitment);
      }
    }
    return kept;
  }

  // After the cut, and an Open: what the log has is whole, what it has not is gone.
  void Check(Vault& vault) const {
    for (const auto& [name, records] : log_) {
      for (const auto& [commitment, content] : records) {
        EXPECT_EQ(Content(vault, name, commitment), content);
      }
    }
    for (const std::string& wrapped : erased_) {
      EXPECT_FALSE(disk_.Holds(wrapped));
    }
    for (const auto& [name, commitment] : gone_) {
      EXPECT_EQ(Content(vault, name, commitment), "NOT_FOUND");
    }
  }

  // An erasure that was acknowledged needs no Open.
  void CheckAcknowledged() const {
    for (const std::string& wrapped : acknowledged_) {
      EXPECT_FALSE(disk_.Holds(wrapped));
    }
  }

 private:
  void Put(Vault& vault, const std::string& subject, std::string_view request, const std::string& content, bool taken) {
    if (disk_.dead()) {
      return;
    }
    const absl::StatusOr<Commitment> commitment = vault.Put(subject, request, content);
    if (!commitment.ok()) {
      return;
    }
    if (taken) {
      log_[subject][*commitment] = content;
    } else {
      gone_.emplace_back(subject, *commitment);
    }
    EXPECT_TRUE(vault.Settle(subject, *commitment, taken).ok() || disk_.dead());
  }

  void Erase(Vault& vault, const std::string& subject) {
    if (disk_.dead()) {
      return;
    }
    const std::string keys = disk_.at("keys");
    const std::size_t at = keys.find(subject);
    ASSERT_NE(at, std::string::npos);
    // The two keys without nonce and tag: what a torn write leaves of the slot must not hold half of them either, once
    // the next start has been.
    for (std::size_t i = 0; i + 8 <= 64; i += 8) {
      erased_.push_back(keys.substr(at + subject.size() + 12 + i, 8));
    }
    for (const auto& [commitment, content] : log_[subject]) {
      gone_.emplace_back(subject, commitment);
    }
    log_.erase(subject);  // the event is durable; now the keys
    if (vault.Erase(subject).ok()) {
      acknowledged_ = erased_;
    }
  }

  CrashDisk& disk_;
  std::map<std::string, std::map<Commitment, std::string>> log_;
  std::vector<std::pair<std::string, Commitment>> gone_;
  std::vector<std::string> erased_;
  std::vector<std::string> acknowledged_;
};

TEST(PowerCutTest, EveryStep) {
  std::uint64_t steps = 0;
  {
    CrashDisk disk;
    Script script(disk);
    script.Run();
    script.Check(*MustOpen(disk, script.Kept()));
    steps = disk.steps();
  }
  EXPECT_GT(steps, 25U);
  std::mt19937_64 random(4);
  for (std::uint64_t n = 1; n <= steps; ++n) {
    for (int attempt = 0; attempt < 10; ++attempt) {
      SCOPED_TRACE("cut at step " + std::to_string(n) + ", attempt " + std::to_string(attempt));
      CrashDisk disk;
      Script script(disk);
      disk.CutAt(n);
      script.Run();
      disk.PowerCut(attempt == 0   ? CrashDisk::Keeps::kNothing
                    : attempt == 1 ? CrashDisk::Keeps::kEverything
                                   : CrashDisk::Keeps::kAnything,
                    random);
      script.CheckAcknowledged();
      OpenReport report;
      const auto vault = Open(disk, script.Kept(), report);
      ASSERT_TRUE(vault.ok()) << vault.status();
      EXPECT_EQ(report.missing, 0U);
      script.Check(**vault);
    }
  }
}

// The start itself may be cut, and the start after that.
TEST(PowerCutTest, EveryStepOfTheStartAfterACut) {
  std::mt19937_64 random(5);
  for (std::uint64_t n = 1; n < 40; ++n) {
    for (std::uint64_t again = 1; again < 8; ++again) {
      SCOPED_TRACE("cut at step " + std::to_string(n) + ", the start at step " + std::to_string(again));
      CrashDisk disk;
      Script script(disk);
      disk.CutAt(n);
      script.Run();
      disk.PowerCut(CrashDisk::Keeps::kAnything, random);
      disk.CutAt(again);
      OpenReport report;
      (void)Open(disk, script.Kept(), report);
      disk.PowerCut(CrashDisk::Keeps::kAnything, random);
      const auto vault = Open(disk, script.Kept(), report);
      ASSERT_TRUE(vault.ok()) << vault.status();
      script.Check(**vault);
    }
  }
}

// After a write whose outcome is unknown nothing is answered any more, not even what could be read.
TEST(PowerCutTest, AFailedSyncClosesTheVault) {
  CrashDisk disk;
  const auto vault = MustOpen(disk);
  const Commitment commitment = MustPut(*vault, kAda, "r1", "Ada");
  disk.CutAt(1);
  EXPECT_TRUE(absl::IsUnavailable(vault->Erase(kAda)));
  std::mt19937_64 random(6);
  disk.PowerCut(CrashDisk::Keeps::kNothing, random);
  EXPECT_EQ(Content(*vault, kAda, commitment), "UNAVAILABLE");
  EXPECT_TRUE(absl::IsUnavailable(vault->Put(kAda, "r2", "x").status()));
  EXPECT_TRUE(absl::IsUnavailable(vault->Erase(kAda)));
}

}  // namespace
}  // namespace escrow::vault::test
