#include "api/unknown_fields.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wire_format.h"

namespace escrow::api {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

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

// Up to the limit of `input`.
bool AreKnown(CodedInputStream& input, const Fields& fields) {
  while (const std::uint32_t tag = input.ReadTag()) {
    const auto number = static_cast<std::size_t>(WireFormatLite::GetTagFieldNumber(tag));
    if (number >= fields.size() || fields[number].written != WireFormatLite::GetTagWireType(tag)) {
      return false;
    }
    if (const Fields* const below = fields[number].below; below != nullptr) {
      const CodedInputStream::Limit limit = input.ReadLengthAndPushLimit();
      if (!AreKnown(input, *below) || !input.CheckEntireMessageConsumedAndPopLimit(limit)) {
        return false;
      }
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string FindUnknownField(const Message& message) { return Find(message, FieldsOf(*message.GetDescriptor())); }

bool AllFieldsAreKnown(std::string_view bytes, const Descriptor& type) {
  CodedInputStream input(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  return AreKnown(input, FieldsOf(type)) && input.ConsumedEntireMessage();
}

}  // namespace escrow::api
