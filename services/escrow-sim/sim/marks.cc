#include "sim/marks.h"

#include <set>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/payout.pb.h"
#include "escrow/v1/reason.pb.h"

namespace escrow::sim {
namespace {

// Reasons of layers above the engine.
const std::set<int> kNotOfCommands = {
    v1::REASON_UNSPECIFIED,     v1::REASON_BATCH_SIZE,      v1::REASON_PAGE_TOKEN_INVALID,
    v1::REASON_FILTER_INVALID,  v1::REASON_UNAUTHENTICATED, v1::REASON_REQUEST_NOT_FOUND,
    v1::REASON_EVENT_NOT_FOUND, v1::REASON_DRAINING,        v1::REASON_RECORD_NOT_FOUND,
    v1::REASON_NO_VAULT,        v1::REASON_NOT_PUBLISHED,   v1::REASON_SIGNING_KEY_NOT_FOUND,
};

void AddValues(const google::protobuf::EnumDescriptor& type, const std::string& prefix, const std::set<int>& without,
               std::vector<std::string>& marks) {
  for (int i = 0; i < type.value_count(); ++i) {
    if (without.count(type.value(i)->number()) == 0) {
      marks.push_back(prefix + type.value(i)->name());
    }
  }
}

}  // namespace

std::vector<std::string> RequiredMarks() {
  std::vector<std::string> marks = {
      "fault crash",
      "fault group lost",
      "fault group kept",
      "fault group torn",
      "fault slow disk",
      "fault disk almost full",
      "fault disk full",
      "fault anchor failed",
      "fault snapshot failed",
      "fault snapshot lost",
      "fault snapshot damaged",
      "fault reading failed",
      "fault clock went back",
      "client retried",
      "client sent twice",
      "client changed the body",
      "client lied",
      "client sent a batch",
      "client asked for a dry run",
      "engine left in order",
      "engine recovered from a snapshot",
      "engine recovered from changes",
      "engine recovered from zero",
      "engine refused damage",
      "engine took the older snapshot",
      "unknown was in the log",
      "unknown was not in the log",
      "reply was given again",
      "sandbox clock jumped",
  };
  AddValues(*v1::Reason_descriptor(), "", kNotOfCommands, marks);
  AddValues(*v1::EventKind_descriptor(), "", {v1::EVENT_KIND_UNSPECIFIED}, marks);
  AddValues(*v1::Agreement::State_descriptor(), "agreement ", {0}, marks);
  AddValues(*v1::Milestone::State_descriptor(), "milestone ", {0}, marks);
  AddValues(*v1::Payout::State_descriptor(), "payout ", {0}, marks);
  AddValues(*v1::MoveCause_descriptor(), "", {v1::MOVE_CAUSE_UNSPECIFIED}, marks);
  AddValues(*v1::UnallocatedReturned::Cause_descriptor(), "returned ", {0}, marks);
  return marks;
}

}  // namespace escrow::sim
