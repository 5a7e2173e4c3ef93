#include "shared_core.h"

namespace escrow::daemon {
namespace {

constexpr std::size_t kFewCores = 3;

}  // namespace

std::optional<std::size_t> SharedCore(std::string_view wish, const std::vector<std::size_t>& cores) {
  if (wish == "off" || cores.empty() || cores.size() > kFewCores) {
    return std::nullopt;
  }
  return cores.back();
}

}  // namespace escrow::daemon
