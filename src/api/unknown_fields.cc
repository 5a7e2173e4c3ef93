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

// The fields of a type that hold messages: the only ones that lead further down. Kept per thread, since every command
// asks for a dozen types.
const std::vector<const FieldDescriptor*>& MessageFields(const google::protobuf::Descriptor& type) {
  thread_local absl::node_hash_map<const google::protobuf::Descriptor*, std::vector<const FieldDescriptor*>> known;
  const auto [entry, is_new] = known.try_emplace(&type);
  for (int i = 0; is_new && i < type.field_count(); ++i) {
    if (type.field(i)->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      entry->second.push_back(type.field(i));
    }
  }
  return entry->second;
}

}  // namespace

std::string FindUnknownField(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return "#" + std::to_string(unknown.field(0).number());
  }
  for (const FieldDescriptor* field : MessageFields(*message.GetDescriptor())) {
    const int count = field->is_repeated()                  ? reflection.FieldSize(message, field)
                      : reflection.HasField(message, field) ? 1
                                                            : 0;
    for (int i = 0; i < count; ++i) {
      const std::string path = FindUnknownField(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                                     : reflection.GetMessage(message, field));
      if (!path.empty()) {
        return field->name() + (field->is_repeated() ? "[" + std::to_string(i) + "]" : std::string()) + "." + path;
      }
    }
  }
  return {};
}

}  // namespace escrow::api
