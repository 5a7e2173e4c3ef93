#include "api/wire.h"

#include <cstdint>

#include "api/refusal.h"
#include "api/unknown_fields.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/support/slice.h"

namespace escrow::api {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kVarint32BytesMax = 5;

std::uint32_t Tag(int number) { return WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED); }

}  // namespace

grpc::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message, bool& all_fields_are_known) {
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok()) {
    if (const grpc::Status status = bytes.DumpToSingleSlice(&slice); !status.ok()) {
      return status;
    }
  }
  if (!message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", "request"}});
  }
  all_fields_are_known =
      AllFieldsAreKnown({reinterpret_cast<const char*>(slice.begin()), slice.size()}, *message.GetDescriptor());
  return grpc::Status::OK;
}

void AppendFieldHead(int number, std::size_t bytes, std::string& out) {
  std::uint8_t head[2 * kVarint32BytesMax];
  std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(Tag(number), head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(bytes), end);
  out.append(head, end);
}

std::size_t FieldHeadSize(int number, std::size_t bytes) {
  return CodedOutputStream::VarintSize32(Tag(number)) +
         CodedOutputStream::VarintSize32(static_cast<std::uint32_t>(bytes));
}

void AppendField(int number, std::string_view value, std::string& out) {
  AppendFieldHead(number, value.size(), out);
  out.append(value);
}

grpc::ByteBuffer ToBuffer(const std::string& message) {
  const grpc::Slice slice(message);
  return {&slice, 1};
}

}  // namespace escrow::api
