#include "api/stored.h"

#include "base/assert.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wire_format_lite.h"

namespace escrow::api {

using google::protobuf::Timestamp;
using google::protobuf::internal::WireFormatLite;

void AddStored(google::protobuf::Message& message, int number, std::string_view bytes) {
  message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(number, std::string(bytes));
}

Timestamp LogTimeOf(std::string_view bytes) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  constexpr std::uint32_t kTag =
      WireFormatLite::MakeTag(v1::Event::kLogTimeFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  Timestamp time;
  std::uint32_t tag = in.ReadTag();
  while (tag != kTag) {
    ESCROW_ASSERT(tag != 0 && WireFormatLite::SkipField(&in, tag));
    tag = in.ReadTag();
  }
  std::string text;
  ESCROW_ASSERT(WireFormatLite::ReadBytes(&in, &text) && time.ParseFromString(text));
  return time;
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
