#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/currency.h"
#include "base/time.h"
#include "base/wide.h"

// The canonical encoding of state: one way to write each value, so that equal states give equal bytes in every build.
//
//   integer, enum  varint: 7 bits a byte, low first, high bit = more; signed values zigzag; 128-bit values the same way
//   bool           one byte, 0 or 1
//   string         length, bytes
//   sequence       count, elements
//   optional       bool, value
//   Currency       its alphabetic code as string
//
// What to write is said once per type, by a function Visit(Archive&, T&) that both Writer and Reader call.
namespace escrow::core {

using base::UWide;
using base::Wide;

template <class T>
concept EncodableInteger =
    (std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, base::Wide>) && !std::is_same_v<T, bool>;

namespace codec_internal {

template <class T, bool kIsEnum = std::is_enum_v<T>>
struct IntegerOf {
  using Type = T;
};
template <class T>
struct IntegerOf<T, true> {
  using Type = std::underlying_type_t<T>;
};
template <class T>
inline constexpr bool kSigned = std::is_signed_v<typename IntegerOf<T>::Type> || std::is_same_v<T, base::Wide>;

}  // namespace codec_internal

// Writes into memory; take the bytes away now and then.
class Writer {
 public:
  // What has been written since the last Clear.
  [[nodiscard]] std::string_view bytes() const { return buffer_; }
  void Clear() { buffer_.clear(); }
  // Bytes that are an encoding already.
  void Encoded(std::string_view bytes) { buffer_.append(bytes); }

  void operator()(bool& value) { buffer_.push_back(value ? '\1' : '\0'); }
  void operator()(std::string& value) {
    Varint(value.size());
    buffer_.append(value);
  }
  void operator()(base::Currency& value) {
    std::string code(value.code());
    (*this)(code);
  }
  template <EncodableInteger T>
  void operator()(T& value) {
    const auto wide = static_cast<Wide>(static_cast<typename codec_internal::IntegerOf<T>::Type>(value));
    if constexpr (codec_internal::kSigned<T>) {
      Varint(static_cast<UWide>(wide) << 1U ^ static_cast<UWide>(wide >> 127));
    } else {
      Varint(static_cast<UWide>(wide));
    }
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    bool present = value.has_value();
    (*this)(present);
    if (present) {
      (*this)(*value);
    }
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    Sequence(values);
  }
  template <class T>
  void operator()(std::deque<T>& values) {
    Sequence(values);
  }
  template <class T>
    requires(!EncodableInteger<T>)
  void operator()(T& value) {
    Visit(*this, value);
  }

 private:
  template <class Values>
  void Sequence(Values& values) {
    Varint(values.size());
    for (auto& value : values) {
      (*this)(value);
    }
  }
  void Varint(UWide value) {
    std::array<char, 19> bytes;  // 128 bits, 7 in each
    std::size_t size = 0;
    const auto put = [&](auto& left) {
      bytes[size++] = static_cast<char>(static_cast<std::uint8_t>(left) | 0x80U);
      left >>= 7U;
    };
    while (value > UINT64_MAX) {
      put(value);
    }
    auto narrow = static_cast<std::uint64_t>(value);  // almost every value from the beginning, and cheaper to shift
    while (narrow >= 0x80) {
      put(narrow);
    }
    bytes[size++] = static_cast<char>(narrow);
    buffer_.append(bytes.data(), size);
  }

  std::string buffer_;
};

// A hash of what Writer would write, for tables: equal values have equal hashes. Not for the disk, not for strangers.
class Mixer {
 public:
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

  void operator()(bool& value) { Mix(value ? 1 : 0); }
  void operator()(std::string& value) {
    Mix(value.size());
    Mix(std::hash<std::string_view>()(value));
  }
  template <EncodableInteger T>
  void operator()(T& value) {
    Mix(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    Mix(values.size());
    for (T& value : values) {
      (*this)(value);
    }
  }
  template <class T>
    requires(!EncodableInteger<T>)
  void operator()(T& value) {
    Visit(*this, value);
  }

 private:
  void Mix(std::uint64_t value) {
    // Multiply and fold, so that every bit of a value reaches the whole hash.
    hash_ = (hash_ ^ value) * 0xff51afd7ed558ccdU;
    hash_ ^= hash_ >> 32U;
  }

  std::uint64_t hash_ = 0x9e3779b97f4a7c15U;
};

// Reads what Writer wrote. After the first byte that cannot be, ok() is false, and values are unspecified but harmless.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }
  // What has not been read.
  [[nodiscard]] std::string_view rest() const { return bytes_; }

  void operator()(bool& value) {
    const UWide byte = Varint();
    value = byte == 1;
    ok_ = ok_ && byte <= 1;
  }
  void operator()(std::string& value) {
    const UWide size = Varint();
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return;
    }
    value.assign(bytes_.substr(0, static_cast<std::size_t>(size)));
    bytes_.remove_prefix(static_cast<std::size_t>(size));
  }
  void operator()(base::Currency& value) {
    std::string code;
    (*this)(code);
    const auto currency = base::Currency::FromCode(code);
    ok_ = ok_ && currency.has_value();
    value = currency.value_or(base::Currency());
  }
  template <EncodableInteger T>
  void operator()(T& value) {
    using Integer = typename codec_internal::IntegerOf<T>::Type;
    UWide bits = Varint();
    if constexpr (codec_internal::kSigned<T>) {
      bits = bits >> 1U ^ (~(bits & 1U) + 1U);
    }
    const auto narrow = static_cast<Integer>(bits);
    ok_ = ok_ && static_cast<UWide>(static_cast<Wide>(narrow)) == bits;
    value = static_cast<T>(narrow);
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    bool present = false;
    (*this)(present);
    value.reset();
    if (present) {
      value.emplace();
      (*this)(*value);
    }
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    Sequence(values);
  }
  template <class T>
  void operator()(std::deque<T>& values) {
    Sequence(values);
  }
  template <class T>
    requires(!EncodableInteger<T>)
  void operator()(T& value) {
    Visit(*this, value);
  }

 private:
  template <class Values>
  void Sequence(Values& values) {
    values.clear();
    const UWide count = Varint();
    // Each element takes at least one byte: a count beyond the bytes is a lie and must not reserve memory.
    ok_ = ok_ && count <= bytes_.size();
    if constexpr (requires { values.reserve(1); }) {
      values.reserve(ok_ ? static_cast<std::size_t>(std::min<UWide>(count, kReserveMax)) : 0);
    }
    for (UWide i = 0; ok_ && i < count; ++i) {
      (*this)(values.emplace_back());
    }
  }
  static constexpr UWide kReserveMax = 64;

  UWide Varint() {
    if (ok_ && !bytes_.empty() && static_cast<std::uint8_t>(bytes_.front()) < 0x80) {  // as most are
      const auto value = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      return value;
    }
    return LongVarint();
  }
  UWide LongVarint() {
    // All but sums of money over many agreements fit in 64 bits.
    std::uint64_t low = 0;
    for (unsigned size = 0; ok_ && size < 9 && size < bytes_.size(); ++size) {
      const auto byte = static_cast<std::uint8_t>(bytes_[size]);
      low |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * size);
      if (byte < 0x80) {
        bytes_.remove_prefix(size + 1);
        return low;
      }
    }
    UWide value = 0;
    for (unsigned shift = 0; ok_ && shift < 133; shift += 7) {
      if (bytes_.empty()) {
        break;
      }
      const auto byte = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<UWide>(byte & 0x7FU) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace escrow::core
