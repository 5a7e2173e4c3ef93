#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace escrow::crypto {

// Overwrites a secret with zeros before its memory is given back, so that it is not found there later; the compiler
// does not leave the writing out. Copies that were made of it are not known here: make none.
void Wipe(std::span<std::uint8_t> secret);
// The same for all bytes that the string has room for; the string is empty afterwards.
void Wipe(std::string& secret);

}  // namespace escrow::crypto
