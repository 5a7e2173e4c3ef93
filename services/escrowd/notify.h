#pragma once

#include <string_view>

namespace escrow::daemon {

// Tells systemd (Type=notify) how the service stands, such as "READY=1". Does nothing when systemd does not ask, that
// is without $NOTIFY_SOCKET. See sd_notify(3) for the protocol: one datagram of lines.
void NotifySystemd(std::string_view state);

}  // namespace escrow::daemon
