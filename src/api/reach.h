#pragma once

#include <string>
#include <string_view>

#include "escrow/v1/platform.pb.h"
#include "grpcpp/support/status.h"

namespace escrow::api {

// Reach: what a caller may read with one method, by the core's table of permissions: everything, one platform, or what
// concerns one party. A value.
class Reach {
 public:
  // PERMISSION_DENIED when the table says never. REQUIRES: the table has the method.
  [[nodiscard]] static grpc::Status Of(std::string_view method, const v1::Principal& principal, Reach& reach);

  [[nodiscard]] bool everything() const { return platform_id_.empty(); }
  // Only what concerns party_id(); otherwise all of the platforms that it covers.
  [[nodiscard]] bool party_only() const { return !party_id_.empty(); }

  // Whether something of this platform may be read.
  [[nodiscard]] bool Covers(std::string_view platform_id) const { return everything() || platform_id == platform_id_; }
  // Whether this party itself may be read. REQUIRES: Covers(its platform).
  [[nodiscard]] bool CoversParty(std::string_view party_id) const { return !party_only() || party_id == party_id_; }

  // Empty when everything may be read.
  [[nodiscard]] const std::string& platform_id() const { return platform_id_; }
  // Empty unless party_only().
  [[nodiscard]] const std::string& party_id() const { return party_id_; }

 private:
  std::string platform_id_;
  std::string party_id_;
};

}  // namespace escrow::api
