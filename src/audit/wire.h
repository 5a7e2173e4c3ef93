#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"

namespace escrow::audit {

// The first field or value of an enum that the contract does not know, in the encoding of a message of this type, as a
// path: "command: record_deposit: field 99". Empty when there is none. REQUIRES: the bytes parse as such a message.
//
// WHY: a parser keeps what it does not know and says so only through reflection, which takes five times as long as
// walking over the bytes.
[[nodiscard]] std::string UnknownIn(std::string_view encoding, const google::protobuf::Descriptor& type);

}  // namespace escrow::audit
