#include "audit/verify.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "audit/chain.h"
#include "audit/domain.h"
#include "audit/fork.h"
#include "audit/key_history.h"
#include "audit/prepared.h"
#include "audit/tile_tree.h"
#include "crypto/hex.h"

namespace escrow::audit {
namespace {

constexpr std::string_view kLevelNames[kLevels] = {"structure", "chain", "merkle", "signatures", "domain"};

// One verification, from the opened source to the report.
class LogCheck {
 public:
  LogCheck(std::string path, const VerifyOptions& options) : path_(std::move(path)), options_(options) {}

  [[nodiscard]] absl::StatusOr<Report> Run();

 private:
  [[nodiscard]] absl::Status Open();
  [[nodiscard]] absl::Status ReadCheckpoint();
  [[nodiscard]] absl::Status ReadOlderCheckpoint();
  [[nodiscard]] absl::Status Scan();
  [[nodiscard]] absl::Status TakeBundle(const PreparedBundle& bundle);
  void TakeEvents(const PreparedBundle& bundle);
  void TakeEvent(const v1::Event& event);
  void CheckOlderRoot(std::uint64_t size);
  [[nodiscard]] std::string ForkPoint();
  [[nodiscard]] absl::Status CheckRoots();
  void CheckEnd();
  void CheckSigned();
  void Conclude();

  void Find(Level level, std::uint64_t event, std::string reason);
  void Lack(Level level, std::string note);
  [[nodiscard]] bool Asked(Level level) const { return level <= options_.level.value_or(Level::kDomain); }
  [[nodiscard]] bool Failed(Level level) const { return report_.state(level) == LevelState::kFailed; }

  const std::string path_;
  const VerifyOptions& options_;
  std::unique_ptr<EntrySource> entries_;  // the worker's
  std::unique_ptr<EntrySource> tiles_;    // this thread's
  std::unique_ptr<EntrySource> other_;
  std::optional<TileTree> tree_;
  std::optional<tlog::SignedCheckpoint> checkpoint_;
  std::optional<tlog::SignedCheckpoint> older_;
  Chain chain_;
  Domain domain_{RuleTables::Published()};
  KeyHistory keys_;
  bool events_stopped_ = false;  // an event was wrong: those after it are hashed and no more
  bool tree_stopped_ = false;    // a bundle could not be hashed
  Report report_;
};

void LogCheck::Find(Level level, std::uint64_t event, std::string reason) {
  if (!Failed(level)) {
    report_.state(level) = LevelState::kFailed;
    report_.findings.push_back({.level = level, .event = event, .reason = std::move(reason)});
  }
}

void LogCheck::Lack(Level level, std::string note) {
  report_.notes.push_back(std::move(note));
  if (!Failed(level)) {
    report_.state(level) = LevelState::kIncomplete;
  }
}

absl::Status LogCheck::Open() {
  for (std::unique_ptr<EntrySource>* source : {&entries_, &tiles_}) {
    absl::StatusOr<std::unique_ptr<EntrySource>> opened = OpenSource(path_);
    if (!opened.ok()) {
      return opened.status();
    }
    *source = *std::move(opened);
  }
  if (options_.against) {
    absl::StatusOr<std::unique_ptr<EntrySource>> opened = OpenSource(*options_.against);
    if (!opened.ok()) {
      return opened.status();
    }
    other_ = *std::move(opened);
  }
  report_.source = entries_->name();
  tree_.emplace(*tiles_);
  return absl::OkStatus();
}

absl::Status LogCheck::ReadCheckpoint() {
  const absl::StatusOr<std::string> bytes = entries_->ReadCheckpoint();
  if (!bytes.ok() && !absl::IsNotFound(bytes.status())) {
    return bytes.status();
  }
  if (bytes.ok()) {
    absl::StatusOr<tlog::SignedCheckpoint> parsed = tlog::ParseSignedCheckpoint(*bytes);
    if (parsed.ok()) {
      checkpoint_ = *std::move(parsed);
      report_.origin = checkpoint_->checkpoint.origin;
      report_.events = checkpoint_->checkpoint.size;
      return absl::OkStatus();
    }
    Find(Level::kMerkle, 0, "the checkpoint is none: " + std::string(parsed.status().message()));
  }
  const absl::StatusOr<std::uint64_t> count = entries_->CountEntries();
  report_.events = count.value_or(0);
  return report_.wrong() && !count.ok() ? absl::InvalidArgumentError(report_.findings.front().reason) : count.status();
}

absl::Status LogCheck::ReadOlderCheckpoint() {
  std::optional<std::string> bytes = options_.since;
  if (!bytes && other_) {
    absl::StatusOr<std::string> read = other_->ReadCheckpoint();
    if (!read.ok()) {
      return read.status();
    }
    bytes = *std::move(read);
  }
  if (!bytes) {
    return absl::OkStatus();
  }
  absl::StatusOr<tlog::SignedCheckpoint> parsed = tlog::ParseSignedCheckpoint(*bytes);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError("the older checkpoint is none: " + std::string(parsed.status().message()));
  }
  older_ = *std::move(parsed);
  const tlog::Checkpoint& older = older_->checkpoint;
  if (report_.origin && *report_.origin != older.origin) {
    return absl::InvalidArgumentError("the older checkpoint is of the log " + older.origin + ", this is the log " +
                                      *report_.origin);
  }
  if (older.size <= report_.events) {
    return absl::OkStatus();
  }
  if (!options_.since) {
    return absl::InvalidArgumentError(
        "the other copy is the newer one: give it as the log and this one to compare with");
  }
  Find(Level::kMerkle, 0,
       "an older checkpoint has " + std::to_string(older.size) + " events and the log has " +
           std::to_string(report_.events) + ": its end was cut off");
  return absl::OkStatus();
}

absl::StatusOr<Report> LogCheck::Run() {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto step : {&LogCheck::Open, &LogCheck::ReadCheckpoint, &LogCheck::ReadOlderCheckpoint, &LogCheck::Scan,
                          &LogCheck::CheckRoots}) {
    if (absl::Status status = (this->*step)(); !status.ok()) {
      return status;
    }
  }
  CheckEnd();
  CheckSigned();
  Conclude();
  report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return std::move(report_);
}

