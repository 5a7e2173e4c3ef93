#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
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
//   fixed          8 bytes, low first: for numbers that are as good as random, which a varint would make longer
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
//
// WHY char8_t: a byte of it, unlike a char, is never part of another object. So the compiler need not read the writer's
// own fields again after each byte that it writes (docs/PERFORMANCE.md, 30).
class Writer {
 public:
  // What has been written since the last Clear.
  [[nodiscard]] std::string_view bytes() const { return {reinterpret_cast<const char*>(buffer_.get()), size_}; }
  // Keeps its memory.
  void Clear() { size_ = 0; }
  // Bytes that are an encoding already.
  void Encoded(std::string_view bytes) {
    std::memcpy(Room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void Fixed(std::uint64_t& value) {
    char8_t* const at = Room(sizeof value);
    for (unsigned i = 0; i < sizeof value; ++i) {
      at[i] = static_cast<char8_t>(value >> (8 * i));
    }
    size_ += sizeof value;
  }

  void operator()(bool& value) {
    *Room(1) = value ? 1 : 0;
    ++size_;
  }
  void operator()(std::string& value) {
    Varint(value.size());
    Encoded(value);
  }
  void operator()(base::Currency& value) {
    std::string code(value.code());
    (*this)(code);
  }
  template <EncodableInteger T>
  void operator()(T& value) {
    const auto integer = static_cast<typename codec_internal::IntegerOf<T>::Type>(value);
    if constexpr (std::is_same_v<T, Wide>) {
      WideVarint(static_cast<UWide>(integer) << 1U ^ static_cast<UWide>(integer >> 127));
    } else if constexpr (codec_internal::kSigned<T>) {
      const auto narrow = static_cast<std::int64_t>(integer);
      Varint(static_cast<std::uint64_t>(narrow) << 1U ^ static_cast<std::uint64_t>(narrow >> 63));
    } else {
      Varint(static_cast<std::uint64_t>(integer));
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
  void Varint(std::uint64_t value) {
    char8_t* const begin = Room(kVarintBytesMax);
    size_ += static_cast<std::size_t>(PutVarint(begin, value) - begin);
  }
  void WideVarint(UWide value) {
    char8_t* const begin = Room(kVarintBytesMax);
    char8_t* at = begin;
    for (; value > UINT64_MAX; value >>= 7U) {
      *at++ = static_cast<char8_t>(value | 0x80U);
    }
    size_ += static_cast<std::size_t>(PutVarint(at, static_cast<std::uint64_t>(value)) - begin);
  }
  [[nodiscard]] static char8_t* PutVarint(char8_t* at, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) {
      *at++ = static_cast<char8_t>(value | 0x80U);
    }
    *at++ = static_cast<char8_t>(value);
    return at;
  }

  // The end of what is written, with room for `bytes` more.
  [[nodiscard]] char8_t* Room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) {
      Grow(bytes);
    }
    return buffer_.get() + size_;
  }
  void Grow(std::size_t bytes) {
    const std::size_t capacity = std::max({2 * capacity_, size_ + bytes, kBytesMin});
    std::unique_ptr<char8_t[]> grown(new char8_t[capacity]);
    std::copy_n(buffer_.get(), size_, grown.get());
    buffer_ = std::move(grown);
    capacity_ = capacity;
  }

  static constexpr std::size_t kVarintBytesMax = 19;  // 128 bits, 7 in each
  static constexpr std::size_t kBytesMin = 64;

  std::unique_ptr<char8_t[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
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
    const std::uint64_t byte = Varint();
    value = byte == 1;
    ok_ = ok_ && byte <= 1;
  }
  void operator()(std::string& value) {
    const std::uint64_t size = Varint();
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return;
    }
    value.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  void operator()(base::Currency& value) {
    std::string code;
    (*this)(code);
    const auto currency = base::Currency::FromCode(code);
    ok_ = ok_ && currency.has_value();
    value = currency.value_or(base::Currency());
  }
  void Fixed(std::uint64_t& value) {
    value = 0;
    if (!ok_ || bytes_.size() < sizeof value) {
      ok_ = false;
      return;
    }
    for (unsigned i = 0; i < sizeof value; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes_[i])) << (8 * i);
    }
    bytes_.remove_prefix(sizeof value);
  }
  template <EncodableInteger T>
  void operator()(T& value) {
    using Integer = typename codec_internal::IntegerOf<T>::Type;
    if constexpr (std::is_same_v<T, Wide>) {
      const UWide bits = WideVarint();
      value = static_cast<Wide>(bits >> 1U ^ (~(bits & 1U) + 1U));
    } else {
      std::uint64_t bits = Varint();
      if constexpr (codec_internal::kSigned<T>) {
        bits = bits >> 1U ^ (~(bits & 1U) + 1U);
      }
      const auto narrow = static_cast<Integer>(bits);
      ok_ = ok_ && static_cast<std::uint64_t>(narrow) == bits;
      value = static_cast<T>(narrow);
    }
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
    const std::uint64_t count = Varint();
    // Each element takes at least one byte: a count beyond the bytes is a lie and must not reserve memory.
    ok_ = ok_ && count <= bytes_.size();
    if constexpr (requires { values.reserve(1); }) {
      values.reserve(ok_ ? std::min(count, kReserveMax) : 0);
    }
    for (std::uint64_t i = 0; ok_ && i < count; ++i) {
      (*this)(values.emplace_back());
    }
  }
  static constexpr std::uint64_t kReserveMax = 64;

  std::uint64_t Varint() {
    if (ok_ && !bytes_.empty() && static_cast<std::uint8_t>(bytes_.front()) < 0x80) {  // as most are
      const auto value = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      return value;
    }
    return LongVarint<std::uint64_t, 10, 1>();
  }
  UWide WideVarint() { return LongVarint<UWide, 19, 3>(); }

  // At most so many bytes, the last of them at most so much.
  template <class Value, unsigned kBytesMax, std::uint8_t kLastMax>
  Value LongVarint() {
    Value value = 0;
    for (unsigned size = 0; ok_ && size < kBytesMax && size < bytes_.size(); ++size) {
      const auto byte = static_cast<std::uint8_t>(bytes_[size]);
      if (size + 1 == kBytesMax && byte > kLastMax) {
        break;
      }
      value |= static_cast<Value>(byte & 0x7FU) << (7 * size);
      if (byte < 0x80) {
        bytes_.remove_prefix(size + 1);
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
