#pragma once

#include <ostream>

#include "google/protobuf/message.h"

// Replies as people read them. Made from the fields of the message, so that a new field appears by itself.
namespace escrow::ctl {

// A list becomes a table; anything else a list of its fields, with a table for each list in it. Amounts are in major
// units, times readable, enum values short, what is not set
// or zero is left out.
void Render(const google::protobuf::Message& message, std::ostream& out);

// Proto3 JSON on one or more lines, with a line feed at the end.
void RenderJson(const google::protobuf::Message& message, bool one_line, std::ostream& out);

}  // namespace escrow::ctl
