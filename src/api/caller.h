#pragma once

#include <memory>
#include <string_view>

#include "api/identity.h"
#include "api/reach.h"
#include "grpcpp/support/status.h"

namespace escrow::api {

// Who calls a method, and how far he sees with it.
struct Caller {
  std::shared_ptr<Identity> identity;
  Reach reach;
};

// The first step of every call: who it is, and what the table of permissions says of him and `method`.
// UNAUTHENTICATED or PERMISSION_DENIED. REQUIRES: the table has the method.
[[nodiscard]] grpc::Status Admit(const grpc::CallbackServerContext& context, const CredentialDirectory& directory,
                                 std::string_view method, Caller& caller);

}  // namespace escrow::api
