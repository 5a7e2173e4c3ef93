#pragma once

#include <memory>
#include <vector>

#include "bench/client.h"
#include "grpcpp/channel.h"

namespace escrow::bench {

// Closed loop over StreamCommands: `lanes` streams, each with one command in flight; a lane works off one chain after
// the other. The bodies are looked at after the clock stopped: the program ends unless every command was accepted.
[[nodiscard]] Replies RunStreams(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                                 const std::vector<Chain>& chains, std::size_t lanes);

}  // namespace escrow::bench
