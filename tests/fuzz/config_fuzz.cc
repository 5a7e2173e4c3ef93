// The configuration file of escrowd: read or refused with a reason that names the file.

#include <string>

#include "api/listen_address.h"
#include "base/assert.h"
#include "config.h"
#include "fuzz/memory_file.h"
#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const escrow::fuzz::MemoryFile file(escrow::fuzz::View(data, size));
  const auto config = escrow::daemon::LoadConfig(file.path(), {});
  if (config.ok()) {
    ESCROW_ASSERT(escrow::api::ParseListenAddress(config->server.listen).ok() && !config->data_dir.empty());
  } else {
    ESCROW_ASSERT(config.status().message().find(file.path()) == 0);
  }
  return 0;
}
