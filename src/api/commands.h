#pragma once

#include <string>
#include <string_view>

#include "escrow/v1/command.pb.h"

// The little that the API knows about the payloads of commands; every rule about them is the machine's. Any thread.
namespace escrow::api {

// The request id of a command; empty without a payload.
[[nodiscard]] std::string RequestIdOf(const v1::Command& command);

[[nodiscard]] bool IsDryRun(const v1::Command& command);

// Resource name of what the command creates or changes; empty without a payload. An id that is not valid gives a name
// that is not either.
[[nodiscard]] std::string ResourceOf(const v1::Command& command);

// Makes `payload` the payload of `command`: each type of request is the payload of one field.
void SetPayload(const google::protobuf::Message& payload, v1::Command& command);

}  // namespace escrow::api
