#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "publish/asked_witness.h"
#include "publish/public_log.h"
#include "publish/showcase.h"
#include "publish/witness_connection.h"
#include "tlog/policy.h"

namespace escrow::publish {

// With the log's own signature, and a second one while a key is handed over, a note then has 16: as many as everybody
// takes (C2SP signed-note).
inline constexpr std::size_t kAskedWitnessesMax = 14;

// Whom to ask for cosignatures, and who is told of it. Both functions are called once for each change, on the threads
// of a Cosigner and under its lock: they must be brief and not call it.
struct Witnessing {
  tlog::Policy policy;
  // By their place in policy.witnesses(); the others are not asked.
  std::map<std::size_t, std::unique_ptr<WitnessConnection>> connections;
  // How long a witness that failed is left alone: at first, and at most, after twice as long each time.
  std::chrono::milliseconds pause_min{1'000};
  std::chrono::milliseconds pause_max{60'000};
  // A witness, by its name in the policy, began to answer (OK) or to fail, or fails in another way.
  std::function<void(const std::string&, const absl::Status&)> on_witness = [](const std::string&,
                                                                               const absl::Status&) {};
  // The quorum was reached (OK), or was not, with who is missing.
  std::function<void(const absl::Status&)> on_quorum = [](const absl::Status&) {};
};

// Cosigner: asks the witnesses of a policy to cosign the checkpoints of our log, one checkpoint at a time: the newest
// one there is when the one before has its quorum, or when nobody is left to be asked for it. (Were each witness asked
// for the newest of its own moment, no checkpoint might ever have two cosignatures.)
//
// A thread for each witness: one that is slow or dead takes nobody's time but its own. Nothing is kept on disk: after a
// start the newest checkpoint is cosigned anew.
//
// Threading: any thread. Ownership: owns the connections, borrows the log.
class Cosigner {
 public:
  // REQUIRES: at most kAskedWitnessesMax connections.
  Cosigner(Witnessing witnessing, const PublicLog& log);
  // Takes about a second: calls under way are cut.
  ~Cosigner();
  Cosigner(const Cosigner&) = delete;
  Cosigner& operator=(const Cosigner&) = delete;

  // A new checkpoint, by the log alone; it is asked for as soon as may be. Waits for nobody. REQUIRES: the log covers
  // it, and it is larger than the one before.
  void Submit(SharedCheckpoint newest);

  struct Progress {
    SharedCheckpoint newest;    // the last that was submitted, with the cosignatures that came; null: none was
    SharedCheckpoint cosigned;  // the newest whose quorum was reached, with all its cosignatures; null: none yet
  };
  [[nodiscard]] Progress progress() const;

  // Waits until the last that was submitted has its quorum, or nobody is left to be asked for it, or `time` is over.
  void Await(std::chrono::milliseconds time);

 private:
  using Clock = std::chrono::steady_clock;

  struct Party {
    Party(const tlog::Policy::Witness& entry, std::unique_ptr<WitnessConnection> connection, const PublicLog& log)
        : name(entry.name), witness(entry.key, std::move(connection), log) {}

    const std::string name;
    AskedWitness witness;  // of its thread; the rest under the mutex
    bool busy = false;
    std::optional<std::uint64_t> cosigned_size;  // of the last checkpoint that it has cosigned
    std::chrono::milliseconds pause{0};          // the last one; 0 when it did not fail
    Clock::time_point not_before;                // when it may be asked again
    std::optional<absl::StatusCode> told;        // what on_witness was told last
  };

  void Run(Party& party, const std::stop_token& stop);
  // Until there is something to ask of it. False when it is to stop.
  [[nodiscard]] bool AwaitTurn(std::unique_lock<std::mutex>& lock, const Party& party, const std::stop_token& stop);

  // All of these under the mutex.
  [[nodiscard]] bool MayAsk(const Party& party, Clock::time_point now) const;
  // Whether what is asked for has its quorum, or nobody is left to be asked. REQUIRES: something is asked for.
  [[nodiscard]] bool RoundIsOver() const;
  void Take(Party& party, const tlog::SignedCheckpoint& asked, absl::StatusOr<tlog::NoteSignature> answer);
  void Collect(const tlog::SignedCheckpoint& asked, const tlog::NoteSignature& cosignature);
  // After a change: is there a quorum, is the round over, has the next one begun?
  void Settle();
  void Judge();

  Witnessing witnessing_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  SharedCheckpoint newest_;    // as it was submitted
  SharedCheckpoint asked_;     // what the witnesses are asked for, as it was submitted
  SharedCheckpoint answered_;  // the same with the cosignatures that came
  SharedCheckpoint cosigned_;  // the newest one with its quorum
  std::optional<bool> told_quorum_;
  std::vector<std::unique_ptr<Party>> parties_;
  std::vector<std::jthread> threads_;
};

}  // namespace escrow::publish
