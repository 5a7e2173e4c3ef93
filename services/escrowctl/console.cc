#include "escrowctl/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace escrow::ctl {
namespace {

constexpr std::int64_t kDrawEveryNs = 100'000'000;
constexpr std::int64_t kBarWidth = 40;

std::int64_t SteadyNs() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

}  // namespace

bool StdoutIsTerminal() { return isatty(STDOUT_FILENO) == 1; }
bool StderrIsTerminal() { return isatty(STDERR_FILENO) == 1; }

ProgressBar::ProgressBar(std::string_view label) : label_(label), shown_(StderrIsTerminal()) {}

ProgressBar::~ProgressBar() {
  if (shown_) {
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
  }
}

void ProgressBar::Update(std::int64_t done, std::int64_t total) {
  const std::int64_t now = SteadyNs();
  if (!shown_ || total <= 0 || (now < next_draw_ns_ && done < total)) {
    return;
  }
  next_draw_ns_ = now + kDrawEveryNs;
  const auto share = static_cast<std::size_t>(done * kBarWidth / total);
  fmt::print(stderr, "\r\033[K{} [{:<{}}] {}/{} {}%", label_, std::string(share, '#'), kBarWidth, done, total,
             done * 100 / total);
  std::fflush(stderr);
}

}  // namespace escrow::ctl
