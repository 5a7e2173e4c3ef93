#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace escrow::ctl {

// A method of the contract as a command: noun from its service, verb from its name without the noun.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string noun;  // AgreementService -> agreement
  std::string verb;  // CreateAgreement -> create, RecordDeposit -> record-deposit
  std::string path;  // /escrow.v1.AgreementService/CreateAgreement

  [[nodiscard]] const google::protobuf::Descriptor& request() const { return *descriptor->input_type(); }
  // Its request has a page token.
  [[nodiscard]] bool paged() const { return request().FindFieldByName("page_token") != nullptr; }
  // Its request is a command: it has a request id.
  [[nodiscard]] bool writes() const;
};

// Every method of every service, in the order of the contract. Made once; any thread.
[[nodiscard]] const std::vector<Method>& AllMethods();

// The one method with this request type. REQUIRES: there is one.
[[nodiscard]] const Method& MethodOf(const google::protobuf::Descriptor& request);

// The comment of a message, field, service, method or enum value in the contract, as one line; empty when there is
// none.
[[nodiscard]] std::string CommentOf(const google::protobuf::ServiceDescriptor& service);
[[nodiscard]] std::string CommentOf(const google::protobuf::MethodDescriptor& method);
[[nodiscard]] std::string CommentOf(const google::protobuf::FieldDescriptor& field);

}  // namespace escrow::ctl
