#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "escrow/v1/reason.pb.h"

namespace escrow::core {

// Why a command is refused, with the variables of the message. A value: nothing has changed.
struct Refusal {
  v1::Reason reason = v1::REASON_UNSPECIFIED;
  std::vector<std::pair<std::string, std::string>> variables;
};

// Nothing, or why not.
using Check = std::optional<Refusal>;

using Variables = std::initializer_list<std::pair<const char*, std::string>>;

[[nodiscard]] inline Refusal Refuse(v1::Reason reason, Variables variables = {}) {
  Refusal refusal{.reason = reason, .variables = {}};
  for (const auto& [key, value] : variables) {
    refusal.variables.emplace_back(key, value);
  }
  return refusal;
}

}  // namespace escrow::core

// Returns from the enclosing function with the refusal of `check`, if it is one.
#define ESCROW_RETURN_IF_REFUSED(check)                \
  if (auto escrow_refusal = (check); escrow_refusal) { \
    return escrow_refusal;                             \
  }                                                    \
  static_assert(true)
