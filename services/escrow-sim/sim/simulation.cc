#include "sim/simulation.h"

#include <algorithm>

#include "engine/fail_stop.h"
#include "sim/verdict.h"

namespace escrow::sim {
namespace {

using engine::Stage;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::uint64_t kFreeBytesMin = 1'000'000;
constexpr int kFlood = 1'100;  // more than an engine holds

// Bounds of liveness: far more than it ever takes.
constexpr int kRestSteps = 100'000;
constexpr int kRestRounds = 1'000;

// What the engine warns of is told to the run; there is one at a time.
Marks* warned = nullptr;

void OnWarning(const std::string& what) {
  if (what.find("is not used") != std::string::npos) {
    warned->Hit("engine took the older snapshot");
  }
}

std::uint64_t FaultsIn(const Marks& marks) {
  std::uint64_t faults = 0;
  for (const auto& [name, count] : marks.counts()) {
    faults += name.starts_with("fault ") ? count : 0;
  }
  return faults;
}

}  // namespace

Simulation::Swarm Simulation::Draw(Random& random) {
  const auto sometimes = [&random](int percent, std::int64_t low, std::int64_t high) {
    const std::int64_t value = random.Between(low, high);
    return random.Percent(percent) ? static_cast<int>(value) : 0;
  };
  Swarm swarm;
  swarm.engine.inflight_commands_max = 1'024;
  swarm.engine.group_events_max = static_cast<std::size_t>(random.OneIn(2) ? 4'096 : random.Between(1, 40));
  swarm.engine.group_bytes_max = static_cast<std::size_t>(random.OneIn(2) ? 1 << 20 : random.Between(1, 4'000));
  swarm.engine.snapshot_events = static_cast<std::uint64_t>(random.OneIn(4) ? 1'000'000 : random.Between(20, 300));
  swarm.engine.disk_free_bytes_min = kFreeBytesMin;
  if (random.OneIn(2)) {
    swarm.engine.machine.agreements_open_max = static_cast<std::size_t>(random.Between(0, 8));
  }
  swarm.engine.expire_max = static_cast<std::size_t>(random.OneIn(3) ? random.Between(1, 3) : 256);
  swarm.disk.append_one_in = sometimes(50, 5, 100);
  swarm.disk.anchor_one_in = sometimes(20, 5, 20);
  swarm.disk.snapshot_one_in = sometimes(50, 2, 5);
  swarm.disk.read_one_in = sometimes(30, 2, 6);
  swarm.habits.platforms = static_cast<int>(random.Between(1, 2));
  swarm.habits.agreements_max = static_cast<int>(random.Between(1, 8));
  swarm.habits.lies_percent = sometimes(80, 1, 15);
  swarm.habits.dry_runs_percent = sometimes(60, 1, 6);
  swarm.habits.batches_percent = sometimes(60, 2, 30);
  swarm.habits.batch_commands_max = static_cast<int>(random.Between(2, 12));
  swarm.in_flight_max = static_cast<int>(random.Between(1, random.OneIn(2) ? 4 : 40));
  swarm.crash_one_in = sometimes(60, 100, 1'500);
  swarm.disk_full_one_in = sometimes(30, 100, 800);
  swarm.clock_back_one_in = sometimes(30, 50, 400);
  swarm.slow_disk_ns = sometimes(40, 1, 3'000) * kMillisecond;
  swarm.long_jumps = random.OneIn(2);
  swarm.floods = random.OneIn(25);
  return swarm;
}

Simulation::Simulation(std::uint64_t seed, std::uint64_t commands, Marks& marks)
    : marks_(marks),
      random_(seed),
      swarm_(Draw(random_)),
      commands_max_(commands),
      journal_(random_, marks),
      log_(journal_),
      follower_(log_, marks),
      auditor_(journal_, log_, follower_, marks, swarm_.engine.expire_max >= 64),
      workload_(random_, marks, follower_.model(), swarm_.habits) {
  warned = &marks;
  engine::SetWarnHandler(OnWarning);
}

RunResult Simulation::Run() {
  const std::uint64_t faults_before = FaultsIn(marks_);
  journal_.SetFaults(swarm_.disk);
  while (commands_ < commands_max_) {
    Step();
  }
  ComeToRest();
  return {.commands = commands_,
          .events = journal_.tail().sequence,
          .faults = FaultsIn(marks_) - faults_before,
          .trace = auditor_.trace()};
}

// ---- safety

void Simulation::Step() {
  if (engine_ == nullptr) {
    return Start();
  }
  const std::int64_t choice = random_.Between(0, 99);
  if (choice < 25) {
    StepClients();
  } else if (choice < 45) {
    StepStage(Stage::kSequencer);
  } else if (choice < 62) {
    StepStage(Stage::kCommitter);
  } else if (choice < 79) {
    StepStage(Stage::kResponder);
  } else if (choice < 83) {
    StepStage(Stage::kSnapshotter);
  } else if (choice < 94) {
    StepTime();
  } else if (choice < 96) {
    Query();
  } else {
    StepFaults();
  }
}

void Simulation::StepClients() {
  if (swarm_.floods && random_.OneIn(20)) {
    for (int i = 0; i < kFlood; ++i) {
      SendNew();
    }
  }
  if (std::ssize(attempts_) >= swarm_.in_flight_max && !random_.OneIn(8)) {
    return;
  }
  switch (random_.Between(0, 9)) {
    case 0:
      return SendTwice();
    case 1:
    case 2:
      return SendAgain();
    default:
      return SendNew();
  }
}

void Simulation::SendNew() {
  requests_.push_back({.work = workload_.Next(clock_.Now())});
  Send(requests_.size() - 1);
}

// A request whose outcome is unknown, or that was not taken.
void Simulation::SendAgain() {
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (!requests_[i].answered && requests_[i].attempts_in_flight == 0) {
      waiting.push_back(i);
    }
  }
  if (waiting.empty()) {
    return SendNew();
  }
  const std::size_t position = random_.Pick(waiting);
  marks_.Hit("client retried");
  if (requests_[position].maybe_done && requests_[position].work->commands.size() == 1) {
    const v1::Command& command = requests_[position].work->commands.front();
    const bool there = log_.Find({CallerOf(requests_[position].work->actor), RequestIdOf(command)}) != 0;
    marks_.Hit(there ? "unknown was in the log" : "unknown was not in the log");
  }
  Send(position);
}

// A request that is in flight or was answered, perhaps with another body.
void Simulation::SendTwice() {
  if (requests_.empty()) {
    return;
  }
  const auto position = static_cast<std::size_t>(random_.Between(0, std::ssize(requests_) - 1));
  if (requests_[position].work->commands.size() == 1 && !requests_[position].work->atomic && random_.OneIn(3)) {
    marks_.Hit("client changed the body");
    requests_.push_back({.work = workload_.WithAnotherBody(*requests_[position].work)});
    return Send(requests_.size() - 1);
  }
  marks_.Hit("client sent twice");
  Send(position);
}

void Simulation::Send(std::size_t position) {
  follower_.WillSend(requests_[position].work);
  const std::size_t count = requests_[position].work->commands.size();
  std::unique_ptr<engine::Submission> attempt =
      std::make_unique<Attempt>(last_attempt_ + 1, requests_[position].work, mailbox_);
  const v1::Reason refusal = engine_->Submit(attempt);
  auditor_.Trace(static_cast<std::uint64_t>(refusal));
  const bool full = commands_in_flight_ + count > swarm_.engine.inflight_commands_max;
  if (refusal != v1::REASON_UNSPECIFIED) {
    marks_.Hit(v1::Reason_Name(refusal));
    if (refusal == v1::REASON_OVERLOADED ? !full : refusal != v1::REASON_DISK_ALMOST_FULL) {
      Violated(Check::kReply, "a command was not taken: " + v1::Reason_Name(refusal));
    }
    return;
  }
  if (full) {
    Violated(Check::kReply, "the engine took more than it may hold");
  }
  commands_ += count;
  commands_in_flight_ += count;
  attempts_[++last_attempt_] = position;
  requests_[position].attempts_in_flight += 1;
}

void Simulation::StepTime() {
  std::int64_t ns = random_.Between(0, 2 * kMillisecond);
  if (random_.OneIn(3)) {
    ns = random_.Between(0, 3'000) * kMillisecond;
  }
  steady_.Advance(ns);
  if (swarm_.clock_back_one_in > 0 && random_.OneIn(swarm_.clock_back_one_in)) {
    marks_.Hit("fault clock went back");
    return clock_.Advance(-random_.Between(1, 10'000) * kMillisecond);
  }
  clock_.Advance(ns);
  if (!random_.OneIn(6)) {
    return;
  }
  // To the moment around which the next timer of the log's own time expires, or far beyond.
  std::optional<model::Alarm> first;
  for (const auto& [key, agreement] : follower_.model().world().agreements) {
    const std::optional<model::Alarm> alarm = follower_.model().NextAlarm(key);
    if (!follower_.model().world().platforms.at(key.first).sandbox && alarm && (!first || alarm->at < first->at)) {
      first = alarm;
    }
  }
  if (first && first->at > clock_.Now().ns &&
      (swarm_.long_jumps || first->at < clock_.Now().ns + 1'000'000 * kMillisecond)) {
    clock_.Set(base::Time{first->at + random_.Between(-1, 1)});
  } else if (swarm_.long_jumps) {
    clock_.Advance(random_.Between(0, 3) * kDaySeconds * base::kNsPerSecond);
  }
}

void Simulation::StepFaults() {
  if (random_.OneIn(12)) {
    return OrderSnapshot();
  }
  if (random_.OneIn(60)) {
    return LeaveInOrder();
  }
  if (swarm_.crash_one_in > 0 && random_.OneIn(std::max(1, swarm_.crash_one_in / 25))) {
    marks_.Hit("fault crash");
    return Crash();
  }
  if (swarm_.disk_full_one_in > 0 && random_.OneIn(std::max(1, swarm_.disk_full_one_in / 25))) {
    if (journal_.free_bytes() != UINT64_MAX) {
      journal_.SetFreeBytes(UINT64_MAX);
    } else if (random_.OneIn(3)) {
      journal_.SetFreeBytes(0);
    } else {
      marks_.Hit("fault disk almost full");
      journal_.SetFreeBytes(kFreeBytesMin - 1);
    }
  }
}

void Simulation::StepStage(Stage stage) {
  if (stage == Stage::kCommitter && swarm_.slow_disk_ns > 0) {
    if (steady_.Now() < disk_ready_) {
      return;  // it still writes the last group
    }
    marks_.Hit("fault slow disk");
    disk_ready_.ns = steady_.Now().ns + random_.Between(0, swarm_.slow_disk_ns);
  }
  const absl::StatusOr<engine::Stepped> stepped = engine_->Step(stage);
  if (!stepped.ok()) {
    if (!journal_.failed() && !journal_.damaged()) {
      Violated(Check::kStopped, stepped.status().ToString());
    }
    return Crash();  // the process would have stopped
  }
  if (stage == Stage::kCommitter) {
    auditor_.OnDurable(engine_->watermarks());
  }
  DeliverMail();
}

void Simulation::DeliverMail() {
  Mailbox mail;
  mail.swap(mailbox_);
  for (const auto& item : mail) {
    if (const Sight* sight = std::get_if<Sight>(&item)) {
      auditor_.OnSeen(*sight);
      continue;
    }
    const Reply& reply = std::get<Reply>(item);
    const auto attempt = attempts_.find(reply.attempt);
    if (attempt == attempts_.end()) {
      Violated(Check::kReply, "an attempt was answered twice");
    }
    Request& request = requests_[attempt->second];
    attempts_.erase(attempt);
    request.attempts_in_flight -= 1;
    request.answered = true;
    commands_in_flight_ -= request.work->commands.size();
    auditor_.OnReply(*request.work, reply);
  }
  Forget();
}

// Old requests that were answered are let go, so that a run stays small.
void Simulation::Forget() {
  if (requests_.size() < 400 || !attempts_.empty()) {
    return;
  }
  std::vector<Request> kept;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (!requests_[i].answered || i + 100 > requests_.size()) {
      kept.push_back(std::move(requests_[i]));
    }
  }
  requests_ = std::move(kept);
}

void Simulation::Query() {
  auto sight = std::make_shared<Sight>();
  const v1::Reason refusal = engine_->Query(
      [this, sight](const core::Machine& machine, base::Time now) { *sight = auditor_.See(machine, now); },
      [this, sight] { mailbox_.emplace_back(*sight); });
  if (refusal != v1::REASON_UNSPECIFIED) {
    Violated(Check::kReply, "a query was not taken: " + v1::Reason_Name(refusal));
  }
}

void Simulation::OrderSnapshot() {
  if (engine_->Snapshot([](const absl::Status&) {}) != v1::REASON_UNSPECIFIED) {
    Violated(Check::kReply, "a snapshot was not taken");
  }
}

// ---- the engine's life

void Simulation::Start() {
  if (journal_.damaged() && random_.OneIn(3)) {
    journal_.Repair();
  }
  absl::StatusOr<std::unique_ptr<engine::Stepper>> opened =
      engine::Stepper::Open(swarm_.engine, journal_, clock_, steady_);
  if (!opened.ok()) {
    if (journal_.damaged()) {
      marks_.Hit("engine refused damage");
      if (!absl::IsDataLoss(opened.status())) {
        Violated(Check::kRecovery, "damage is not called data loss: " + opened.status().ToString());
      }
    } else if (!journal_.failed()) {
      Violated(Check::kRecovery, opened.status().ToString());
    }
    return Crash();
  }
  engine_ = *std::move(opened);
  const std::uint64_t snapshot = engine_->watermarks().snapshot_sequence;
  if (journal_.damaged_sequence() > snapshot) {
    Violated(Check::kRecovery,
             "the engine opened on event " + std::to_string(journal_.damaged_sequence()) + ", which cannot be read");
  }
  marks_.Hit(snapshot != 0 ? "engine recovered from a snapshot" : "engine recovered from zero");
  const std::vector<journal::SnapshotInfo> snapshots = journal_.Snapshots();
  const auto loaded = std::ranges::find(snapshots, snapshot, &journal::SnapshotInfo::sequence);
  if (loaded != snapshots.end() && !loaded->whole()) {
    marks_.Hit("engine recovered from changes");
  }
  auditor_.OnOpened(engine_->machine());
  if (!journal_.damaged() && random_.OneIn(2)) {
    auditor_.CheckReplay(engine_->machine());
  }
}

void Simulation::Crash() {
  engine_.reset();
  mailbox_.clear();
  for (const auto& [number, position] : attempts_) {
    requests_[position].attempts_in_flight = 0;
    requests_[position].maybe_done = true;
  }
  attempts_.clear();
  commands_in_flight_ = 0;
  journal_.Crash();
  if (journal_.free_bytes() == 0) {
    journal_.SetFreeBytes(UINT64_MAX);  // nobody starts it again without making room
  }
}

// Steps every stage once; whether anything was done. The engine may be gone afterwards.
bool Simulation::StepAll() {
  bool worked = false;
  for (const Stage stage : engine::kStages) {
    const absl::StatusOr<engine::Stepped> stepped = engine_->Step(stage);
    if (!stepped.ok()) {
      if (!journal_.failed() && !journal_.damaged()) {
        Violated(Check::kStopped, stepped.status().ToString());
      }
      Crash();
      return true;
    }
    worked = worked || *stepped == engine::Stepped::kWorked;
    DeliverMail();
  }
  return worked;
}

// Steps until nothing is left to do, or the engine has stopped.
void Simulation::SettleDown() {
  for (int steps = 0; engine_ != nullptr && StepAll(); ++steps) {
    if (steps > kRestSteps) {
      Violated(Check::kLiveness, "the engine does not come to rest");
    }
  }
}

void Simulation::LeaveInOrder() {
  SettleDown();
  if (engine_ == nullptr) {
    return;
  }
  if (!journal_.damaged()) {
    auditor_.CheckReplay(engine_->machine());
  }
  engine_->Leave();
  marks_.Hit("engine left in order");
  Crash();
}

// ---- liveness

void Simulation::ComeToRest() {
  journal_.SetFaults({});
  journal_.SetFreeBytes(UINT64_MAX);
  journal_.Repair();
  ResolveAll();
  LetTimePass();
  CheckAllEnded();
  Query();
  SettleDown();
  auditor_.CheckReplay(engine_->machine());
  const std::uint64_t sequence = engine_->machine().last_sequence();
  Crash();
  Start();
  if (engine_->machine().last_sequence() != sequence) {
    Violated(Check::kAcknowledged, "the log was longer before the last restart");
  }
  auditor_.CheckReplay(engine_->machine());
}

// Every request gets its answer.
void Simulation::ResolveAll() {
  for (int round = 0;; ++round) {
    if (round > kRestRounds) {
      Violated(Check::kLiveness, "a request gets no answer although nothing fails");
    }
    if (engine_ == nullptr) {
      Start();
    }
    SettleDown();
    steady_.Advance(2 * base::kNsPerSecond);  // so that the disk's room is looked at again
    bool waits = false;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (!requests_[i].answered) {
        waits = true;
        Send(i);
        SettleDown();
      }
    }
    if (!waits) {
      return;
    }
  }
}

// Beyond every long stop and payout delay.
void Simulation::LetTimePass() {
  for (int round = 0; round < 3; ++round) {
    clock_.Advance(400 * kDaySeconds * base::kNsPerSecond);
    steady_.Advance(2 * base::kNsPerSecond);
    for (const auto& [id, platform] : follower_.model().world().platforms) {
      if (platform.sandbox) {
        requests_.push_back(
            {.work = workload_.FarFuture(id, base::AddSeconds(base::Time{platform.clock}, 400 * kDaySeconds))});
        Send(requests_.size() - 1);
      }
    }
    SettleDown();
    log_.Sync();
    follower_.ConsumeAll();
  }
}

void Simulation::CheckAllEnded() const {
  for (const auto& [key, agreement] : follower_.model().world().agreements) {
    model::Wide held = agreement.unallocated;
    for (const model::Milestone& milestone : agreement.milestones) {
      held += milestone.held;
    }
    if (!agreement.ended() || held != 0 || !agreement.dues.empty()) {
      Violated(Check::kLiveness, "long after its long stop, agreement " + key.first + "/" + key.second +
                                     " has not ended, or money is stuck in it");
    }
  }
}

}  // namespace escrow::sim
