#include "api/caller.h"

namespace escrow::api {

grpc::Status Admit(const grpc::CallbackServerContext& context, const CredentialDirectory& directory,
                   std::string_view method, Caller& caller) {
  const grpc::Status status = Authenticate(context, directory, caller.identity);
  return status.ok() ? Reach::Of(method, caller.identity->principal, caller.reach) : status;
}

}  // namespace escrow::api
