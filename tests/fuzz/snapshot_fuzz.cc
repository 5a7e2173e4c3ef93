// A snapshot's bytes: loaded or refused, whatever they are. What was loaded can be saved, and the same again.

#include <string>

#include "base/assert.h"
#include "core/machine.h"
#include "fuzz/target.h"

namespace {

std::string Saved(const escrow::core::Machine& machine) {
  std::string bytes;
  machine.Save([&bytes](std::string_view piece) { bytes.append(piece); });
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  escrow::core::Machine machine;
  if (machine.Load(escrow::fuzz::View(data, size))) {
    const std::string bytes = Saved(machine);
    escrow::core::Machine again;
    ESCROW_ASSERT(again.Load(bytes) && Saved(again) == bytes);
  }
  return 0;
}
