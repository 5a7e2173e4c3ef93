#include "api/listen_address.h"

#include <charconv>
#include <string_view>

namespace escrow::api {
namespace {

// Whether text is a number of an IPv4 loopback address, 127.x.y.z.
bool IsLoopbackV4(std::string_view host) {
  if (!host.starts_with("127.")) {
    return false;
  }
  int parts = 0;
  const char* at = host.data();
  const char* const end = host.data() + host.size();
  while (true) {
    unsigned value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value > 255) {
      return false;
    }
    ++parts;
    if (next == end) {
      return parts == 4;
    }
    if (*next != '.') {
      return false;
    }
    at = next + 1;
  }
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  ListenAddress address;
  if (colon != std::string::npos) {
    address.host = text.substr(0, colon);
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    const bool bracketed = address.host.starts_with('[') && address.host.ends_with(']');
    if (bracketed) {
      address.host = address.host.substr(1, address.host.size() - 2);
    }
    const bool host_good = !address.host.empty() && (bracketed || address.host.find(':') == std::string::npos);
    if (error == std::errc() && next == end && address.port >= 0 && address.port <= 65'535 && host_good) {
      address.loopback = IsLoopbackV4(address.host) || address.host == "::1" || address.host == "localhost";
      return address;
    }
  }
  return absl::InvalidArgumentError("the listen address must be HOST:PORT or [IPV6]:PORT");
}

}  // namespace escrow::api
