#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "escrow/v1/command.pb.h"
#include "model/model.h"
#include "sim/marks.h"
#include "sim/random.h"
#include "sim/work.h"

namespace escrow::sim {

// How the clients of one run behave.
struct Habits {
  int platforms = 1;
  int agreements_max = 6;  // per platform
  int lies_percent = 8;
  int dry_runs_percent = 3;
  int batches_percent = 10;
  int batch_commands_max = 8;
};

// Workload: what clients ask for. It looks at the model, which lags behind what is in flight, so most commands make
// sense and some do no more.
//
// Threading: none. Borrows everything.
class Workload {
 public:
  Workload(Random& random, Marks& marks, const model::Model& model, const Habits& habits);

  // Something new. `now`: the time of the log.
  [[nodiscard]] WorkPointer Next(base::Time now);
  // Another body under the request id of a single command.
  [[nodiscard]] WorkPointer WithAnotherBody(const Work& work);
  // Commands that let everything in a sandbox expire: its clock, as far as no agreement looks.
  [[nodiscard]] WorkPointer FarFuture(const std::string& platform, base::Time time);

 private:
  struct Ask {
    v1::Command command;
    v1::Principal actor;
  };

  [[nodiscard]] Ask NextAsk();
  [[nodiscard]] Ask ExpectedAsk();
  void Plan();

  [[nodiscard]] Ask CreateAgreement(const std::string& platform);
  [[nodiscard]] Ask AboutAgreement(const model::Key& key);
  [[nodiscard]] Ask Deposit(const model::Key& key);
  [[nodiscard]] Ask Confirm(const model::Key& key);
  [[nodiscard]] Ask ReleaseOrRefund(const model::Key& key);
  [[nodiscard]] Ask AcceptOrCancel(const model::Key& key);
  [[nodiscard]] Ask AboutPayout(const std::string& platform);
  [[nodiscard]] Ask RequestPayout(const std::string& platform);
  [[nodiscard]] Ask AdvanceClock(const std::string& platform);
  [[nodiscard]] Ask AboutCredential(const std::string& platform);
  [[nodiscard]] Ask AboutPersonalData(const std::string& platform);

  // Changes something for the worse.
  void Lie(Ask& ask);
  void LieAboutWho(Ask& ask);
  void LieAboutMoney(Ask& ask);
  void LieAboutWhat(Ask& ask);

  // Who may act for the party, and whether it must be named.
  [[nodiscard]] v1::Principal ActorFor(const model::Key& key, const std::string& party_name, std::string* named);
  // Who may speak of the bank.
  [[nodiscard]] v1::Principal Banker(const std::string& platform);
  [[nodiscard]] std::string NewRequestId();
  [[nodiscard]] std::string SomeMilestone(const model::Key& key);
  [[nodiscard]] std::string RandomPlatform();

  Random& random_;
  Marks& marks_;
  const model::Model& model_;
  const Habits habits_;
  base::Time now_;
  std::deque<Ask> plan_;  // what must come first
  std::uint64_t last_number_ = 0;
};

}  // namespace escrow::sim
