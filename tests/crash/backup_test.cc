// Backups: of a running server, of a log that lies, of one that went back; restored, verified, damaged.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "api/server.h"
#include "base/clock.h"
#include "crash/damage.h"
#include "crash/log_image.h"
#include "engine/engine.h"
#include "escrowctl/backup/backup_command.h"
#include "escrowctl/backup/log_copy.h"
#include "escrowctl/backup/verify_log.h"
#include "journal/rocks/rocks_journal.h"
#include "operator_key.h"
#include "support/commands.h"
#include "support/engine_client.h"
#include "support/temp_folder.h"
#include "tlog/merkle.h"

namespace escrow::ctl {
namespace {

namespace fs = std::filesystem;
using journal::RocksJournal;

void NoProgress(std::uint64_t, std::uint64_t) {}

// A source that can lie.
class FakeSource final : public LogSource {
 public:
  FakeSource(std::vector<std::string> events, std::uint64_t end) : events_(std::move(events)) {
    tlog::TreeHasher hasher;
    tlog::CompactRange tree;
    for (std::uint64_t i = 0; i < end; ++i) {
      tree.Append(hasher.Leaf(events_[i]), hasher);
    }
    end_ = {.sequence = end, .root = tree.Root(hasher)};
  }
  absl::StatusOr<journal::Tail> End() override { return end_; }
  absl::Status Read(std::uint64_t first, std::uint64_t last, const journal::Journal::Visitor& visit) override {
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      const bool go_on = sequence == left_out || visit(sequence, sequence == changed ? "other" : events_[sequence - 1]);
      if (!go_on) {
        break;
      }
    }
    return absl::OkStatus();
  }

  std::uint64_t changed = 0;
  std::uint64_t left_out = 0;

 private:
  std::vector<std::string> events_;
  journal::Tail end_;
};

class BackupTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    image_folder_ = new test::TempFolder;
    image_ = new test::LogImage(image_folder_->path() + "/image");
  }
  static void TearDownTestSuite() {
    delete image_;
    delete image_folder_;
  }

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  [[nodiscard]] FakeSource Source(std::uint64_t end) const { return {image_->events(), end}; }
  [[nodiscard]] static std::uint64_t End() { return image_->landmarks().end; }

  absl::StatusOr<CopyResult> CopyTo(const std::string& backup, LogSource& source) const {
    const auto target = RocksJournal::Open({.directory = backup, .create = true, .anchor_path = backup + "/verified"});
    EXPECT_TRUE(target.ok()) << target.status();
    return CopyLog(source, **target, NoProgress);
  }

  // The sentences of a verification, or what it found.
  static std::string Verify(const std::string& folder) {
    std::ostringstream out;
    const absl::Status status = VerifyBackup(folder, "", {.out = out});
    return status.ok() ? out.str() : std::string(status.message());
  }

  const test::TempFolder folder_;
  std::ostringstream out_;
  static const test::TempFolder* image_folder_;
  static const test::LogImage* image_;
};
const test::TempFolder* BackupTest::image_folder_;
const test::LogImage* BackupTest::image_;

TEST_F(BackupTest, GoesOnWhereItEnded) {
  FakeSource half = Source(image_->landmarks().older_snapshot);
  ASSERT_TRUE(CopyTo(Path("backup"), half).ok());
  FakeSource whole = Source(End());
  const auto result = CopyTo(Path("backup"), whole);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->before, image_->landmarks().older_snapshot);
  EXPECT_EQ(result->end.sequence, End());
  const auto copy = RocksJournal::OpenForReading({.directory = Path("backup")});
  ASSERT_TRUE(copy.ok()) << copy.status();
  std::vector<std::string> events;
  ASSERT_TRUE((*copy)
                  ->Read(1,
                         [&](std::uint64_t, std::string_view bytes) {
                           events.emplace_back(bytes);
                           return true;
                         })
                  .ok());
  EXPECT_EQ(events, image_->events());
}

// Goal: nothing that a source makes up counts as verified, and the good part can still be restored.
TEST_F(BackupTest, ALyingSourceIsFoundOut) {
  FakeSource half = Source(image_->landmarks().older_snapshot);
  ASSERT_TRUE(CopyTo(Path("backup"), half).ok());
  FakeSource lying = Source(End());
  lying.changed = End() - 1;
  const auto result = CopyTo(Path("backup"), lying);
  ASSERT_TRUE(absl::IsDataLoss(result.status())) << result.status();
  const std::string message(result.status().message());
  EXPECT_NE(message.find("is not to be trusted; first bad position: event 605"), std::string::npos) << result.status();
  ASSERT_TRUE(RestoreBackup({.from = Path("backup"), .to = Path("restored")}, {.out = out_}).ok());
  EXPECT_NE(Verify(Path("restored")).find("verified " + std::to_string(image_->landmarks().older_snapshot)),
            std::string::npos);

  FakeSource gap = Source(End());
  gap.left_out = 5;
  EXPECT_TRUE(absl::IsDataLoss(CopyTo(Path("other"), gap).status()));
}

