#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/event.pb.h"

namespace escrow::ctl {

// Goods and money side by side (source S14): goods left, money right, each line with its time and event number.
// Threading: none.
class Timeline {
 public:
  // `out` is borrowed. `milestone_ids` are those of the agreement that is told, in order.
  Timeline(std::ostream& out, std::vector<std::string> milestone_ids)
      : out_(out), milestone_ids_(std::move(milestone_ids)) {}

  void PrintHeader();
  void Print(const v1::Event& event);
  // A timer that still runs: what will happen if nobody does anything.
  void Print(const v1::ExplainAgreementResponse::RunningTimer& timer);

 private:
  void PrintLine(const std::string& time, const std::string& goods, const std::string& money,
                 const std::string& number);
  void PrintAcross(const std::string& time, const std::string& text, const std::string& number);

  std::ostream& out_;
  std::vector<std::string> milestone_ids_;
};

[[nodiscard]] std::vector<std::string> MilestoneIds(const v1::Agreement& agreement);

// Where goods and money stand for each milestone, and whether they are in step: "goods delivered, money not released".
// `events` are the agreement's.
[[nodiscard]] std::vector<std::string> InStep(const v1::Agreement& agreement, const std::vector<v1::Event>& events);

}  // namespace escrow::ctl
