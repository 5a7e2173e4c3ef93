#include "escrowctl/request.h"

#include <fmt/format.h>

#include <charconv>

#include "base/assert.h"
#include "crypto/hex.h"
#include "escrow/v1/money.pb.h"
#include "escrowctl/values.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/util/json_util.h"

namespace escrow::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool HasBehavior(const FieldDescriptor& field, google::api::FieldBehavior behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) {
      return true;
    }
  }
  return false;
}

bool IsMessage(const FieldDescriptor& field, std::string_view full_name) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field.message_type()->full_name() == full_name;
}

bool IsAmount(const FieldDescriptor& field) { return IsMessage(field, "escrow.v1.Amount"); }
bool IsTimestamp(const FieldDescriptor& field) { return IsMessage(field, "google.protobuf.Timestamp"); }
bool IsDuration(const FieldDescriptor& field) { return IsMessage(field, "google.protobuf.Duration"); }

// A single message with fields of its own to be set one by one.
bool IsGroup(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated() && !IsAmount(field) &&
         !IsTimestamp(field) && !IsDuration(field);
}

void AddFlags(const Descriptor& type, const FieldDescriptor* body, const std::string& prefix,
              std::vector<const FieldDescriptor*>& path, std::vector<FieldFlag>& flags) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool in_body = !path.empty();
    if (HasBehavior(field, google::api::OUTPUT_ONLY) || (in_body && HasBehavior(field, google::api::IDENTIFIER))) {
      continue;
    }
    path.push_back(&field);
    if (IsGroup(field)) {
      AddFlags(*field.message_type(), body, &field == body ? prefix : prefix + KebabCase(field.name()) + "-", path,
               flags);
    } else {
      flags.push_back({.name = prefix + KebabCase(field.name()),
                       .path = path,
                       .required = HasBehavior(field, google::api::REQUIRED) && path.size() == 1});
    }
    path.pop_back();
  }
}

template <class Number>
absl::StatusOr<Number> ParseNumber(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return absl::InvalidArgumentError(fmt::format("'{}' is not a whole number in range", text));
  }
  return value;
}

google::protobuf::util::JsonParseOptions StrictJson() {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  return options;
}

absl::Status ParseJson(std::string_view json, Message& message) {
  const auto status = google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &message, StrictJson());
  return status.ok() ? absl::OkStatus() : absl::InvalidArgumentError(status.message().as_string());
}

// Where a value goes: set for a single field, add for a list.
class Slot {
 public:
  Slot(Message& message, const FieldDescriptor& field) : message_(message), field_(field) {}

  void Put(std::int32_t v) { Write(v, &Reflection::SetInt32, &Reflection::AddInt32); }
  void Put(std::int64_t v) { Write(v, &Reflection::SetInt64, &Reflection::AddInt64); }
  void Put(std::uint32_t v) { Write(v, &Reflection::SetUInt32, &Reflection::AddUInt32); }
  void Put(std::uint64_t v) { Write(v, &Reflection::SetUInt64, &Reflection::AddUInt64); }
  void Put(bool v) { Write(v, &Reflection::SetBool, &Reflection::AddBool); }
  void Put(std::string v) { Write(std::move(v), &Reflection::SetString, &Reflection::AddString); }
  void Put(const google::protobuf::EnumValueDescriptor* v) { Write(v, &Reflection::SetEnum, &Reflection::AddEnum); }
  [[nodiscard]] Message& Sub() {
    const auto* reflection = message_.GetReflection();
    return field_.is_repeated() ? *reflection->AddMessage(&message_, &field_)
                                : *reflection->MutableMessage(&message_, &field_);
  }

 private:
  using Reflection = google::protobuf::Reflection;
  template <class Value, class Set, class Add>
  void Write(Value&& value, Set set, Add add) {
    const auto* reflection = message_.GetReflection();
    if (field_.is_repeated()) {
      (reflection->*add)(&message_, &field_, std::forward<Value>(value));
    } else {
      (reflection->*set)(&message_, &field_, std::forward<Value>(value));
    }
  }
  Message& message_;
  const FieldDescriptor& field_;
};

template <class Value>
absl::Status PutParsed(Slot slot, absl::StatusOr<Value> value) {
  if (!value.ok()) {
    return value.status();
  }
  slot.Put(*std::move(value));
  return absl::OkStatus();
}

absl::StatusOr<bool> ParseBool(const std::string& text) {
  if (text == "true" || text == "false") {
    return text == "true";
  }
  return absl::InvalidArgumentError(fmt::format("'{}' is neither true nor false", text));
}

template <class Value>
absl::Status CopyParsed(Slot slot, const absl::StatusOr<Value>& value) {
  if (!value.ok()) {
    return value.status();
  }
  slot.Sub().CopyFrom(*value);
  return absl::OkStatus();
}

absl::Status PutMessage(Slot slot, const FieldDescriptor& field, const std::string& text) {
  if (IsAmount(field)) {
    return CopyParsed(slot, ParseAmount(text));
  }
  if (IsTimestamp(field)) {
    return CopyParsed(slot, ParseTimestamp(text));
  }
  if (IsDuration(field)) {
    return CopyParsed(slot, ParseDuration(text));
  }
  return ParseJson(text, slot.Sub());
}