TEST_F(BackupTest, AnotherOrAnOlderLogIsRefused) {
  FakeSource whole = Source(End());
  ASSERT_TRUE(CopyTo(Path("backup"), whole).ok());
  FakeSource older = Source(image_->landmarks().newer_snapshot);
  EXPECT_TRUE(absl::IsFailedPrecondition(CopyTo(Path("backup"), older).status()));
  FakeSource other(std::vector<std::string>(End() + 5, "x"), End() + 5);
  EXPECT_TRUE(absl::IsFailedPrecondition(CopyTo(Path("backup"), other).status()));
  EXPECT_TRUE(CopyTo(Path("backup"), whole).ok());
}

TEST_F(BackupTest, ARestoredLogDoesNotStartByItself) {
  ASSERT_TRUE(RestoreBackup({.from = image_->directory(), .to = Path("new")}, {.out = out_}).ok());
  EXPECT_FALSE(RestoreBackup({.from = image_->directory(), .to = Path("new")}, {.out = out_}).ok()) << "not empty";
  EXPECT_TRUE(absl::IsDataLoss(RocksJournal::Open({.directory = Path("new"), .create = true}).status()));
  {
    const auto journal = RocksJournal::Open({.directory = Path("new"), .accept_rollback = true});
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_EQ((*journal)->tail().sequence, End());
  }
  EXPECT_TRUE(RocksJournal::Open({.directory = Path("new"), .create = true}).ok());
}

TEST_F(BackupTest, VerificationSaysWhatItChecked) {
  const std::string found = Verify(image_->directory());
  for (const char* words :
       {"The groups of the log join", "The anchor remembers event", "the Merkle root of every group",
        "applied to an empty machine", "The ledger adds up", "Every block of every file", "verified"}) {
    EXPECT_NE(found.find(words), std::string::npos) << words << " is not in\n" << found;
  }
  EXPECT_NE(found.find("The snapshot at event " + std::to_string(image_->landmarks().newer_snapshot)),
            std::string::npos);
}

TEST_F(BackupTest, VerificationAndSalvageOfADamagedLog) {
  fs::copy(image_->directory(), Path("damaged"), fs::copy_options::recursive);
  test::ForgeEvent(Path("damaged"), 700);
  EXPECT_NE(Verify(Path("damaged")).find("first bad position: event 700;"), std::string::npos)
      << Verify(Path("damaged"));
  test::FlipBit(test::Snapshots(Path("damaged")).front(), fs::file_size(test::Snapshots(Path("damaged")).front()) / 2);
  EXPECT_NE(Verify(Path("damaged")).find("do not have its digest"), std::string::npos) << Verify(Path("damaged"));
  test::DeleteGroup(Path("damaged"), 600);
  const RestoreOptions salvage{.from = Path("damaged"), .to = Path("salvaged"), .salvage = true};
  ASSERT_TRUE(RestoreBackup(salvage, {.out = out_}).ok());
  EXPECT_NE(Verify(Path("salvaged")).find("verified 599 events"), std::string::npos) << Verify(Path("salvaged"));
}

// Goal: the whole way, over gRPC, beside a server that goes on.
TEST_F(BackupTest, OfARunningServer) {
  const base::SystemClock clock;
  const auto journal = RocksJournal::Open({.directory = Path("data"), .create = true});
  ASSERT_TRUE(journal.ok()) << journal.status();
  const auto engine = engine::Engine::Open({}, **journal, clock, NoProgress);
  ASSERT_TRUE(engine.ok()) << engine.status();
  ASSERT_TRUE(daemon::EnsureOperatorKey(**engine, Path("data")).ok());
  std::string key;
  std::ifstream(Path("data") + "/operator.key") >> key;
  api::ServerOptions options;
  options.listen = "127.0.0.1:0";
  const auto server = api::Server::Start(options, **engine, nullptr);
  ASSERT_TRUE(server.ok()) << server.status();
  ConnectionOptions where;
  where.address = "127.0.0.1:" + std::to_string((*server)->port());
  where.api_key = key;
  const auto client = Client::Connect(where);
  ASSERT_TRUE(client.ok()) << client.status();
  for (std::uint64_t round = 1; round <= 2; ++round) {
    for (std::uint64_t i = 0; i < 300; ++i) {
      const std::uint64_t number = 1'000 * round + i;
      ASSERT_TRUE(test::Execute(**engine, test::Operator(), test::CreatePlatform(number, "p" + std::to_string(number)))
                      .accepted());
    }
    const absl::Status status = CreateBackup(**client, Path("backup"), {.out = out_});
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_NE(Verify(Path("backup")).find("verified " + std::to_string((*journal)->tail().sequence) + " events"),
              std::string::npos);
  }
  (*server)->Drain(std::chrono::seconds(5));
}

}  // namespace
}  // namespace escrow::ctl
