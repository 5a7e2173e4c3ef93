#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace escrow::base {

// An ISO 4217 currency that has a minor unit, by its position in our table. The position is derived state: the log and
// the snapshots hold the alphabetic code.
class Currency {
 public:
  // The first of the table, for containers that are filled afterwards.
  Currency() = default;

  // The currency of an alphabetic code in upper case. Nothing for unknown codes and for codes without a minor unit
  // (XAU, XDR, XTS, ...).
  [[nodiscard]] static std::optional<Currency> FromCode(std::string_view code);

  // How many currencies the table has; positions are 0 to count - 1, in the order of the codes.
  [[nodiscard]] static std::size_t Count();
  // REQUIRES: position < Count().
  [[nodiscard]] static Currency FromPosition(std::size_t position);

  [[nodiscard]] std::string_view code() const;
  // Decimal digits of the minor unit: 0, 2, 3 or 4.
  [[nodiscard]] int exponent() const;
  [[nodiscard]] std::uint16_t position() const { return position_; }

  friend auto operator<=>(Currency, Currency) = default;

 private:
  explicit Currency(std::uint16_t position) : position_(position) {}
  std::uint16_t position_ = 0;
};

}  // namespace escrow::base
