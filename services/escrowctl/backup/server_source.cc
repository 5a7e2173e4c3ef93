#include "escrowctl/backup/server_source.h"

#include <algorithm>

#include "crypto/hex.h"
#include "escrow/v1/event_service.pb.h"
#include "escrow/v1/operations_service.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/unknown_field_set.h"

namespace escrow::ctl {

absl::StatusOr<journal::Tail> ServerSource::End() {
  if (end_) {
    return *end_;
  }
  v1::ServerStatus status;
  if (absl::Status called = client_.Call(v1::GetServerStatusRequest(), status); !called.ok()) {
    return called;
  }
  const auto root = crypto::HexDecode(status.root_hash());
  journal::Tail end{.sequence = static_cast<std::uint64_t>(status.durable_sequence())};
  if (!root || root->size() != end.root.size()) {
    return absl::InternalError("the server's root_hash is not one");
  }
  std::ranges::transform(*root, end.root.begin(), [](char byte) { return static_cast<std::uint8_t>(byte); });
  end_ = end;
  return end;
}

absl::Status ServerSource::Read(std::uint64_t first, std::uint64_t last, const journal::Journal::Visitor& visit) {
  v1::StreamEventsRequest request;
  request.set_start_sequence(static_cast<std::int64_t>(first));
  request.set_stop_at_end(true);
  std::uint64_t sequence = first;
  // Received as unknown fields, events stay the bytes that they are in the log: nobody serialises them again.
  google::protobuf::Empty message;
  return client_.Stream(request, message, [&](const google::protobuf::Message&) {
    const google::protobuf::UnknownFieldSet& fields = message.GetReflection()->GetUnknownFields(message);
    for (int i = 0; i < fields.field_count() && sequence <= last; ++i) {
      const google::protobuf::UnknownField& field = fields.field(i);
      const bool event = field.number() == v1::StreamEventsResponse::kEventsFieldNumber &&
                         field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED;
      if (event && !visit(sequence++, field.length_delimited())) {
        return false;
      }
    }
    return sequence <= last;
  });
}

}  // namespace escrow::ctl
