#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/complaint.h"
#include "audit/trust.h"
#include "tlog/merkle.h"

namespace escrow::audit {

// How much of a log is checked. Each level includes those before it.
enum class Level : std::uint8_t {
  kStructure = 1,   // every entry is an event in its one form
  kChain = 2,       // positions, times, links and causes
  kMerkle = 3,      // the entries lead to the checkpoint's root, the stored tiles and an older checkpoint
  kSignatures = 4,  // the checkpoint is signed and cosigned
  kDomain = 5,      // the ledger and the rules
};
inline constexpr std::size_t kLevels = 5;

[[nodiscard]] std::string_view NameOf(Level level);
[[nodiscard]] std::optional<Level> LevelOf(std::string_view name);

struct VerifyOptions {
  std::optional<Level> level;  // the highest that the input allows when left out
  Trust trust;
  // An older checkpoint, as stored: the log must begin with it.
  std::optional<std::string> since;
  // Another copy of the log, path or URL: its checkpoint counts as an older one when `since` has none, and when the log
  // turns out to have two histories it tells where they part.
  std::optional<std::string> against;
  // Called now and then from the calling thread with events checked and events in all.
  std::function<void(std::uint64_t, std::uint64_t)> progress;
};

// Something that is wrong.
struct Finding {
  Level level{};
  std::uint64_t event = 0;  // sequence; 0: not of one event
  std::string reason;
};

enum class LevelState : std::uint8_t {
  kNotAsked,
  kPassed,
  kFailed,
  kIncomplete,  // something that it needs is missing; Report::notes say what
};

// What was found.
struct Report {
  std::string source;
  std::uint64_t events = 0;          // in the log, by its checkpoint or by count
  std::uint64_t checked_events = 0;  // that passed every level of single events
  std::string log_id;
  std::optional<std::string> origin;  // of the checkpoint; nothing when there is none
  tlog::Hash root{};                  // computed from the entries
  std::uint64_t tiles = 0;            // stored ones that were compared
  std::vector<std::string> signers;   // who has signed and cosigned the checkpoint
  std::array<LevelState, kLevels> levels{};
  std::vector<Finding> findings;   // the first of each level, in the order of the levels
  std::vector<std::string> notes;  // what could not be checked, and why
  double seconds = 0;

  [[nodiscard]] LevelState& state(Level level) { return levels[static_cast<std::size_t>(level) - 1]; }
  [[nodiscard]] LevelState state(Level level) const { return levels[static_cast<std::size_t>(level) - 1]; }
  [[nodiscard]] bool wrong() const { return !findings.empty(); }
  // Whether a level that was asked for could not be checked.
  [[nodiscard]] bool incomplete() const;
};

// Checks a log: a folder of tiles, a data directory or a URL (see OpenSource). Uses a second thread for reading,
// hashing and parsing. Errors: the input cannot be read, or the options do not go together; what is wrong with the log
// is no error but a finding. Limits: memory is that of Domain, and some bundles of entries.
[[nodiscard]] absl::StatusOr<Report> Verify(const std::string& path_or_url, const VerifyOptions& options);

}  // namespace escrow::audit
