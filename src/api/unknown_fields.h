#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace escrow::api {

// What a newer client says about money must be refused, not dropped in silence. Any thread.

// The first field of `message`, at any depth, that this version of the contract does not know: a path such as
// "create_agreement.agreement.#99". Empty when every field is known.
[[nodiscard]] std::string FindUnknownField(const google::protobuf::Message& message);

// Whether the bytes of a message of this type say by themselves that it has none: a fifth of the work. False also when
// they are written as only few would write them; then FindUnknownField has to tell. REQUIRES: they can be parsed.
[[nodiscard]] bool AllFieldsAreKnown(std::string_view bytes, const google::protobuf::Descriptor& type);

}  // namespace escrow::api
