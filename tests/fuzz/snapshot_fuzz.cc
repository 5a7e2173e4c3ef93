// A snapshot's bytes: loaded or refused, whatever they are. What was loaded can be saved, and the same again. The input
// is a whole one, or one and its changes: be32 size of the first | the first | the second, which may be nothing.

#include <string>
#include <string_view>
#include <vector>

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
  std::string_view input = escrow::fuzz::View(data, size);
  std::size_t whole = 0;
  for (int i = 0; i < 4 && !input.empty(); ++i, input.remove_prefix(1)) {
    whole = whole << 8U | static_cast<std::uint8_t>(input.front());
  }
  std::vector<std::string_view> saves = {input.substr(0, whole)};
  if (whole < input.size()) {
    saves.push_back(input.substr(whole));
  }
  escrow::core::Machine machine;
  if (machine.Load(saves)) {
    const std::string bytes = Saved(machine);
    escrow::core::Machine again;
    ESCROW_ASSERT(again.Load(bytes) && Saved(again) == bytes);
  }
  return 0;
}
