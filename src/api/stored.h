#pragma once

#include <string_view>

#include "base/time.h"
#include "escrow/v1/event.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"

// Events as they are stored and as they are sent. Any thread.
namespace escrow::api {

// Adds stored bytes as an element of the repeated message field `number`. On the wire an element of a repeated message
// is its bytes after a tag and a length, and unknown fields are sent as they are: so the reader gets the event exactly
// as it is hashed in the log, also when it was written by a newer version, and nobody parses it on the way.
void AddStored(google::protobuf::Message& message, int number, std::string_view bytes);

// The time by which the rules were applied.
[[nodiscard]] const google::protobuf::Timestamp& EffectiveTimeOf(const v1::Event& event);

void SetTime(base::Time time, google::protobuf::Timestamp& timestamp);

}  // namespace escrow::api
