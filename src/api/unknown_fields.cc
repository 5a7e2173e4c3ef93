#include "api/unknown_fields.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wire_format.h"

namespace escrow::api {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;

namespace {

struct Field;

// The fields of a type by their numbers.
using Fields = std::vector<Field>;

struct Field {
  const FieldDescriptor* descriptor = nullptr;      // null: no field has this number
  std::optional<WireFormatLite::WireType> written;  // how its values are written
  const Fields* below = nullptr;                    // of its type, if that is a message
};

// Of `type` and of all that it leads to. Kept per thread, since every command asks.
const Fields& FieldsOf(const Descriptor& type) {
  thread_local absl::node_hash_map<const Descriptor*, Fields> known;
  const auto [entry, is_new] = known.try_emplace(&type);
  Fields& fields = entry->second;
  for (int i = 0; is_new && i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto number = static_cast<std::size_t>(field.number());
    if (fields.size() <= number) {
      fields.resize(number + 1);
    }
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    fields[number] = {.descriptor = &field,
                      .written = WireFormat::WireTypeForField(&field),
                      .below = is_message ? &FieldsOf(*field.message_type()) : nullptr};
  }
  return fields;
}

std::string Find(const Message& message, const Fields& fields) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return "#" + std::to_string(unknown.field(0).number());
  }
  for (const auto& [field, written, below] : fields) {
    if (below == nullptr) {
      continue;  // it leads no further
    }
    const int count = field->is_repeated()                  ? reflection.FieldSize(message, field)
                      : reflection.HasField(message, field) ? 1
                                                            : 0;
    for (int i = 0; i < count; ++i) {
      const std::string path = Find(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                         : reflection.GetMessage(message, field),
                                    *below);
      if (!path.empty()) {
        return field->name() + (field->is_repeated() ? "[" + std::to_string(i) + "]" : std::string()) + "." + path;
      }
    }
  }
  return {};
}

// Bytes that are taken from their beginning to their end.
struct Bytes {
  const char* next;
  const char* end;
};

// A base-128 number; false when the bytes end within it. Bits beyond the 64th are lost.
inline bool TakeVarint(Bytes& bytes, std::uint64_t& value) {
  constexpr std::uint8_t kMore = 0x80;
  value = 0;
  for (unsigned shift = 0; bytes.next != bytes.end && shift < 64; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*bytes.next++);
    value |= std::uint64_t{static_cast<std::uint8_t>(byte & ~kMore)} << shift;
    if ((byte & kMore) == 0) {
      return true;
    }
  }
  return false;
}

// The size of a value, from where it stands in the bytes when it does; false when they end before, or for a kind that
// the contract does not use.
inline bool TakeSize(WireFormatLite::WireType written, Bytes& bytes, std::uint64_t& size) {
  switch (written) {
    case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
      return TakeVarint(bytes, size);
    case WireFormatLite::WIRETYPE_FIXED64:
      size = sizeof(std::uint64_t);
      return true;
    case WireFormatLite::WIRETYPE_FIXED32:
      size = sizeof(std::uint32_t);
      return true;
    default:
      return false;
  }
}

bool AreKnown(Bytes bytes, const Fields& fields) {
  while (bytes.next != bytes.end) {
    std::uint64_t tag = 0;
    if (!TakeVarint(bytes, tag) || tag >> WireFormatLite::kTagTypeBits >= fields.size()) {
      return false;
    }
    const Field& field = fields[tag >> WireFormatLite::kTagTypeBits];
    const auto written = static_cast<WireFormatLite::WireType>(tag & WireFormatLite::kTagTypeMask);
    if (field.written != written) {
      return false;
    }
    std::uint64_t value = 0;
    if (written == WireFormatLite::WIRETYPE_VARINT) {
      if (!TakeVarint(bytes, value)) {
        return false;
      }
      continue;
    }
    if (!TakeSize(written, bytes, value) || value > static_cast<std::uint64_t>(bytes.end - bytes.next)) {
      return false;
    }
    const char* const end = bytes.next + value;
    if (field.below != nullptr && !AreKnown({bytes.next, end}, *field.below)) {
      return false;
    }
    bytes.next = end;
  }
  return true;
}

}  // namespace

std::string FindUnknownField(const Message& message) { return Find(message, FieldsOf(*message.GetDescriptor())); }

bool AllFieldsAreKnown(std::string_view bytes, const Descriptor& type) {
  return AreKnown({bytes.data(), bytes.data() + bytes.size()}, FieldsOf(type));
}

}  // namespace escrow::api