absl::Status PutBytes(Slot slot, const std::string& text) {
  std::optional<std::string> bytes = crypto::HexDecode(text);
  if (!bytes) {
    return absl::InvalidArgumentError(fmt::format("'{}' is not hexadecimal", text));
  }
  slot.Put(*std::move(bytes));
  return absl::OkStatus();
}

absl::Status PutValue(Message& message, const FieldDescriptor& field, const std::string& text) {
  const Slot slot(message, field);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return PutParsed(slot, ParseNumber<std::int32_t>(text));
    case FieldDescriptor::CPPTYPE_INT64:
      return PutParsed(slot, ParseNumber<std::int64_t>(text));
    case FieldDescriptor::CPPTYPE_UINT32:
      return PutParsed(slot, ParseNumber<std::uint32_t>(text));
    case FieldDescriptor::CPPTYPE_UINT64:
      return PutParsed(slot, ParseNumber<std::uint64_t>(text));
    case FieldDescriptor::CPPTYPE_BOOL:
      return PutParsed(slot, ParseBool(text));
    case FieldDescriptor::CPPTYPE_ENUM:
      return PutParsed(slot, ParseEnum(*field.enum_type(), text));
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? PutBytes(slot, text)
                                                         : PutParsed(slot, absl::StatusOr<std::string>(text));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PutMessage(slot, field, text);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;
  }
  ESCROW_ASSERT(false);  // the contract has no floating point
  return absl::OkStatus();
}

std::string EnumNames(const google::protobuf::EnumDescriptor& type) {
  std::string names;
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string name = ShortName(*type.value(i));
    names += name.empty() ? "" : names.empty() ? name : "|" + name;
  }
  return names;
}

}  // namespace

bool FieldFlag::is_switch() const { return field().cpp_type() == FieldDescriptor::CPPTYPE_BOOL; }

std::string FieldFlag::type_name() const {
  switch (field().cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::string names = EnumNames(*field().enum_type());
      return names.size() > 160 ? "KIND" : names;
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return field().type() == FieldDescriptor::TYPE_BYTES ? "HEX" : "TEXT";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return IsAmount(field()) ? "AMOUNT" : IsTimestamp(field()) ? "TIME" : IsDuration(field()) ? "DURATION" : "JSON";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "NUMBER";
  }
  return "";
}

const FieldDescriptor* BodyOf(const Descriptor& request) {
  const FieldDescriptor* body = nullptr;
  for (int i = 0; i < request.field_count(); ++i) {
    if (IsGroup(*request.field(i))) {
      if (body != nullptr) {
        return nullptr;
      }
      body = request.field(i);
    }
  }
  return body;
}

std::vector<FieldFlag> FlagsOf(const Descriptor& request) {
  std::vector<FieldFlag> flags;
  std::vector<const FieldDescriptor*> path;
  AddFlags(request, BodyOf(request), "", path, flags);
  return flags;
}

absl::Status SetField(Message& request, const FieldFlag& flag, const std::vector<std::string>& values) {
  ESCROW_ASSERT(!values.empty());
  Message* message = &request;
  for (std::size_t i = 0; i + 1 < flag.path.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, flag.path[i]);
  }
  message->GetReflection()->ClearField(message, &flag.field());
  if (!flag.field().is_repeated() && values.size() > 1) {
    return absl::InvalidArgumentError(fmt::format("--{} can be given once only", flag.name));
  }
  for (const std::string& value : values) {
    if (const absl::Status status = PutValue(*message, flag.field(), value); !status.ok()) {
      return absl::InvalidArgumentError(fmt::format("--{}: {}", flag.name, std::string(status.message())));
    }
  }
  return absl::OkStatus();
}

absl::Status FillFromJson(Message& request, std::string_view json) {
  const std::unique_ptr<Message> whole = NewMessage(*request.GetDescriptor());
  const absl::Status as_request = ParseJson(json, *whole);
  if (as_request.ok()) {
    request.CopyFrom(*whole);
    return as_request;
  }
  const FieldDescriptor* body = BodyOf(*request.GetDescriptor());
  if (body == nullptr) {
    return as_request;
  }
  // The fields of a request and of the resource in it have no name in common, so only one of the two readings can fit.
  Message& resource = *request.GetReflection()->MutableMessage(&request, body);
  if (const absl::Status as_resource = ParseJson(json, resource); !as_resource.ok()) {
    return absl::InvalidArgumentError(fmt::format("neither a {} ({}) nor a {} ({})", request.GetDescriptor()->name(),
                                                  std::string(as_request.message()), body->message_type()->name(),
                                                  std::string(as_resource.message())));
  }
  return absl::OkStatus();
}

std::unique_ptr<Message> NewMessage(const Descriptor& type) {
  const Message* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
  ESCROW_ASSERT(prototype != nullptr);
  return std::unique_ptr<Message>(prototype->New());
}

}  // namespace escrow::ctl
