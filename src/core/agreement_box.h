#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/codec.h"
#include "core/state.h"
#include "core/table.h"

namespace escrow::core {

// AgreementBox: an agreement, open as a value, or packed as the bytes that a snapshot has for it (core/codec.h).
// Packed it takes less memory, in one piece, and is saved by copying.
class AgreementBox {
 public:
  // An open one.
  explicit AgreementBox(Agreement agreement);
  // A packed one. REQUIRES: `encoded` is what Writer writes of the agreement.
  AgreementBox(const Agreement& agreement, std::string_view encoded);

  [[nodiscard]] bool open() const { return open_ != nullptr; }
  [[nodiscard]] ScopedId id() const;

  // Opens it if it is packed, and notes that it was used.
  [[nodiscard]] Agreement& Use();
  // Whether it was used since the last call. REQUIRES: open().
  [[nodiscard]] bool TakeUsed();
  // `writer` is empty memory to work in. REQUIRES: open(), and nobody refers to the value.
  void Pack(Writer& writer);

  // The value, without opening it: when it is packed, it is read into `scratch`.
  [[nodiscard]] const Agreement& Peek(Agreement& scratch) const;
  void EncodeTo(Writer& writer) const;
  // Asks for the memory that EncodeTo will read, and Use when it is packed.
  void Prefetch() const { __builtin_prefetch(packed_.get()); }

 private:
  struct Opened {
    Agreement agreement;
    bool used = true;
  };
  // What stands at the beginning of packed_: then come the id and the encoding.
  struct PackedHead {
    std::uint32_t platform = 0;
    std::uint32_t id_bytes = 0;
    std::uint32_t encoded_bytes = 0;
  };

  void SetPacked(const Agreement& agreement, std::string_view encoded);
  [[nodiscard]] PackedHead head() const;
  [[nodiscard]] std::string_view encoded() const;

  // One of them is null.
  std::unique_ptr<Opened> open_;
  std::unique_ptr<char[]> packed_;
};

inline ScopedId IdOf(const AgreementBox& box) { return box.id(); }
inline void Visit(Writer& writer, AgreementBox& box) { box.EncodeTo(writer); }

}  // namespace escrow::core
