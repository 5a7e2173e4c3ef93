#include "crash/log_image.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "engine/replay.h"
#include "journal/memory/memory_journal.h"
#include "journal/rocks/anchor.h"
#include "journal/rocks/database.h"
#include "journal/rocks/format.h"
#include "journal/rocks/options.h"
#include "journal/rocks/scan.h"
#include "journal/rocks/snapshot_store.h"
#include "support/commands.h"
#include "support/engine_client.h"
#include "support/whole_snapshot.h"

namespace escrow::test {
namespace {

namespace fs = std::filesystem;
namespace rocks = journal::rocks;

constexpr int kParcelsPerPart = 120;

// One group for each parcel: it is one atomic batch. So many that a table has several blocks.
void SendParcels(engine::Engine& engine, std::uint64_t first_number) {
  for (std::uint64_t i = 0; i < kParcelsPerPart; ++i) {
    const std::uint64_t number = first_number + 4 * i;
    const std::string id = "parcel-" + std::to_string(number);
    const std::string name = "platforms/shop/agreements/" + id;
    const Answer answer =
        Send(engine, PlatformPrincipal("shop"),
             {CreateParcel(number, "shop", id), RecordDeposit(number + 1, name, 10'000),
              Confirm(number + 2, name, v1::CONFIRMATION_KIND_SHIPMENT, "platforms/shop/parties/seller")},
             {.atomic = true, .want_events = false})
            .get();
    ESCROW_ASSERT(answer.refusal == v1::REASON_UNSPECIFIED);
    ESCROW_ASSERT(answer.outcomes.back().accepted());
  }
}

void Append(const rocks::Database& database, const journal::Group& group) {
  const rocks::GroupFrame frame = rocks::EncodeGroup(group);
  const std::string value = frame.head + group.bytes + std::string(frame.checksum.data(), frame.checksum.size());
  const rocksdb::Status status = database.db().Put(rocks::DurableWrite(), database.groups(),
                                                   rocks::KeySlice(rocks::EncodeSequence(group.first_sequence)), value);
  ESCROW_ASSERT(status.ok());
}

// Begins a new write-ahead log and leaves the table of the one before unwritten.
void BeginLog(const rocks::Database& database) {
  ESCROW_ASSERT(database.db().PauseBackgroundWork().ok());
  rocksdb::FlushOptions options;
  options.wait = false;
  ESCROW_ASSERT(database.db().Flush(options, database.groups()).ok());
}

}  // namespace

LogImage::LogImage(std::string directory) : directory_(std::move(directory)) {
  journal::MemoryJournal memory;
  RunEngine(memory);
  const absl::Status read = memory.Replay(
      1,
      [this](std::uint64_t sequence, std::string_view bytes) {
        if (groups_.empty() || groups_.back().root != journal::Hash{}) {
          groups_.emplace_back().first_sequence = sequence;
        }
        groups_.back().bytes += bytes;
        groups_.back().ends.push_back(static_cast<std::uint32_t>(groups_.back().bytes.size()));
        events_.emplace_back(bytes);
        return true;
      },
      [this](const journal::Tail& end) {
        groups_.back().root = end.root;
        return true;
      });
  ESCROW_ASSERT(read.ok());
  landmarks_.last_group = groups_.back().first_sequence;
  WriteRows(directory_ + ".live");
  fs::remove_all(directory_ + ".live");
}

void LogImage::RunEngine(journal::Journal& journal) {
  const base::SystemClock clock;
  const auto engine = engine::Engine::Open({}, journal, clock, [](std::uint64_t, std::uint64_t) {});
  ESCROW_ASSERT(engine.ok());
  (void)Execute(**engine, Operator(), CreatePlatform(1, "shop"));
  (void)Execute(**engine, PlatformPrincipal("shop"), CreateParty(2, "shop", "buyer"));
  (void)Execute(**engine, PlatformPrincipal("shop"), CreateParty(3, "shop", "seller"));
  std::uint64_t* const ends[] = {&landmarks_.older_snapshot, &landmarks_.newer_snapshot, &landmarks_.older_wal_end,
                                 &landmarks_.end};
  for (std::uint64_t part = 0; part < std::size(ends); ++part) {
    SendParcels(**engine, 1'000 * (part + 1));
    if (part < 2) {
      ESCROW_ASSERT((*engine)->Snapshot().ok());
      const journal::SnapshotInfo info = journal.Snapshots().front();
      ESCROW_ASSERT(info.sequence == journal.tail().sequence);
      snapshots_[info.sequence] = {info, *journal.ReadSnapshot(info.sequence)};
    }
    *ends[part] = journal.tail().sequence;
  }
  const v1::Reason refusal = (*engine)->QueryAndWait(
      [this](const core::Machine& machine, base::Time) { digest_ = engine::StateDigest(machine); });
  ESCROW_ASSERT(refusal == v1::REASON_UNSPECIFIED);
}

// Writes the rows as RocksJournal does, but with a flush, or the beginning of one, where the image wants it.
void LogImage::WriteRows(const std::string& live) const {
  fs::create_directories(live);
  {
    const auto created = rocks::Database::Open(live + "/log", true);
    ESCROW_ASSERT(created.ok());
    const rocksdb::Status made =
        (*created)->db().Put(rocks::DurableWrite(), (*created)->meta(), rocks::Slice(rocks::kFormatVersionKey),
                             rocks::Slice(rocks::kFormatVersion));
    ESCROW_ASSERT(made.ok());
  }
  const auto database = rocks::Database::Open(live + "/log", false);
  ESCROW_ASSERT(database.ok());
  const rocks::Database& db = **database;
  const rocks::SnapshotStore store(rocksdb::FileSystem::Default(), live + "/snapshots");
  ESCROW_ASSERT(store.Prepare().ok());
  for (const journal::Group& group : groups_) {
    Append(db, group);
    const std::uint64_t end = group.last_sequence();
    if (const auto snapshot = snapshots_.find(end); snapshot != snapshots_.end()) {
      ESCROW_ASSERT(db.db().Flush(rocksdb::FlushOptions(), db.groups()).ok());
      test::WholeSnapshot source(snapshot->second.first, snapshot->second.second);
      auto draft = store.WriteDraft(source);
      ESCROW_ASSERT(draft.ok() && store.Keep(*std::move(draft)).ok());
    }
    if (end == landmarks_.older_wal_end) {
      BeginLog(db);
    }
  }
  const journal::Tail tail{.sequence = landmarks_.end, .root = groups_.back().root};
  ESCROW_ASSERT(rocks::Anchor::Create(rocksdb::FileSystem::Default(), live + "/anchor", tail).ok());
  // The files are copied while they are open: as the disk has them when the process dies now.
  fs::copy(live, directory_, fs::copy_options::recursive);
  ESCROW_ASSERT(db.db().ContinueBackgroundWork().ok());
}

}  // namespace escrow::test
