#pragma once

#include <string>

#include "base/time.h"
#include "core/state.h"
#include "model/model.h"

// The state that decides about money, as a text that can be compared: of the machine and of the model. Equal states
// give equal texts.
namespace escrow::sim {

[[nodiscard]] std::string StateText(const core::State& state);
[[nodiscard]] std::string StateText(const model::Model& model);

// The lines that only one of them has.
[[nodiscard]] std::string Difference(const std::string& one, const std::string& other);

}  // namespace escrow::sim
