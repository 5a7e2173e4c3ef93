#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/stepper.h"
#include "sim/auditor.h"
#include "sim/clock.h"
#include "sim/follower.h"
#include "sim/log_view.h"
#include "sim/marks.h"
#include "sim/random.h"
#include "sim/sim_journal.h"
#include "sim/work.h"
#include "sim/workload.h"

namespace escrow::sim {

// What one run adds up to.
struct RunResult {
  std::uint64_t commands = 0;  // sent and taken by the engine, repetitions included
  std::uint64_t events = 0;    // of the log at the end
  std::uint64_t faults = 0;
  std::uint64_t trace = 0;  // equal runs have equal traces
};

// Simulation: one run, which its seed decides completely. The real engine runs on a disk that fails, for clients that
// misbehave, in virtual time, on one thread; what happens next is drawn by lot.
//
// First everything goes wrong until enough commands have been sent (safety); then nothing fails any more, and all that
// is in flight must be answered, and all agreements end, in a bounded number of steps (liveness). A violation ends the
// process (verdict.h).
class Simulation {
 public:
  Simulation(std::uint64_t seed, std::uint64_t commands, Marks& marks);

  [[nodiscard]] RunResult Run();

  // What the run has left, after Run.
  [[nodiscard]] const LogView& log() const { return log_; }

 private:
  // How the run is. Each seed has some of the faults and habits and not others, so that none hides another.
  struct Swarm {
    engine::EngineOptions engine;
    DiskFaults disk;
    Habits habits;
    int in_flight_max = 1;          // attempts
    int crash_one_in = 0;           // steps; 0: never
    int disk_full_one_in = 0;       // steps
    int clock_back_one_in = 0;      // steps
    std::int64_t slow_disk_ns = 0;  // how long a group takes at most
    bool long_jumps = false;        // the log's clock jumps over days
    bool floods = false;            // clients send more than the engine holds
  };

  // A request that some client still waits for or has had answered.
  struct Request {
    WorkPointer work;
    int attempts_in_flight = 0;
    bool answered = false;
    bool maybe_done = false;  // an attempt was cut off: its outcome is unknown
  };

  [[nodiscard]] static Swarm Draw(Random& random);

  // Safety.
  void Step();
  void StepClients();
  void StepTime();
  void StepFaults();
  void StepStage(engine::Stage stage);
  void Query();
  void OrderSnapshot();

  void SendNew();
  void SendAgain();
  void SendTwice();
  void Send(std::size_t position);
  void Forget();

  // Engine.
  void Start();
  void Crash();
  void LeaveInOrder();
  void DeliverMail();
  [[nodiscard]] bool StepAll();
  void SettleDown();

  // Liveness.
  void ComeToRest();
  void ResolveAll();
  void LetTimePass();
  void CheckAllEnded() const;

  Marks& marks_;
  Random random_;
  const Swarm swarm_;
  const std::uint64_t commands_max_;
  VirtualClock clock_;   // the log's
  VirtualClock steady_;  // pauses
  SimJournal journal_;
  LogView log_;
  Follower follower_;
  Auditor auditor_;
  Workload workload_;
  std::unique_ptr<engine::Stepper> engine_;
  base::Time disk_ready_;  // by the steady clock: when the slow disk takes the next group
  std::vector<Request> requests_;
  std::map<std::uint64_t, std::size_t> attempts_;  // in flight: number -> position in requests_
  std::uint64_t last_attempt_ = 0;
  Mailbox mailbox_;
  std::size_t commands_in_flight_ = 0;
  std::uint64_t commands_ = 0;
};

}  // namespace escrow::sim
