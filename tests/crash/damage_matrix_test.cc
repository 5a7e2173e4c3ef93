// The damage matrix: whatever happens to the files of a log, a start either recovers everything that was acknowledged
// or refuses, names the first bad position and the runbook, and refuses again the next time. Never silent loss
// (architecture.md §3.7).

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "core/state.h"
#include "crash/damage.h"
#include "crash/log_image.h"
#include "engine/recovery.h"
#include "engine/replay.h"
#include "journal/rocks/anchor.h"
#include "journal/rocks/format.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/scan.h"
#include "support/temp_folder.h"

namespace escrow {
namespace {

namespace fs = std::filesystem;
namespace rocks = journal::rocks;
using test::Landmarks;
using test::Path;

constexpr int kLogContradicts = 78;  // escrowd's exit code

enum class Outcome {
  kRecovers,  // everything acknowledged is there
  kRefuses,   // no start
  // Starts from a snapshot, so the state has everything acknowledged. The history before it is not read at a start (its
  // time would grow with the log); reading it, or `escrowctl backup verify`, refuses.
  kRefusesToRead,
};

// One case. `from` and `to` bound the first bad position.
struct Row {
  const char* name;
  void (*damage)(const Path& directory, const Landmarks& at);
  Outcome outcome = Outcome::kRecovers;
  std::uint64_t (*from)(const Landmarks&) = nullptr;
  std::uint64_t (*to)(const Landmarks&) = nullptr;
};

std::uint64_t First(const Landmarks&) { return 1; }
std::uint64_t AfterOlderSnapshot(const Landmarks& at) { return at.older_snapshot + 1; }
std::uint64_t NewerSnapshot(const Landmarks& at) { return at.newer_snapshot; }
std::uint64_t OlderWal(const Landmarks& at) { return at.newer_snapshot + 1; }
std::uint64_t OlderWalEnd(const Landmarks& at) { return at.older_wal_end; }
std::uint64_t NewestWal(const Landmarks& at) { return at.older_wal_end + 1; }
std::uint64_t LastGroup(const Landmarks& at) { return at.last_group; }
std::uint64_t AfterEnd(const Landmarks& at) { return at.end + 1; }

Path OlderLog(const Path& d) { return test::WriteAheadLogs(d).front(); }
Path NewestLog(const Path& d) { return test::WriteAheadLogs(d).back(); }
// An offset within the record of the last group, whose size is some 2 kB.
std::uint64_t InLastGroup(const Path& d) { return test::WrittenBytes(NewestLog(d)) - 300; }
Path EventTable(const Path& d, std::size_t i) { return test::Tables(d).at(i); }
void FlipMiddle(const Path& file) { test::FlipBit(file, fs::file_size(file) / 2); }
Path Manifest(const Path& d) { return test::FileNamed(d, "MANIFEST-"); }

void SetAnchor(const Path& d, std::uint64_t sequence) {
  ASSERT_TRUE(sequence > 0);
  const auto database = rocks::Database::OpenForReading((d / "log").string());
  ASSERT_TRUE(database.ok()) << database.status();
  journal::Tail end;
  const absl::Status read =
      rocks::VisitGroups(**database, rocks::ScanRead(), sequence, sequence, [&end](const rocks::GroupRow& group) {
        end = group.end();
        return true;
      });
  ASSERT_TRUE(read.ok() && end.sequence == sequence) << "no group ends there";
  ASSERT_TRUE(rocks::Anchor::Create(rocksdb::FileSystem::Default(), (d / "anchor").string(), end).ok());
}

// clang-format off
const Row kRows[] = {
    {"nothing", [](const Path&, const Landmarks&) {}},

    // The write-ahead log.
    {"tail cut off", [](const Path& d, const Landmarks&) { test::Truncate(NewestLog(d), InLastGroup(d)); },
     Outcome::kRefuses, LastGroup, LastGroup},
    {"last group zeroed", [](const Path& d, const Landmarks&) { test::Overwrite(NewestLog(d), InLastGroup(d), 0); },
     Outcome::kRefuses, LastGroup, LastGroup},
    {"last group garbage", [](const Path& d, const Landmarks&) { test::Overwrite(NewestLog(d), InLastGroup(d), -1); },
     Outcome::kRefuses, LastGroup, LastGroup},
    {"bit flip in the last group", [](const Path& d, const Landmarks&) { test::FlipBit(NewestLog(d), InLastGroup(d)); },
     Outcome::kRefuses, LastGroup, LastGroup},
    {"bit flip in the newest log",
     [](const Path& d, const Landmarks&) { test::FlipBit(NewestLog(d), test::WrittenBytes(NewestLog(d)) / 2); },
     Outcome::kRefuses, NewestWal, LastGroup},
    {"bit flip at the start of the newest log", [](const Path& d, const Landmarks&) { test::FlipBit(NewestLog(d), 2); },
     Outcome::kRefuses, NewestWal, NewestWal},
    {"bit flip in the older log",
     [](const Path& d, const Landmarks&) { test::FlipBit(OlderLog(d), test::WrittenBytes(OlderLog(d)) / 2); },
     Outcome::kRefuses, OlderWal, OlderWalEnd},
    {"newest log deleted", [](const Path& d, const Landmarks&) { test::Remove(NewestLog(d)); },
     Outcome::kRefuses, NewestWal, NewestWal},
    {"older log cut in half",
     [](const Path& d, const Landmarks&) { test::Truncate(OlderLog(d), test::WrittenBytes(OlderLog(d)) / 2); },
     Outcome::kRefuses, OlderWal, OlderWalEnd},
    {"older log deleted", [](const Path& d, const Landmarks&) { test::Remove(OlderLog(d)); },
     Outcome::kRefuses, OlderWal, OlderWal},
    {"older log emptied", [](const Path& d, const Landmarks&) { test::Truncate(OlderLog(d), 0); },
     Outcome::kRefuses, OlderWal, OlderWal},
    {"both logs deleted",
     [](const Path& d, const Landmarks&) { test::Remove(NewestLog(d)); test::Remove(OlderLog(d)); },
     Outcome::kRefuses, OlderWal, OlderWal},
    {"a log between them lost and the newest renamed in its place",
     [](const Path& d, const Landmarks&) { fs::rename(NewestLog(d), OlderLog(d)); },
     Outcome::kRefuses, OlderWal, OlderWal},

    // The anchor.
    {"anchor deleted", [](const Path& d, const Landmarks&) { test::Remove(d / "anchor"); },
     Outcome::kRefuses, AfterEnd, AfterEnd},
    {"anchor emptied", [](const Path& d, const Landmarks&) { fs::resize_file(d / "anchor", 0); },
     Outcome::kRefuses, AfterEnd, AfterEnd},
    {"anchor old", [](const Path& d, const Landmarks& at) { SetAnchor(d, at.older_snapshot); }},
    {"newer slot of the anchor flipped", [](const Path& d, const Landmarks&) { test::FlipBit(d / "anchor", 40); }},
    {"older slot of the anchor flipped",
     [](const Path& d, const Landmarks&) { test::FlipBit(d / "anchor", 4'096 + 40); }},
    {"both slots of the anchor flipped",
     [](const Path& d, const Landmarks&) { test::FlipBit(d / "anchor", 40); test::FlipBit(d / "anchor", 4'096 + 40); },
     Outcome::kRefuses, AfterEnd, AfterEnd},
    {"log without its end, and an anchor that is older than what is left: nobody was told of the last group",
     [](const Path& d, const Landmarks& at) { SetAnchor(d, at.older_wal_end);
                                              test::Truncate(NewestLog(d), InLastGroup(d)); }},

    // Tables, and the lists of them.
    {"bit flip in a table of old events", [](const Path& d, const Landmarks&) { FlipMiddle(EventTable(d, 0)); },
     Outcome::kRefusesToRead, First, NewerSnapshot},
    {"bit flip in a newer table of events", [](const Path& d, const Landmarks&) { FlipMiddle(EventTable(d, 1)); },
     Outcome::kRefusesToRead, AfterOlderSnapshot, NewerSnapshot},
    {"bit flip in the footer of a table",
     [](const Path& d, const Landmarks&) { const Path t = EventTable(d, 0); test::FlipBit(t, fs::file_size(t) - 3); },
     Outcome::kRefuses, First, First},
    {"table of old events deleted", [](const Path& d, const Landmarks&) { test::Remove(EventTable(d, 0)); },
     Outcome::kRefuses, First, First},
    {"newer table of events deleted", [](const Path& d, const Landmarks&) { test::Remove(EventTable(d, 1)); },
     Outcome::kRefuses, AfterOlderSnapshot, AfterOlderSnapshot},
    {"table of events cut", [](const Path& d, const Landmarks&) {
       const Path t = EventTable(d, 1); test::Truncate(t, fs::file_size(t) / 2); },
     Outcome::kRefuses, AfterOlderSnapshot, AfterOlderSnapshot},
    {"MANIFEST deleted", [](const Path& d, const Landmarks&) { test::Remove(Manifest(d)); },
     Outcome::kRefuses, First, First},
    {"MANIFEST emptied", [](const Path& d, const Landmarks&) { test::Truncate(Manifest(d), 0); },
     Outcome::kRefuses, First, First},
    {"MANIFEST cut in half",
     [](const Path& d, const Landmarks&) { test::Truncate(Manifest(d), test::WrittenBytes(Manifest(d)) / 2); },
     Outcome::kRefuses, First, AfterEnd},
    {"MANIFEST without its last record",
     [](const Path& d, const Landmarks&) { test::Truncate(Manifest(d), test::WrittenBytes(Manifest(d)) - 3); }},
    {"bit flip in the MANIFEST",
     [](const Path& d, const Landmarks&) { test::FlipBit(Manifest(d), test::WrittenBytes(Manifest(d)) / 2); },
     Outcome::kRefuses, First, First},
    {"CURRENT deleted", [](const Path& d, const Landmarks&) { test::Remove(d / "log" / "CURRENT"); },
     Outcome::kRefuses, First, First},
    {"CURRENT garbage", [](const Path& d, const Landmarks&) { test::Overwrite(d / "log" / "CURRENT", 0, 'x'); },
     Outcome::kRefuses, First, First},
    {"CURRENT emptied", [](const Path& d, const Landmarks&) { test::Truncate(d / "log" / "CURRENT", 0); },
     Outcome::kRefuses, First, First},
    {"files that only help deleted", [](const Path& d, const Landmarks&) {
       test::Remove(test::FileNamed(d, "OPTIONS-")); test::Remove(test::FileNamed(d, "IDENTITY"));
       test::Remove(test::FileNamed(d, "LOG")); test::Remove(test::FileNamed(d, "LOCK")); }},

    // Snapshots: never needed.
    {"newest snapshot damaged", [](const Path& d, const Landmarks&) { FlipMiddle(test::Snapshots(d).back()); }},
    {"newest snapshot's description damaged",
     [](const Path& d, const Landmarks&) {
       const Path newest = test::Snapshots(d).back(); test::FlipBit(newest, fs::file_size(newest) - 40); }},
    {"newest snapshot cut", [](const Path& d, const Landmarks&) { test::Truncate(test::Snapshots(d).back(), 1'000); }},
    {"newest snapshot emptied", [](const Path& d, const Landmarks&) { test::Truncate(test::Snapshots(d).back(), 0); }},
    {"both snapshots damaged", [](const Path& d, const Landmarks&) {
       for (const Path& snapshot : test::Snapshots(d)) { FlipMiddle(snapshot); } }},
    {"older snapshot, on which the newest builds, damaged",
     [](const Path& d, const Landmarks&) { FlipMiddle(test::Snapshots(d).front()); }},
    {"older snapshot, on which the newest builds, deleted",
     [](const Path& d, const Landmarks&) { test::Remove(test::Snapshots(d).front()); }},
    {"newest snapshot deleted", [](const Path& d, const Landmarks&) { test::Remove(test::Snapshots(d).back()); }},
    {"snapshots deleted", [](const Path& d, const Landmarks&) { test::Remove(d / "snapshots"); }},
    {"older snapshot under the newer one's name",
     [](const Path& d, const Landmarks&) { fs::rename(test::Snapshots(d).front(), test::Snapshots(d).back()); }},
    {"half a snapshot left by a crash",
     [](const Path& d, const Landmarks&) { fs::copy(test::Snapshots(d).back(), d / "snapshots" / "draft"); }},

    // Somebody who knows the format.
    {"group deleted", [](const Path& d, const Landmarks& at) { test::DeleteGroup(d, at.newer_snapshot + 2); },
     Outcome::kRefuses, OlderWal, OlderWal},
    {"group deleted before a log begins",
     [](const Path& d, const Landmarks& at) { test::DeleteGroup(d, at.older_wal_end); },
     Outcome::kRefuses, OlderWal, OlderWalEnd},
    {"last group deleted", [](const Path& d, const Landmarks& at) { test::DeleteGroup(d, at.end); },
     Outcome::kRefuses, LastGroup, LastGroup},
    {"first group deleted", [](const Path& d, const Landmarks&) { test::DeleteGroup(d, 1); },
     Outcome::kRefuses, First, First},
    {"old group deleted", [](const Path& d, const Landmarks& at) { test::DeleteGroup(d, at.newer_snapshot); },
     Outcome::kRefusesToRead, AfterOlderSnapshot, NewerSnapshot},
    {"event forged", [](const Path& d, const Landmarks& at) { test::ForgeEvent(d, at.last_group); },
     Outcome::kRefuses, LastGroup, LastGroup},
    {"event forged after the snapshot",
     [](const Path& d, const Landmarks& at) { test::ForgeEvent(d, at.newer_snapshot + 1); },
     Outcome::kRefuses, OlderWal, OlderWal},
    {"old event forged", [](const Path& d, const Landmarks& at) { test::ForgeEvent(d, at.older_snapshot + 1); },
     Outcome::kRefusesToRead, AfterOlderSnapshot, AfterOlderSnapshot},
    {"all groups deleted", [](const Path& d, const Landmarks&) {
       test::ChangeRows(d, [](rocks::Database& db) {
         return db.db().DeleteRange({}, db.groups(), std::string(8, '\0'), std::string(8, '\xff')); }); },
     Outcome::kRefuses, First, First},
    {"format deleted", [](const Path& d, const Landmarks&) {
       test::ChangeRows(d, [](rocks::Database& db) {
         return db.db().Delete({}, db.meta(), rocks::Slice(rocks::kFormatVersionKey)); }); },
     Outcome::kRefuses, First, First},
    {"log folder deleted", [](const Path& d, const Landmarks&) { test::Remove(d / "log"); },
     Outcome::kRefuses, First, First},
};
// clang-format on

class DamageMatrixTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TempFolder;
    image_ = new test::LogImage(folder_->path() + "/image");
  }
  static void TearDownTestSuite() {
    delete image_;
    delete folder_;
  }

  [[nodiscard]] static Path Copy(const std::string& name) {
    Path copy = Path(folder_->path()) / name;
    fs::remove_all(copy);
    fs::copy(image_->directory(), copy, fs::copy_options::recursive);
    return copy;
  }

  // A start as escrowd makes it. Gives the state's digest.
  static absl::StatusOr<journal::Hash> Start(const journal::RocksOptions& options) {
    auto journal = journal::RocksJournal::Open(options);
    if (!journal.ok()) {
      return journal.status();
    }
    const base::SystemClock clock;
    const auto recovered = engine::Recover(**journal, clock, {}, [](std::uint64_t, std::uint64_t) {});
    if (!recovered.ok()) {
      return recovered.status();
    }
    EXPECT_EQ(core::CheckLedger(recovered->machine->state()), "");
    return engine::StateDigest(*recovered->machine);
  }

  // Everything acknowledged is read back.
  static absl::Status ReadAll(const Path& directory, std::uint64_t through) {
    const auto journal = journal::RocksJournal::Open({.directory = directory.string()});
    EXPECT_TRUE(journal.ok()) << journal.status();
    const absl::Status read = (*journal)->Read(1, [](std::uint64_t sequence, std::string_view bytes) {
      return sequence > image_->events().size() || bytes == image_->events()[sequence - 1];
    });
    const auto replayed =
        engine::ReplayFromZero(**journal, (*journal)->tail().sequence, [](std::uint64_t, std::uint64_t) {});
    EXPECT_GE((*journal)->tail().sequence, through);
    EXPECT_TRUE(!read.ok() || !replayed.ok() || replayed->root == (*journal)->tail().root);
    return read.ok() ? replayed.status() : read;
  }

  static void ExpectRefusal(const absl::Status& status, std::uint64_t from, std::uint64_t to,
                            const std::string& runbook = "see deploy/runbooks/") {
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    const std::string text(status.message());
    EXPECT_NE(text.find(runbook), std::string::npos) << text;
    const std::string words = "first bad position: event ";
    const std::size_t at = text.find(words);
    ASSERT_NE(at, std::string::npos) << text;
    const std::uint64_t position = std::strtoull(text.c_str() + at + words.size(), nullptr, 10);
    EXPECT_GE(position, from) << text;
    EXPECT_LE(position, to) << text;
  }

  static const test::TempFolder* folder_;
  static const test::LogImage* image_;
};
const test::TempFolder* DamageMatrixTest::folder_;
const test::LogImage* DamageMatrixTest::image_;

// What escrowd itself ends with.
int RunDaemon(const Path& directory) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);  // if it serves, after all
    std::freopen((directory.string() + ".stderr").c_str(), "w", stderr);
    execl(ESCROWD_PROGRAM, "escrowd", "--data-dir", directory.c_str(), "--listen", "127.0.0.1:0", nullptr);
    _exit(127);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(DamageMatrixTest, EachIsRecoveredOrRefused) {
  const Landmarks& at = image_->landmarks();
  int rows[3] = {0, 0, 0};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Path copy = Copy("copy");
    row.damage(copy, at);
    ++rows[static_cast<int>(row.outcome)];
    const journal::RocksOptions options{.directory = copy.string(), .create = true};
    const auto started = Start(options);
    std::printf("%-60s %s\n", row.name, started.ok() ? "starts" : std::string(started.status().message()).c_str());
    if (row.outcome == Outcome::kRefuses) {
      EXPECT_FALSE(started.ok());
      ExpectRefusal(started.status(), row.from(at), row.to(at));
      // The next start does not forget, and the program says so to its supervisor.
      EXPECT_EQ(RunDaemon(copy), kLogContradicts);
      continue;
    }
    ASSERT_TRUE(started.ok()) << started.status();
    const bool all = std::string_view(row.name).find("nobody was told") == std::string_view::npos;
    EXPECT_EQ(*started == image_->digest(), all);
    const absl::Status read = ReadAll(copy, all ? at.end : at.last_group - 1);
    if (row.outcome == Outcome::kRecovers) {
      EXPECT_TRUE(read.ok()) << read;
    } else {
      std::printf("%-60s %s\n", "", std::string(read.message()).c_str());
      ExpectRefusal(read, row.from(at), row.to(at));
    }
  }
  std::printf("%zu cases: %d recover, %d refuse to start, %d start and refuse to read\n", std::size(kRows), rows[0],
              rows[1], rows[2]);
}

// Goal: any single bit of the write-ahead log. Method: every so many bytes, in the newest and in the older log.
TEST_F(DamageMatrixTest, AnyBitOfTheWriteAheadLog) {
  const Landmarks& at = image_->landmarks();
  constexpr std::uint64_t kSamples = 40;
  for (const bool newest : {false, true}) {
    for (std::uint64_t i = 0; i < kSamples; ++i) {
      const Path copy = Copy("copy");
      const Path log = newest ? NewestLog(copy) : OlderLog(copy);
      const std::uint64_t offset = test::WrittenBytes(log) * i / kSamples;
      SCOPED_TRACE(log.string() + " at " + std::to_string(offset));
      test::FlipBit(log, offset);
      const auto started = Start({.directory = copy.string(), .create = true});
      ASSERT_FALSE(started.ok());
      ExpectRefusal(started.status(), newest ? NewestWal(at) : OlderWal(at), newest ? at.end : OlderWalEnd(at));
    }
  }
}

// Goal: the whole directory comes back older, its anchor too. Only an anchor elsewhere can tell.
TEST_F(DamageMatrixTest, AnOlderCopyOfTheWholeDirectory) {
  const Path data = Copy("data");
  const Path anchor = Path(folder_->path()) / "anchor-elsewhere";
  fs::rename(data / "anchor", anchor);
  const journal::RocksOptions options{
      .directory = data.string(), .create = true, .anchor_path = anchor.string(), .anchor_each_group = true};
  const Path older = Path(folder_->path()) / "older";
  fs::copy(data, older, fs::copy_options::recursive);
  {
    const auto journal = journal::RocksJournal::Open(options);
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal::Group group{.first_sequence = image_->landmarks().end + 1, .bytes = "x", .ends = {1}};
    ASSERT_TRUE((*journal)->Append(group).ok());
  }
  fs::remove_all(data);
  fs::copy(older, data, fs::copy_options::recursive);
  const auto started = Start(options);
  ASSERT_FALSE(started.ok());
  ExpectRefusal(started.status(), AfterEnd(image_->landmarks()), AfterEnd(image_->landmarks()), "rollback-refused.md");
}

}  // namespace
}  // namespace escrow
