#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace escrow::sim {

// Marks: named counters of what a simulation has come across, so that one can see that it did not pass by accident.
class Marks {
 public:
  void Hit(const std::string& name, std::uint64_t times = 1) { counts_[name] += times; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t CountOf(const std::string& name) const {
    const auto found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  std::map<std::string, std::uint64_t> counts_;
};

// Every mark that some million commands must hit: each fault, each kind of event, each reason that a command can be
// refused with, each state that an agreement, a milestone or a payout can have.
[[nodiscard]] std::vector<std::string> RequiredMarks();

}  // namespace escrow::sim
