#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "audit/clock_time.h"
#include "audit/complaint.h"
#include "escrow/v1/event.pb.h"

namespace escrow::audit {

// Chain, level "chain": whether each event stands where it says and points where it must: positions without gap, times
// that do not run back, each agreement's and payout's events linked backwards, each event that another caused directly
// behind it, at its time and about its agreement.
//
// Threading: none. Limits: memory grows with the number of agreements and payouts.
class Chain {
 public:
  // The next event. After a complaint the object is of no more use. REQUIRES: ReadEvent found nothing wrong with it.
  [[nodiscard]] Complaint Take(const v1::Event& event);

  // The id that the log gave itself in its first event.
  [[nodiscard]] const std::string& log_id() const { return log_id_; }

 private:
  [[nodiscard]] Complaint CheckTime(const v1::Event& event);
  [[nodiscard]] Complaint CheckCause(const v1::Event& event);
  [[nodiscard]] Complaint CheckPrevious(const v1::Event& event);
  [[nodiscard]] static Complaint CheckReferences(const v1::Event& event);

  std::string log_id_;
  std::uint64_t sequence_ = 0;
  Nanos log_time_ = 0;
  // The last event that no other caused.
  struct {
    std::uint64_t sequence = 0;
    Nanos log_time = 0;
    std::string platform;
    std::string agreement_id;
  } cause_;
  std::unordered_map<std::string, std::uint64_t> last_of_agreement_;
  std::unordered_map<std::string, std::uint64_t> last_of_payout_;  // those of no agreement
};

}  // namespace escrow::audit
