#include "api/reach.h"

#include "api/refusal.h"
#include "base/assert.h"
#include "core/names.h"
#include "core/rules.h"

namespace escrow::api {

grpc::Status Reach::Of(std::string_view method, const v1::Principal& principal, Reach& reach) {
  const core::PermissionRow* row = core::FindPermission(method);
  ESCROW_ASSERT(row != nullptr);
  const core::Scope scope = core::ScopeFor(*row, principal.kind());
  if (scope == core::Scope::kNever) {
    return Refuse(v1::REASON_PERMISSION_DENIED, {{"method", std::string(method)}});
  }
  reach = Reach();
  // An auditor of one platform always stays within it, whatever the row says.
  const bool narrowed = principal.kind() == v1::Principal::KIND_AUDITOR && !principal.platform().empty();
  if (scope == core::Scope::kAlways && !narrowed) {
    return grpc::Status::OK;
  }
  // The machine accepts no credential without these names.
  if (principal.kind() == v1::Principal::KIND_PARTY) {
    const auto party = core::ParsePartyName(principal.party());
    ESCROW_ASSERT(party.has_value());
    reach.platform_id_ = party->platform_id;
    reach.party_id_ = party->id;
  } else {
    const auto platform_id = core::ParsePlatformName(principal.platform());
    ESCROW_ASSERT(platform_id.has_value());
    reach.platform_id_ = *platform_id;
  }
  return grpc::Status::OK;
}

}  // namespace escrow::api
