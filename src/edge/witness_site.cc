#include "edge/witness_site.h"

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/time.h"

namespace escrow::edge {
namespace {

HttpResponse Fail(unsigned status, std::string_view reason) {
  return {.status = status, .body = std::string(reason) + "\n"};
}

}  // namespace

HttpResponse WitnessSite::Answer(const HttpRequest& request) const {
  const std::string_view path = std::string_view(request.target).substr(kPrefix.size());
  if (path == "add-checkpoint") {
    return request.method == "POST" ? AddCheckpoint(request.body) : Fail(405, "only POST");
  }
  return request.method == "GET" ? Monitor(path) : Fail(405, "only GET and HEAD");
}

HttpResponse WitnessSite::AddCheckpoint(const std::string& body) const {
  const auto now_seconds = static_cast<std::uint64_t>(parts_.clock.Now().ns / base::kNsPerSecond);
  tlog::WitnessResponse answer = parts_.witness.AddCheckpoint(body, parts_.store, now_seconds);
  if (answer.status >= 500) {
    parts_.warn(answer.body);
  }
  return {.status = static_cast<unsigned>(answer.status),
          .content_type = std::move(answer.content_type),
          .body = std::move(answer.body)};
}

HttpResponse WitnessSite::Monitor(std::string_view path) const {
  for (const std::string& origin : parts_.origins) {
    if (path != tlog::MonitoringPath(origin)) {
      continue;
    }
    const absl::StatusOr<std::optional<tlog::WitnessedCheckpoint>> newest = parts_.store.Load(origin);
    if (!newest.ok()) {
      parts_.warn(std::string(newest.status().message()));
      return Fail(500, "what was cosigned cannot be read");
    }
    return newest->has_value() ? HttpResponse{.cache_control = "public, max-age=1", .body = (*newest)->note}
                               : Fail(404, "no checkpoint of this log was cosigned yet");
  }
  return Fail(404, "this witness does not know the log");
}

}  // namespace escrow::edge
