#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

// Requests from flags and files. Nothing here knows a method by name: flags are made from the fields of the request.
namespace escrow::ctl {

// A field of a request as a flag. The fields of the request's one message (the resource that it creates) need no
// prefix; those of deeper messages have their path as prefix: --policies-funding.
struct FieldFlag {
  std::string name;                                            // without the dashes
  std::vector<const google::protobuf::FieldDescriptor*> path;  // from the request to the field
  bool required = false;                                       // by the contract

  [[nodiscard]] const google::protobuf::FieldDescriptor& field() const { return *path.back(); }
  // A bool: the flag alone means true.
  [[nodiscard]] bool is_switch() const;
  // What the field is, in a word for the help: NAME, AMOUNT, TIME, DURATION, HEX, JSON, or the enum's values.
  [[nodiscard]] std::string type_name() const;
};

// The flags of a request type. Fields that only the server sets have none; lists of messages take JSON.
[[nodiscard]] std::vector<FieldFlag> FlagsOf(const google::protobuf::Descriptor& request);

// Sets a field from what stands on the command line. Lists take one value per use of the flag.
[[nodiscard]] absl::Status SetField(google::protobuf::Message& request, const FieldFlag& flag,
                                    const std::vector<std::string>& values);

// Fills a request from proto3 JSON: the whole request, or the resource in it alone. Unknown fields are refused.
[[nodiscard]] absl::Status FillFromJson(google::protobuf::Message& request, std::string_view json);

// The request's one message field that is not a plain value (the resource of a Create); null when there is none.
[[nodiscard]] const google::protobuf::FieldDescriptor* BodyOf(const google::protobuf::Descriptor& request);

// A message of a type of the contract.
[[nodiscard]] std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type);

}  // namespace escrow::ctl
