#include "crash/short_script.h"

#include <unistd.h>

#include <cstring>
#include <memory>
#include <set>

#include "base/assert.h"
#include "base/clock.h"
#include "core/state.h"
#include "crash/load.h"
#include "engine/engine.h"
#include "engine/recovery.h"
#include "engine/replay.h"
#include "journal/rocks/rocks_journal.h"
#include "support/commands.h"
#include "support/engine_client.h"

namespace escrow::test {
namespace {

constexpr std::uint64_t kParcelsPerPart = 1;
constexpr std::uint64_t kParts = 3;

void NoProgress(std::uint64_t, std::uint64_t) {}

std::string RequestIdOf(const v1::Command& command) {
  switch (command.payload_case()) {
    case v1::Command::kCreatePlatform:
      return command.create_platform().request_id();
    case v1::Command::kCreateParty:
      return command.create_party().request_id();
    case v1::Command::kCreateAgreement:
      return command.create_agreement().request_id();
    case v1::Command::kRecordDeposit:
      return command.record_deposit().request_id();
    case v1::Command::kConfirmMilestone:
      return command.confirm_milestone().request_id();
    default:
      return "";
  }
}

v1::Principal ActorOf(const v1::Command& command) {
  return command.has_create_platform() ? Operator() : PlatformPrincipal("shop");
}

// Commands of one part of the script: part 0 makes the shop, too.
bool BelongsTo(std::uint64_t part, std::uint64_t number) { return number / 1'000 == part; }

class Script {
 public:
  Script(const std::string& directory, int pipe, rocksdb::Env* env) : directory_(directory), pipe_(pipe), env_(env) {}

  // False when the log cannot be opened.
  bool Open() {
    auto journal =
        journal::RocksJournal::Open({.directory = directory_, .create = true, .anchor_each_group = true, .env = env_});
    if (!journal.ok()) {
      return Failed(journal.status());
    }
    journal_ = *std::move(journal);
    engine::EngineOptions options;
    options.disk_free_bytes_min = 0;
    auto engine = engine::Engine::Open(options, *journal_, clock_, NoProgress);
    if (!engine.ok()) {
      return Failed(engine.status());
    }
    engine_ = *std::move(engine);
    return true;
  }

  void Send(std::uint64_t part) {
    for (const auto& [number, command] : ScriptCommands()) {
      if (!BelongsTo(part, number)) {
        continue;
      }
      const core::Outcome outcome = Execute(*engine_, ActorOf(command), command);
      const Ack ack{.number = number, .first_sequence = outcome.first_sequence, .last_sequence = outcome.last_sequence};
      ESCROW_ASSERT(outcome.accepted());
      ESCROW_ASSERT(write(pipe_, &ack, sizeof ack) == sizeof ack);
    }
  }

  // A snapshot may fail: nothing depends on it.
  void Snapshot() { engine_->Snapshot().IgnoreError(); }

  void Close() {
    engine_.reset();
    journal_.reset();
  }

 private:
  static bool Failed(const absl::Status& status) {
    std::fprintf(stderr, "script: %s\n", status.ToString().c_str());
    return false;
  }

  const std::string directory_;
  const int pipe_;
  rocksdb::Env* const env_;
  const base::SystemClock clock_;
  std::unique_ptr<journal::RocksJournal> journal_;
  std::unique_ptr<engine::Engine> engine_;
};

// Every acknowledged command is where it was said to be, unchanged; and none is there twice.
std::string CheckCommands(const journal::Journal& journal, const std::string& pipe_bytes) {
  std::map<std::uint64_t, v1::Event> events;
  std::set<std::string> ids;
  std::string wrong;
  const absl::Status read = journal.Read(1, [&](std::uint64_t sequence, std::string_view bytes) {
    ESCROW_ASSERT(events[sequence].ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    const std::string id = RequestIdOf(events[sequence].command());
    if (!id.empty() && !ids.insert(id).second) {
      wrong = "the command " + id + " is there twice";
    }
    return true;
  });
  if (!read.ok() || !wrong.empty()) {
    return read.ok() ? wrong : read.ToString();
  }
  const std::map<std::uint64_t, v1::Command> sent = ScriptCommands();
  for (std::size_t at = 0; at + sizeof(Ack) <= pipe_bytes.size(); at += sizeof(Ack)) {
    Ack ack;
    std::memcpy(&ack, pipe_bytes.data() + at, sizeof ack);
    const std::string name = "acknowledged command " + std::to_string(ack.number);
    if (ack.last_sequence > journal.tail().sequence) {
      return name + " is lost";
    }
    if (events[ack.first_sequence].command().SerializeAsString() != sent.at(ack.number).SerializeAsString()) {
      return name + " was changed";
    }
  }
  return "";
}

}  // namespace

std::map<std::uint64_t, v1::Command> ScriptCommands() {
  std::map<std::uint64_t, v1::Command> commands = {
      {1, CreatePlatform(1, "shop")}, {2, CreateParty(2, "shop", "buyer")}, {3, CreateParty(3, "shop", "seller")}};
  for (std::uint64_t part = 0; part < kParts; ++part) {
    for (std::uint64_t parcel = 0; parcel < kParcelsPerPart; ++parcel) {
      const std::uint64_t number = 1'000 * part + 10 * (parcel + 1);
      const std::string id = "parcel-" + std::to_string(number);
      const std::string name = "platforms/shop/agreements/" + id;
      commands[number] = CreateParcel(number, "shop", id);
      commands[number + 1] = RecordDeposit(number + 1, name, 10'000);
      commands[number + 2] = Confirm(number + 2, name, v1::CONFIRMATION_KIND_SHIPMENT, "platforms/shop/parties/seller");
    }
  }
  return commands;
}

int RunScript(const std::string& directory, int pipe, rocksdb::Env* env) {
  Script script(directory, pipe, env);
  if (!script.Open()) {
    return 1;
  }
  script.Send(0);
  script.Snapshot();
  script.Send(1);
  script.Close();
  if (!script.Open()) {
    return 1;
  }
  script.Send(2);
  script.Close();
  return 0;
}

std::string CheckScript(const std::string& directory, const std::string& pipe_bytes, rocksdb::Env* env) {
  const auto journal =
      journal::RocksJournal::Open({.directory = directory, .create = true, .anchor_each_group = true, .env = env});
  if (!journal.ok()) {
    return "refused: " + journal.status().ToString();
  }
  const base::SystemClock clock;
  const auto recovered = engine::Recover(**journal, clock, {}, NoProgress);
  if (!recovered.ok()) {
    return "not recovered: " + recovered.status().ToString();
  }
  if (std::string wrong = CheckCommands(**journal, pipe_bytes); !wrong.empty()) {
    return wrong;
  }
  if (std::string wrong = core::CheckLedger(recovered->machine->state()); !wrong.empty()) {
    return wrong;
  }
  const auto replayed = engine::ReplayFromZero(**journal, (*journal)->tail().sequence, NoProgress);
  if (!replayed.ok()) {
    return "not replayed: " + replayed.status().ToString();
  }
  return replayed->digest == engine::StateDigest(*recovered->machine) ? "" : "a replay gives another state";
}

}  // namespace escrow::test
