#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace escrow::api {

// The first field of `message`, at any depth, that this version of the contract does not know: a path such as
// "create_agreement.agreement.#99". Empty when every field is known. What a newer client says about money must be
// refused, not dropped in silence. Any thread.
[[nodiscard]] std::string FindUnknownField(const google::protobuf::Message& message);

}  // namespace escrow::api
