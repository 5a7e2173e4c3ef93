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

std::unique_ptr<base::CoreDistance> DistanceOf(std::optional<std::size_t> shared,
                                               const std::vector<std::size_t>& cores) {
  if (!shared || cores.size() < 2) {
    return nullptr;
  }
  return std::make_unique<base::CoreDistance>(*shared, cores.front());
}

}  // namespace escrow::daemon