absl::Status LogCheck::Scan() {
  const std::uint64_t size = report_.events;
  if (older_ && older_->checkpoint.size == 0) {
    CheckOlderRoot(0);
  }
  const auto prepare = [this, size](std::uint64_t first) {
    return std::async(std::launch::async, [this, first, size] { return PrepareBatch(*entries_, first, size); });
  };
  std::future<PreparedBatch> next;
  if (size > 0) {
    next = prepare(0);
  }
  for (std::uint64_t first = 0; first < size && !tree_stopped_; first += kBatchEntries) {
    const PreparedBatch batch = next.get();
    if (batch.status.ok() && size - first > kBatchEntries) {
      next = prepare(first + kBatchEntries);
    }
    for (const PreparedBundle& bundle : batch.bundles) {
      if (absl::Status status = TakeBundle(bundle); !status.ok()) {
        return status;
      }
    }
    if (absl::IsNotFound(batch.status)) {
      tree_stopped_ = true;
      Lack(Level::kStructure, "the log has " + std::to_string(size) + " events and the input only " +
                                  std::to_string(tree_->size()) + ": " + std::string(batch.status.message()));
    } else if (!batch.status.ok()) {
      return batch.status;
    }
    if (options_.progress) {
      options_.progress(tree_->size(), size);
    }
  }
  return absl::OkStatus();
}

absl::Status LogCheck::TakeBundle(const PreparedBundle& bundle) {
  if (tree_stopped_) {
    return absl::OkStatus();
  }
  TakeEvents(bundle);
  if (bundle.leaves.empty()) {
    tree_stopped_ = true;
    return absl::OkStatus();
  }
  if (absl::Status taken = tree_->Take(bundle.leaves, bundle.root); !taken.ok()) {
    return taken;
  }
  if (older_ && older_->checkpoint.size > bundle.first && older_->checkpoint.size <= tree_->size()) {
    CheckOlderRoot(older_->checkpoint.size);
  }
  return absl::OkStatus();
}

void LogCheck::TakeEvents(const PreparedBundle& bundle) {
  for (std::size_t i = 0; i < bundle.events.size() && !events_stopped_; ++i) {
    TakeEvent(*bundle.events[i]);
  }
  if (bundle.wrong && !events_stopped_) {
    Find(Level::kStructure, bundle.first + bundle.events.size() + 1, *bundle.wrong);
    events_stopped_ = true;
  }
}

void LogCheck::TakeEvent(const v1::Event& event) {
  const std::uint64_t sequence = report_.checked_events + 1;
  Complaint wrong = Asked(Level::kChain) ? chain_.Take(event) : Complaint();
  if (wrong) {
    Find(Level::kChain, sequence, *std::move(wrong));
    events_stopped_ = true;
    return;
  }
  wrong = Asked(Level::kDomain) ? domain_.Take(event) : Complaint();
  if (wrong) {
    Find(Level::kDomain, sequence, *std::move(wrong));
    events_stopped_ = true;
    return;
  }
  if (event.has_signing_key_rotated() && Asked(Level::kSignatures)) {
    if (Complaint handover = keys_.Take(event)) {
      Find(Level::kSignatures, sequence, *std::move(handover));
    }
  }
  ++report_.checked_events;
}

void LogCheck::CheckOlderRoot(std::uint64_t size) {
  if (!Asked(Level::kMerkle)) {
    return;
  }
  const tlog::Hash root = tree_->Root(size);
  if (root != older_->checkpoint.root) {
    Find(Level::kMerkle, 0,
         "the log has two histories: of its first " + std::to_string(size) + " events the older checkpoint has root " +
             crypto::HexEncode(older_->checkpoint.root) + ", this log has root " + crypto::HexEncode(root) +
             ForkPoint());
  }
}

