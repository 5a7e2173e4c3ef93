#include "audit/wire.h"

#include <cstdint>

namespace escrow::audit {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Types of the protobuf encoding; groups are not used by the contract, so a message with one has an unknown field.
enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

// Takes a varint off `rest`; what is cut off counts as zeros, and 64 bits are kept.
std::uint64_t TakeVarint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= shift < 64 ? std::uint64_t{byte & 0x7fU} << shift : 0;
    if (byte < 0x80) {
      break;
    }
  }
  return value;
}

std::string_view TakeBytes(std::string_view& rest, std::uint64_t count) {
  const std::string_view bytes = rest.substr(0, count);
  rest.remove_prefix(bytes.size());
  return bytes;
}

// Empty, or what is said of a value that the enum does not have.
std::string UnknownValue(const FieldDescriptor& field, std::uint64_t value) {
  const auto number = static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  const bool known = field.enum_type() == nullptr || field.enum_type()->FindValueByNumber(number) != nullptr;
  return known ? std::string() : field.name() + ": value " + std::to_string(number);
}

std::string UnknownInBytes(const FieldDescriptor& field, std::string_view bytes) {
  if (field.message_type() != nullptr) {
    const std::string inner = UnknownIn(bytes, *field.message_type());
    return inner.empty() ? inner : field.name() + ": " + inner;
  }
  while (field.enum_type() != nullptr && !bytes.empty()) {  // packed
    if (std::string unknown = UnknownValue(field, TakeVarint(bytes)); !unknown.empty()) {
      return unknown;
    }
  }
  return {};
}

}  // namespace

std::string UnknownIn(std::string_view rest, const Descriptor& type) {
  while (!rest.empty()) {
    const std::uint64_t tag = TakeVarint(rest);
    const auto number = static_cast<int>(static_cast<std::uint32_t>(tag) >> 3U);
    const FieldDescriptor* field = type.FindFieldByNumber(number);
    if (field == nullptr) {
      return "field " + std::to_string(number);
    }
    std::string unknown;
    switch (tag & 7U) {
      case kVarint:
        unknown = UnknownValue(*field, TakeVarint(rest));
        break;
      case kLength:
        unknown = UnknownInBytes(*field, TakeBytes(rest, TakeVarint(rest)));
        break;
      case kFixed32:
      case kFixed64:
      default:  // a known number with a type that no field of the contract has
        return "field " + std::to_string(number) + " in this encoding";
    }
    if (!unknown.empty()) {
      return unknown;
    }
  }
  return {};
}

}  // namespace escrow::audit
