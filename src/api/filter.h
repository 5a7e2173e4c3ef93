#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/payout.pb.h"
#include "grpcpp/support/status.h"

// The filters of lists: `key=value` pairs joined by ` AND `, each key once; a subset of AIP-160. FILTER_INVALID for
// anything else. Any thread.
namespace escrow::api {

struct AgreementFilter {
  std::optional<v1::Agreement::State> state;
  std::string party;  // resource name; empty for all
};

// `state=` one of Agreement.State without its prefix; `party=` a resource name, whose form is not checked.
[[nodiscard]] grpc::Status ParseAgreementFilter(const std::string& text, AgreementFilter& filter);

// `state=` one of Payout.State without its prefix.
[[nodiscard]] grpc::Status ParsePayoutFilter(const std::string& text, std::optional<v1::Payout::State>& state);

}  // namespace escrow::api
