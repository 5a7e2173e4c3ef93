#include "escrowctl/methods.h"

#include <array>

#include "base/assert.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/command_service.pb.h"
#include "escrow/v1/event_service.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/operations_service.pb.h"
#include "escrow/v1/payout_service.pb.h"
#include "escrow/v1/platform_service.pb.h"
#include "escrow/v1/transparency_service.pb.h"
#include "escrow/v1/vault_service.pb.h"
#include "escrowctl/values.h"
#include "google/protobuf/descriptor.pb.h"

namespace escrow::ctl {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::SourceLocation;

// The contract with its comments, which generated code leaves out (see CMakeLists.txt).
constexpr auto kContract = std::to_array<unsigned char>({
#include "contract.inc"
});

std::array<const FileDescriptor*, 9> ServiceFiles() {
  return {v1::GetPlatformRequest::descriptor()->file(),     v1::GetAgreementRequest::descriptor()->file(),
          v1::GetPayoutRequest::descriptor()->file(),       v1::GetTrialBalanceRequest::descriptor()->file(),
          v1::GetEventRequest::descriptor()->file(),        v1::ExecuteBatchRequest::descriptor()->file(),
          v1::GetServerStatusRequest::descriptor()->file(), v1::GetCheckpointRequest::descriptor()->file(),
          v1::PutRecordRequest::descriptor()->file()};
}

// Takes `noun` or `plural` off the end of a method's name, unless nothing would be left.
std::string VerbOf(std::string_view method, std::string_view noun) {
  const std::string plural = std::string(noun) + "s";
  for (const std::string_view ending : {std::string_view(plural), noun}) {
    if (method.size() > ending.size() && method.ends_with(ending)) {
      method.remove_suffix(ending.size());
      break;
    }
  }
  return KebabCase(method);
}

std::vector<Method> MakeMethods() {
  constexpr std::string_view kSuffix = "Service";
  std::vector<Method> methods;
  for (const FileDescriptor* file : ServiceFiles()) {
    ESCROW_ASSERT(file->service_count() == 1);
    const auto* service = file->service(0);
    ESCROW_ASSERT(service->name().ends_with(kSuffix));
    const std::string noun = service->name().substr(0, service->name().size() - kSuffix.size());
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* method = service->method(i);
      methods.push_back({.descriptor = method,
                         .noun = KebabCase(noun),
                         .verb = VerbOf(method->name(), noun),
                         .path = "/" + service->full_name() + "/" + method->name()});
    }
  }
  return methods;
}

const DescriptorPool& CommentedPool() {
  static const DescriptorPool* pool = [] {
    auto* made = new DescriptorPool;  // lives as long as the process
    google::protobuf::FileDescriptorSet files;
    ESCROW_ASSERT(files.ParseFromArray(kContract.data(), static_cast<int>(kContract.size())));
    for (const auto& file : files.file()) {
      ESCROW_ASSERT(made->BuildFile(file) != nullptr);
    }
    return made;
  }();
  return *pool;
}

template <class Descriptor>
std::string Comment(const Descriptor* commented) {
  ESCROW_ASSERT(commented != nullptr);
  SourceLocation location;
  if (!commented->GetSourceLocation(&location)) {
    return "";
  }
  std::string line;
  for (const char c : location.leading_comments) {
    const char flat = c == '\n' ? ' ' : c;
    if (flat != ' ' || (!line.empty() && line.back() != ' ')) {
      line += flat;
    }
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

bool Method::writes() const {
  return request().FindFieldByName("request_id") != nullptr && request().FindFieldByName("validate_only") != nullptr;
}

const std::vector<Method>& AllMethods() {
  static const auto* methods = new std::vector<Method>(MakeMethods());
  return *methods;
}

const Method& MethodOf(const google::protobuf::Descriptor& request) {
  const Method* found = nullptr;
  for (const Method& method : AllMethods()) {
    if (method.descriptor->input_type() == &request) {
      ESCROW_ASSERT(found == nullptr);
      found = &method;
    }
  }
  ESCROW_ASSERT(found != nullptr);
  return *found;
}

std::string CommentOf(const google::protobuf::ServiceDescriptor& service) {
  return Comment(CommentedPool().FindServiceByName(service.full_name()));
}

std::string CommentOf(const google::protobuf::MethodDescriptor& method) {
  return Comment(CommentedPool().FindMethodByName(method.full_name()));
}

std::string CommentOf(const google::protobuf::FieldDescriptor& field) {
  return Comment(CommentedPool().FindFieldByName(field.full_name()));
}

}  // namespace escrow::ctl
