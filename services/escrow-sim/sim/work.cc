#include "sim/work.h"

namespace escrow::sim {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* PayloadField(const v1::Command& command) {
  return command.GetReflection()->GetOneofFieldDescriptor(command, command.GetDescriptor()->FindOneofByName("payload"));
}

Message* MutablePayloadOf(v1::Command& command) {
  const FieldDescriptor* payload = PayloadField(command);
  return payload == nullptr ? nullptr : command.GetReflection()->MutableMessage(&command, payload);
}

}  // namespace

const Message* PayloadOf(const v1::Command& command) {
  const FieldDescriptor* payload = PayloadField(command);
  return payload == nullptr ? nullptr : &command.GetReflection()->GetMessage(command, payload);
}

std::string RequestIdOf(const v1::Command& command) {
  const Message* payload = PayloadOf(command);
  return payload == nullptr
             ? ""
             : payload->GetReflection()->GetString(*payload, payload->GetDescriptor()->FindFieldByName("request_id"));
}

bool IsDryRun(const v1::Command& command) {
  const Message* payload = PayloadOf(command);
  return payload != nullptr &&
         payload->GetReflection()->GetBool(*payload, payload->GetDescriptor()->FindFieldByName("validate_only"));
}

void SetField(v1::Command& command, const std::string& field, const std::string& value) {
  Message* payload = MutablePayloadOf(command);
  const FieldDescriptor* found = payload == nullptr ? nullptr : payload->GetDescriptor()->FindFieldByName(field);
  if (found != nullptr && found->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !found->is_repeated()) {
    payload->GetReflection()->SetString(payload, found, value);
  }
}

void SetDryRun(v1::Command& command, bool dry_run) {
  if (Message* payload = MutablePayloadOf(command); payload != nullptr) {
    payload->GetReflection()->SetBool(payload, payload->GetDescriptor()->FindFieldByName("validate_only"), dry_run);
  }
}

std::string CallerOf(const v1::Principal& actor) {
  return std::to_string(actor.kind()) + ":" + actor.platform() + actor.party();
}

}  // namespace escrow::sim
