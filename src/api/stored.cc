#include "api/stored.h"

#include "google/protobuf/unknown_field_set.h"

namespace escrow::api {

using google::protobuf::Timestamp;

void AddStored(google::protobuf::Message& message, int number, std::string_view bytes) {
  message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(number, std::string(bytes));
}

const Timestamp& EffectiveTimeOf(const v1::Event& event) {
  return event.has_effective_time() ? event.effective_time() : event.log_time();
}

void SetTime(base::Time time, Timestamp& timestamp) {
  std::int64_t seconds = time.ns / base::kNsPerSecond;
  std::int64_t nanos = time.ns % base::kNsPerSecond;
  if (nanos < 0) {
    nanos += base::kNsPerSecond;
    --seconds;
  }
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>(nanos));
}

}  // namespace escrow::api
