#include "integration/coverage.h"

#include "core/reasons.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/command_service.pb.h"
#include "escrow/v1/event_service.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/operations_service.pb.h"
#include "escrow/v1/payout_service.pb.h"
#include "escrow/v1/platform_service.pb.h"
#include "escrow/v1/vault_service.pb.h"
#include "google/rpc/error_details.pb.h"

namespace escrow::test {
namespace {

std::string Entry(std::string_view method, bool tls) { return std::string(method) + (tls ? " with TLS" : " in clear"); }

}  // namespace

std::string ReasonOf(const google::rpc::Status& status) {
  if (status.code() == 0) {
    return "OK";
  }
  google::rpc::ErrorInfo info;
  int count = 0;
  for (const google::protobuf::Any& detail : status.details()) {
    count += detail.UnpackTo(&info) ? 1 : 0;
  }
  if (count != 1 || info.domain() != "escrow.dev") {
    return "not exactly one ErrorInfo of escrow.dev: " + status.ShortDebugString();
  }
  for (const core::ReasonRow& row : core::ReasonTable()) {
    if (row.name == info.reason() && row.status_code == status.code()) {
      Coverage::Get().Saw(info.reason());
      return info.reason();
    }
  }
  return "no such reason with this code: " + status.ShortDebugString();
}

std::string ReasonOf(const grpc::Status& status) {
  if (status.ok()) {
    return "OK";
  }
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details()) || details.code() != status.error_code() ||
      details.message() != status.error_message()) {
    return "details do not fit: " + status.error_message();
  }
  return ReasonOf(details);
}

Coverage& Coverage::Get() {
  static Coverage coverage;
  return coverage;
}

void Coverage::Called(std::string_view method, bool tls) {
  const std::lock_guard lock(mutex_);
  called_.insert(Entry(method, tls));
}

void Coverage::Saw(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  reasons_.insert(reason);
}

std::set<std::string> Coverage::Missing() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> missing;
  const std::initializer_list<const google::protobuf::Descriptor*> one_of_each_file = {
      v1::GetPlatformRequest::descriptor(),     v1::GetAgreementRequest::descriptor(),
      v1::GetPayoutRequest::descriptor(),       v1::GetEventRequest::descriptor(),
      v1::GetRequestRequest::descriptor(),      v1::WhoAmIRequest::descriptor(),
      v1::GetTrialBalanceRequest::descriptor(), v1::PutRecordRequest::descriptor()};
  for (const google::protobuf::Descriptor* message : one_of_each_file) {
    const google::protobuf::ServiceDescriptor& service = *message->file()->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      const std::string method = "/" + service.full_name() + "/" + service.method(i)->name();
      for (const bool tls : {false, true}) {
        if (!called_.contains(Entry(method, tls))) {
          missing.insert("no test calls " + Entry(method, tls));
        }
      }
    }
  }
  for (const core::ReasonRow& row : core::ReasonTable()) {
    if (!reasons_.contains(std::string(row.name))) {
      missing.insert("no test produces " + std::string(row.name));
    }
  }
  return missing;
}

}  // namespace escrow::test
