#include "audit/difference.h"

#include <algorithm>

#include "google/protobuf/descriptor.h"

namespace escrow::audit {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A value as text; strings in quotes. `index` is -1 for a field that is not repeated.
std::string ValueText(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(one ? reflection.GetInt32(message, field)
                                : reflection.GetRepeatedInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(one ? reflection.GetInt64(message, field)
                                : reflection.GetRepeatedInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(one ? reflection.GetUInt32(message, field)
                                : reflection.GetRepeatedUInt32(message, field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(one ? reflection.GetUInt64(message, field)
                                : reflection.GetRepeatedUInt64(message, field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? reflection.GetBool(message, field) : reflection.GetRepeatedBool(message, field, index)) ? "true"
                                                                                                            : "false";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value =
          one ? reflection.GetEnumValue(message, field) : reflection.GetRepeatedEnumValue(message, field, index);
      const auto* known = field->enum_type()->FindValueByNumber(value);
      return known == nullptr ? std::to_string(value) : known->name();
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text = one ? reflection.GetStringReference(message, field, &scratch)
                                    : reflection.GetRepeatedStringReference(message, field, index, &scratch);
      return '\'' + text + '\'';
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a message";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      break;  // the contract has none
  }
  return "a number";
}

std::string DifferenceOf(const std::string& path, const FieldDescriptor* field, const Message& expected,
                         const Message& found, int index) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    const std::string is = ValueText(found, field, index);
    const std::string must_be = ValueText(expected, field, index);
    return is == must_be ? std::string() : path + " is " + is + " and must be " + must_be;
  }
  const Message& expected_part = index < 0 ? expected.GetReflection()->GetMessage(expected, field)
                                           : expected.GetReflection()->GetRepeatedMessage(expected, field, index);
  const Message& found_part = index < 0 ? found.GetReflection()->GetMessage(found, field)
                                        : found.GetReflection()->GetRepeatedMessage(found, field, index);
  const std::string inner = FirstDifference(expected_part, found_part);
  return inner.empty() ? inner : path + '.' + inner;
}

std::string DifferenceIn(const FieldDescriptor* field, const Message& expected, const Message& found) {
  const Reflection& reflection = *expected.GetReflection();
  if (!field->is_repeated()) {
    if (field->has_presence() && reflection.HasField(expected, field) != reflection.HasField(found, field)) {
      return field->name() +
             (reflection.HasField(found, field) ? " is set and must not be" : " is not set and must be");
    }
    return DifferenceOf(field->name(), field, expected, found, -1);
  }
  const int count = reflection.FieldSize(expected, field);
  if (reflection.FieldSize(found, field) != count) {
    return field->name() + " has " + std::to_string(reflection.FieldSize(found, field)) + " elements and must have " +
           std::to_string(count);
  }
  for (int i = 0; i < count; ++i) {
    std::string inner = DifferenceOf(field->name() + '[' + std::to_string(i) + ']', field, expected, found, i);
    if (!inner.empty()) {
      return inner;
    }
  }
  return {};
}

}  // namespace

std::string FirstDifference(const Message& expected, const Message& found) {
  // Only fields that one of them has; in the order of their numbers.
  std::vector<const FieldDescriptor*> fields;
  std::vector<const FieldDescriptor*> more;
  expected.GetReflection()->ListFields(expected, &fields);
  found.GetReflection()->ListFields(found, &more);
  fields.insert(fields.end(), more.begin(), more.end());
  std::ranges::sort(fields, {}, &FieldDescriptor::number);
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  for (const FieldDescriptor* field : fields) {
    if (std::string difference = DifferenceIn(field, expected, found); !difference.empty()) {
      return difference;
    }
  }
  return {};
}

}  // namespace escrow::audit
