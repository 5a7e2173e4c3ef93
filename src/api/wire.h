#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"

// Messages as the bytes that travel, where gRPC leaves them to us: commands, which are parsed into memory of their own,
// and their replies, which are put together from parts that are bytes already. Any thread.
namespace escrow::api {

// Parses `bytes` into `message`, and tells whether all its fields are known (AllFieldsAreKnown). INVALID_FIELD of the
// field "request" when they are no such message, or a string in it is not UTF-8.
[[nodiscard]] grpc::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message,
                                 bool& all_fields_are_known);

// Appends a field whose value is `bytes` long, up to its value, which the caller appends next. Of a message, a string
// or bytes.
void AppendFieldHead(int number, std::size_t bytes, std::string& out);
// The bytes that AppendFieldHead appends.
[[nodiscard]] std::size_t FieldHeadSize(int number, std::size_t bytes);
// Appends a field with its value.
void AppendField(int number, std::string_view value, std::string& out);

// A copy of `message` to send.
[[nodiscard]] grpc::ByteBuffer ToBuffer(const std::string& message);

}  // namespace escrow::api
