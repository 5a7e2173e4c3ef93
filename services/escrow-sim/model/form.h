#pragma once

#include <cstdint>
#include <string>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/money.pb.h"
#include "escrow/v1/reason.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "model/world.h"

// What can be said of a command without knowing what happened before. REASON_UNSPECIFIED: nothing is wrong.
namespace escrow::model {

[[nodiscard]] v1::Reason CheckForm(const v1::Command& command);

// Later than 1970, whole nanoseconds, within 64 bits of them.
[[nodiscard]] bool IsTime(const google::protobuf::Timestamp& time);
[[nodiscard]] Nanos ToNanos(const google::protobuf::Timestamp& time);

[[nodiscard]] v1::Reason CheckAmount(const v1::Amount& amount);
[[nodiscard]] v1::Reason CheckAmountIn(const v1::Amount& amount, const std::string& currency);

// An agreement as such, on this platform: everything but whether its parties exist. Works out what the creation event
// says: policies with their defaults, and how the money of each milestone will be shared.
[[nodiscard]] v1::Reason CheckContract(const v1::Agreement& agreement, const std::string& platform,
                                       v1::AgreementCreated& created);

// The requirements in a condition, depth first.
void CollectRequirements(const v1::Condition& condition, std::vector<const v1::Requirement*>& asked);

}  // namespace escrow::model
