#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace escrow::ctl {

[[nodiscard]] bool StdoutIsTerminal();
[[nodiscard]] bool StderrIsTerminal();

// A progress bar on stderr; silent when stderr is not a terminal. Redraws at most ten times a second and erases itself
// at its end. Threading: one thread.
class ProgressBar {
 public:
  explicit ProgressBar(std::string_view label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(std::int64_t done, std::int64_t total);

 private:
  std::string label_;
  bool shown_ = false;
  std::int64_t next_draw_ns_ = 0;
};

}  // namespace escrow::ctl
