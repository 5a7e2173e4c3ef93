#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "grpcpp/support/byte_buffer.h"

// Calls as bytes: made before the clock of a run starts, looked at after it stopped.
namespace escrow::bench {

// A call, ready to be sent.
struct Call {
  const char* method = nullptr;
  grpc::ByteBuffer request;
};
// Calls that must be made one after the other.
using Chain = std::vector<Call>;

// One call per command, by its unary method.
[[nodiscard]] std::vector<Chain> UnaryCalls(const std::vector<std::vector<v1::Command>>& chains);
// The same commands for StreamCommands.
[[nodiscard]] std::vector<Chain> StreamCalls(const std::vector<std::vector<v1::Command>>& chains);
// ExecuteBatch with at most `batch` commands per call.
[[nodiscard]] std::vector<Chain> BatchCalls(const std::vector<std::vector<v1::Command>>& chains, std::size_t batch);
// Echoes of the same sizes as `chains`.
[[nodiscard]] std::vector<Chain> EchoCalls(const std::vector<Chain>& chains);

[[nodiscard]] std::size_t CountCalls(const std::vector<Chain>& chains);

// Ends the program unless every command of these ExecuteBatch replies was accepted. Returns how many there were.
std::uint64_t CheckBatchReplies(const std::vector<grpc::ByteBuffer>& bodies);
// The same for replies of StreamCommands.
std::uint64_t CheckStreamReplies(const std::vector<grpc::ByteBuffer>& bodies);
// Bytes of the events in these unary replies.
[[nodiscard]] std::uint64_t EventBytes(const std::vector<grpc::ByteBuffer>& bodies);

}  // namespace escrow::bench
