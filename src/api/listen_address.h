#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace escrow::api {

// host and port of a listen address; the host without its brackets. INVALID_ARGUMENT unless it is host:port, [v6]:port.
struct ListenAddress {
  std::string host;
  int port = 0;
  bool loopback = false;  // only this machine can connect
};
[[nodiscard]] absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace escrow::api
