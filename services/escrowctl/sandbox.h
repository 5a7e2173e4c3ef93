#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/time.h"
#include "escrowctl/client.h"

namespace escrow::ctl {

// A platform with a test clock, and a caller that acts for it.
struct Sandbox {
  std::string name;                  // platforms/{platform}
  std::unique_ptr<Client> platform;  // by a key of its own, made here and forgotten at the end
};

// Creates a sandbox platform `platform_id` whose clock starts at `begin`, which may state what happened at the bank,
// and a key for it. `op` must be an operator.
[[nodiscard]] absl::StatusOr<Sandbox> CreateSandbox(Client& op, const std::string& platform_id, base::Time begin);

// A new API key: 32 random bytes as hexadecimal digits.
[[nodiscard]] std::string NewApiKey();

// What the server keeps of a key: the SHA-256 of the text that is sent after "Bearer ".
[[nodiscard]] std::string ApiKeyHash(const std::string& api_key);

}  // namespace escrow::ctl
