#include "api/unknown_fields.h"

#include <vector>

#include "google/protobuf/unknown_field_set.h"

namespace escrow::api {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string FindUnknownField(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return "#" + std::to_string(unknown.field(0).number());
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
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
