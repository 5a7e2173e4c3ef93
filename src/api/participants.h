#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/engine.h"
#include "escrow/v1/event.pb.h"

namespace escrow::api {

// ParticipantIndex: which parties an event concerns. An event names its agreement or its payout; who takes part in an
// agreement and whom a payout pays never changes, so what was learnt from the state once is kept, within bounds.
//
// Threading: any thread but the engine's. Ownership: borrows the engine.
class ParticipantIndex {
 public:
  explicit ParticipantIndex(engine::Engine& engine) : engine_(engine) {}

  // Tells for each event whether it concerns the party: its agreement, its payout, itself. Asks the engine once for all
  // subjects that are unknown; refusals as Engine::Query gives. REQUIRES: the events are of the party's platform and
  // durable.
  [[nodiscard]] v1::Reason Concern(std::span<const v1::Event* const> events, const std::string& party_name,
                                   std::vector<bool>& concerned);

 private:
  // Kept names; at about 200 bytes each, 13 MB.
  static constexpr std::size_t kSubjectsMax = 65'536;

  void Keep(absl::flat_hash_map<std::string, std::vector<std::string>>& learnt);

  engine::Engine& engine_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<std::string>> parties_;  // by subject; ids of parties
};

}  // namespace escrow::api
