#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "escrow/v1/event.pb.h"
#include "sim/sim_journal.h"

namespace escrow::sim {

// Who used which request id.
using RequestKey = std::pair<std::string, std::string>;  // CallerOf, id

// LogView: the durable log as parsed events, and where each request is in it.
//
// Threading: none. Borrows the journal.
class LogView {
 public:
  explicit LogView(const SimJournal& journal) : journal_(journal) {}

  // Reads what has become durable since. What was read before must still be there.
  void Sync();

  [[nodiscard]] std::uint64_t size() const { return events_.size(); }
  // REQUIRES: 1 <= sequence <= size().
  [[nodiscard]] const v1::Event& at(std::uint64_t sequence) const { return events_[sequence - 1]; }
  [[nodiscard]] const std::string& bytes(std::uint64_t sequence) const { return journal_.event(sequence); }
  // The last event that the event `first` caused; itself when there is none.
  [[nodiscard]] std::uint64_t EndOf(std::uint64_t first) const;
  // The event of this request, 0 when there is none.
  [[nodiscard]] std::uint64_t Find(const RequestKey& key) const;

 private:
  const SimJournal& journal_;
  std::deque<v1::Event> events_;
  std::map<RequestKey, std::uint64_t> requests_;
};

}  // namespace escrow::sim
