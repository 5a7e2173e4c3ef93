#include "api/unknown_fields.h"

#include <vector>

#include "absl/container/node_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"

namespace escrow::api {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

struct MessageField;

// A type's fields that hold messages: the only ones that lead further down.
using MessageFields = std::vector<MessageField>;

struct MessageField {
  const FieldDescriptor* field = nullptr;
  const MessageFields* below = nullptr;  // of the field's type
};

// Of `type` and of all that it leads to. Kept per thread, since every command asks.
const MessageFields& MessageFieldsOf(const google::protobuf::Descriptor& type) {
  thread_local absl::node_hash_map<const google::protobuf::Descriptor*, MessageFields> known;
  const auto [entry, is_new] = known.try_emplace(&type);
  MessageFields& fields = entry->second;
  for (int i = 0; is_new && i < type.field_count(); ++i) {
    if (type.field(i)->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      fields.push_back({.field = type.field(i), .below = &MessageFieldsOf(*type.field(i)->message_type())});
    }
  }
  return fields;
}

std::string Find(const Message& message, const MessageFields& fields) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return "#" + std::to_string(unknown.field(0).number());
  }
  for (const auto& [field, below] : fields) {
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

}  // namespace

std::string FindUnknownField(const Message& message) {
  return Find(message, MessageFieldsOf(*message.GetDescriptor()));
}

}  // namespace escrow::api