std::string LogCheck::ForkPoint() {
  if (!other_) {
    return "; where they part shows a copy of the older log";
  }
  const absl::StatusOr<std::optional<std::uint64_t>> leaf =
      FirstDifferentLeaf(*tiles_, *other_, older_->checkpoint.size);
  if (!leaf.ok()) {
    return "; where they part cannot be told: " + std::string(leaf.status().message());
  }
  return *leaf ? "; they part at event " + std::to_string(**leaf + 1) : "; the older copy does not fit its checkpoint";
}

absl::Status LogCheck::CheckRoots() {
  if (tree_stopped_) {
    if (Asked(Level::kMerkle)) {
      Lack(Level::kMerkle, "the root was not computed: not all entries could be read");
    }
    return absl::OkStatus();
  }
  report_.root = tree_->Root(report_.events);
  if (!Asked(Level::kMerkle)) {
    return absl::OkStatus();
  }
  if (absl::Status finished = tree_->Finish(); !finished.ok()) {
    return finished;
  }
  report_.tiles = tree_->compared_tiles();
  if (tree_->wrong()) {
    Find(Level::kMerkle, 0, *tree_->wrong());
  }
  if (report_.tiles == 0) {
    report_.notes.emplace_back("the input has no tiles of hashes; the root was computed from the entries alone");
  } else if (tree_->missing_tiles() > 0) {
    Lack(Level::kMerkle, std::to_string(tree_->missing_tiles()) + " tiles of hashes are missing");
  }
  if (!checkpoint_) {
    const std::string note = "there is no checkpoint to compare the root with";
    options_.level ? Lack(Level::kMerkle, note) : report_.notes.push_back(note);
  } else if (report_.root != checkpoint_->checkpoint.root) {
    Find(Level::kMerkle, 0,
         "the entries have root " + crypto::HexEncode(report_.root) + " and the checkpoint says " +
             crypto::HexEncode(checkpoint_->checkpoint.root));
  }
  return absl::OkStatus();
}

void LogCheck::CheckEnd() {
  report_.log_id = chain_.log_id();
  if (tree_stopped_ || events_stopped_ || !Asked(Level::kDomain)) {
    return;
  }
  const Complaint wrong = domain_.Finish();
  if (!wrong) {
    return;
  }
  if (checkpoint_) {
    Find(Level::kDomain, report_.events, "the log ends here, and " + *wrong);
  } else {
    Lack(Level::kDomain, "the input ends in the middle of a command: " + *wrong);
  }
}

void LogCheck::CheckSigned() {
  if (!Asked(Level::kSignatures)) {
    return;
  }
  if (!checkpoint_ || !options_.trust.given()) {
    const std::string note = !checkpoint_ ? "there is no checkpoint whose signatures could be checked"
                                          : "no key and no policy is given: no signature was checked";
    options_.level ? Lack(Level::kSignatures, note) : report_.notes.push_back(note);
    return;
  }
  const Trust trust = keys_.Follow(options_.trust, *checkpoint_);
  if (Complaint wrong = CheckSignatures(*checkpoint_, trust, report_.signers)) {
    Find(Level::kSignatures, 0, *std::move(wrong));
  }
  std::vector<std::string> older_signers;
  if (!older_) {
    return;
  }
  if (const Complaint wrong = CheckSignatures(*older_, options_.trust, older_signers)) {
    Lack(Level::kSignatures, "the older checkpoint proves nothing against the log: " + *wrong);
  }
}

void LogCheck::Conclude() {
  std::ranges::stable_sort(report_.findings, {}, &Finding::level);
  const bool unsigned_by_default =
      !options_.level && !Failed(Level::kSignatures) && (!checkpoint_ || !options_.trust.given());
  for (std::size_t i = 0; i < kLevels; ++i) {
    const auto level = static_cast<Level>(i + 1);
    LevelState& state = report_.levels[i];
    if (state != LevelState::kNotAsked || !Asked(level) || (level == Level::kSignatures && unsigned_by_default) ||
        (level == Level::kMerkle && !checkpoint_)) {
      continue;
    }
    const bool of_events = level != Level::kMerkle && level != Level::kSignatures;
    state = of_events && (events_stopped_ || tree_stopped_) ? LevelState::kIncomplete : LevelState::kPassed;
  }
  if (events_stopped_) {
    report_.notes.push_back("events after " + std::to_string(report_.checked_events + 1) +
                            " were hashed and no more: they build on what is wrong");
  }
}

}  // namespace

std::string_view NameOf(Level level) { return kLevelNames[static_cast<std::size_t>(level) - 1]; }

std::optional<Level> LevelOf(std::string_view name) {
  const auto* found = std::ranges::find(kLevelNames, name);
  return found == std::end(kLevelNames) ? std::nullopt
                                        : std::optional(static_cast<Level>(found - std::begin(kLevelNames) + 1));
}

bool Report::incomplete() const { return std::ranges::find(levels, LevelState::kIncomplete) != levels.end(); }

absl::StatusOr<Report> Verify(const std::string& path_or_url, const VerifyOptions& options) {
  return LogCheck(path_or_url, options).Run();
}

}  // namespace escrow::audit
