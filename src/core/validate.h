#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "core/field_path.h"
#include "core/refusal.h"
#include "core/state.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/money.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

// Checks of what a command states, before any state is touched. Each names the field that is wrong.
namespace escrow::core {

// A point in time after 1970 that fits into base::Time. On success sets `time`.
[[nodiscard]] Check ReadTime(const google::protobuf::Timestamp& timestamp, const FieldPath& field, base::Time& time);
// Whole seconds in [min, max].
[[nodiscard]] Check CheckDuration(const google::protobuf::Duration& duration, const FieldPath& field, std::int64_t min,
                                  std::int64_t max);
// A known currency and an amount in [1, kMinorUnitsMax].
[[nodiscard]] Check CheckAmount(const v1::Amount& amount, const FieldPath& field);
// The same, and in this currency.
[[nodiscard]] Check CheckAmountIn(base::Currency currency, const v1::Amount& amount, const FieldPath& field);

// Checks an agreement that is to be created on the platform of this id, as such: everything but whether its parties
// exist. What is refused here could be created in no state. Otherwise as ValidateAgreement.
[[nodiscard]] Check ValidateContract(std::string_view platform_id, const v1::Agreement& agreement,
                                     v1::AgreementCreated& fact);

// Checks an agreement that is to be created on `platform` and says what the rules make of it: policies with defaults
// filled in, and the schedule of each milestone. `fact` is meaningful only when nothing is refused. Order of checks:
// the form of the fields, then policies, milestones, conditions, shares, fees, then whether the parties exist.
[[nodiscard]] Check ValidateAgreement(const State& state, PlatformSlot platform, const v1::Agreement& agreement,
                                      v1::AgreementCreated& fact);

}  // namespace escrow::core
