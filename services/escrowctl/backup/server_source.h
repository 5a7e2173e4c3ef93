#pragma once

#include <cstdint>
#include <optional>

#include "escrowctl/backup/log_copy.h"
#include "escrowctl/client.h"

namespace escrow::ctl {

// The log of a running server, read through its API by somebody who may read all of it. Its end is where the server
// stood when End was called first.
class ServerSource final : public LogSource {
 public:
  explicit ServerSource(Client& client) : client_(client) {}
  [[nodiscard]] absl::StatusOr<journal::Tail> End() override;
  [[nodiscard]] absl::Status Read(std::uint64_t first, std::uint64_t last,
                                  const journal::Journal::Visitor& visit) override;

 private:
  Client& client_;
  std::optional<journal::Tail> end_;
};

}  // namespace escrow::ctl
