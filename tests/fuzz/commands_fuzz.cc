// Commands from outside: parsed, checked, executed, on a machine that keeps its state from one to the next. The input
// is a serialised ExecuteBatchRequest. Afterwards the books must balance, the events must fit into the log, a machine
// that only applies them must have come to the same state, so must one that loads it, and a snapshot that was taken
// meanwhile must be of the moment at which it began.

#include <string>
#include <vector>

#include "api/unknown_fields.h"
#include "base/assert.h"
#include "core/command.h"
#include "core/limits.h"
#include "core/machine.h"
#include "core/names.h"
#include "core/reasons.h"
#include "escrow/v1/command_service.pb.h"
#include "fuzz/target.h"

namespace escrow::fuzz {
namespace {

constexpr base::Time kBegin{1'772'442'000 * base::kNsPerSecond};
constexpr std::int64_t kStepNs = 3'600 * base::kNsPerSecond;  // between two commands
constexpr std::size_t kCommandsMax = 64;
constexpr std::size_t kEventBytesMax = 65'535;  // docs/DATA_FORMATS.md
constexpr std::size_t kExpireMax = 8;
constexpr std::size_t kSnapshotStepBytes = 64;

std::string Saved(const core::Machine& machine) {
  std::string bytes;
  machine.Save([&bytes](std::string_view piece) { bytes.append(piece); });
  return bytes;
}

// platforms/{platform} that the command is about; of those that have none, of its principal.
std::string PlatformOf(const v1::Command& command) {
  const std::string name = core::ResourceNameOf(command);
  return name.substr(0, name.find('/', name.find('/') + 1));
}

// Somebody who might send the command: mostly who may, and by the last letter of the request id also others.
v1::Principal ActorOf(const v1::Command& command) {
  const std::string_view id = core::RequestIdOf(command);
  const char dice = id.empty() ? '0' : id.back();
  v1::Principal actor;
  if (dice == 'c' || command.has_create_platform() || command.has_create_credential() ||
      command.has_revoke_credential() || command.has_rotate_signing_key()) {
    actor.set_kind(v1::Principal::KIND_OPERATOR);
  } else if (dice == 'd') {
    actor.set_kind(v1::Principal::KIND_AUDITOR);
  } else if (dice == 'e') {
    actor.set_kind(v1::Principal::KIND_PARTY);
    actor.set_party(PlatformOf(command) + "/parties/ada");
  } else {
    actor.set_kind(v1::Principal::KIND_PLATFORM);
    actor.set_platform(PlatformOf(command));
  }
  return actor;
}

// A machine and one that only hears of its events.
class Pair {
 public:
  Pair() {
    live_.Begin("fuzz", now_, events_);
    Follow();
  }

  void Execute(const v1::Command& command) {
    const v1::Principal actor = ActorOf(command);
    const core::Outcome outcome = live_.Execute({.command = &command, .actor = &actor}, Tick(), events_);
    Check(outcome);
    if (core::IsDryRun(command)) {
      events_.Clear();
    }
    Follow();
  }

  void ExecuteAtomic(const std::vector<v1::Command>& commands) {
    std::vector<v1::Principal> actors;
    std::vector<core::Request> requests;
    actors.reserve(commands.size());
    for (const v1::Command& command : commands) {
      actors.push_back(ActorOf(command));
      requests.push_back({.command = &command, .actor = &actors.back()});
    }
    for (const core::Outcome& outcome : live_.ExecuteAtomic(requests, Tick(), events_)) {
      Check(outcome);
    }
    Follow();
  }

  void Expire() {
    live_.Expire(Tick(), kExpireMax, events_);
    Follow();
  }

  // Begins a snapshot, which goes on a little with each command: whole the first time, then of what has changed.
  void BeginSnapshot() {
    expected_snapshot_ = Saved(live_);
    live_.BeginSave(saves_.empty() ? core::SaveExtent::kWhole : core::SaveExtent::kChanges);
    saves_.emplace_back();
    saving_ = true;
  }

  [[nodiscard]] bool saving() const { return saving_; }

  // Everything that must hold in the end.
  void Finish() {
    while (saving_) {
      ContinueSnapshot();
    }
    if (!saves_.empty()) {
      ESCROW_ASSERT(Reloaded() == expected_snapshot_);
      BeginSnapshot();
      while (saving_) {
        ContinueSnapshot();
      }
      ESCROW_ASSERT(Reloaded() == Saved(live_));
    }
    ESCROW_ASSERT(core::CheckLedger(live_.state()).empty());
    const std::string bytes = Saved(live_);
    ESCROW_ASSERT(Saved(follower_) == bytes);
    core::Machine loaded;
    ESCROW_ASSERT(loaded.Load(bytes) && Saved(loaded) == bytes);
  }

 private:
  base::Time Tick() {
    now_.ns += kStepNs;
    return now_;
  }

  static void Check(const core::Outcome& outcome) {
    if (outcome.reason != v1::REASON_UNSPECIFIED) {
      ESCROW_ASSERT(!core::FindReason(outcome.reason).name.empty());
    }
  }

  void Follow() {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const std::string stored = events_[i].SerializeAsString();
      ESCROW_ASSERT(stored.size() <= kEventBytesMax);
      v1::Event event;
      ESCROW_ASSERT(event.ParseFromString(stored));
      follower_.Apply(event);
    }
    events_.Clear();
    ContinueSnapshot();
  }

  void ContinueSnapshot() {
    if (saving_) {
      saving_ =
          !live_.ContinueSave(kSnapshotStepBytes, [this](std::string_view piece) { saves_.back().append(piece); });
    }
  }

  // The state that the snapshots give.
  [[nodiscard]] std::string Reloaded() const {
    const std::vector<std::string_view> views(saves_.begin(), saves_.end());
    core::Machine machine;
    ESCROW_ASSERT(machine.Load(views));
    return Saved(machine);
  }

  base::Time now_ = kBegin;
  core::EventBuffer events_;
  core::Machine live_;
  core::Machine follower_;
  bool saving_ = false;
  std::vector<std::string> saves_;
  std::string expected_snapshot_;  // the state at the beginning of the last
};

void Run(const v1::ExecuteBatchRequest& request) {
  std::vector<v1::Command> commands;
  for (const v1::Command& command : request.commands()) {
    const bool known = api::FindUnknownField(command).empty();
    ESCROW_ASSERT(known || !api::AllFieldsAreKnown(command.SerializeAsString(), *command.GetDescriptor()));
    // The API lets no others through.
    if (commands.size() < kCommandsMax && known) {
      commands.push_back(command);
    }
  }
  Pair pair;
  // An atomic batch needs something to happen on: the first half makes it.
  const std::size_t singles = request.atomic() ? commands.size() / 2 : commands.size();
  for (std::size_t i = 0; i < singles; ++i) {
    pair.Execute(commands[i]);
    pair.Expire();
    if (i >= commands.size() / 3 && !pair.saving()) {
      pair.BeginSnapshot();
    }
  }
  if (singles < commands.size()) {
    pair.ExecuteAtomic({commands.begin() + static_cast<std::ptrdiff_t>(singles), commands.end()});
  }
  pair.Finish();
}

}  // namespace
}  // namespace escrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  escrow::v1::ExecuteBatchRequest request;
  if (request.ParseFromArray(data, static_cast<int>(size))) {
    escrow::fuzz::Run(request);
  }
  return 0;
}
