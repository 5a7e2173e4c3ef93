#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace escrow::crypto {

// Bytes that must not stay in memory longer than they are needed: overwritten when they go. Moved, never copied.
// Threading: that of a value.
class Secret {
 public:
  Secret() = default;
  // Takes the bytes over; the caller's string is wiped and empty.
  explicit Secret(std::string&& bytes);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // Valid as long as the secret.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace escrow::crypto
