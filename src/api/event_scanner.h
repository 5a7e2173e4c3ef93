#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/backend.h"
#include "api/read_call.h"
#include "escrow/v1/event_service.pb.h"
#include "google/protobuf/arena.h"

namespace escrow::api {

// Which events a caller asks for and may have. A value.
struct EventSelection {
  std::string platform;              // resource name; empty: all
  std::string agreement_id;          // empty: all
  std::string party;                 // resource name; empty: all
  std::string self;                  // the same, for a caller that sees only what concerns it
  std::vector<v1::EventKind> kinds;  // empty: all
};

// What the filter selects within the caller's reach. INVALID_NAME; FILTER_INVALID when names contradict each other or a
// kind is unknown; MISSING_FIELD without a platform that the caller needs; PERMISSION_DENIED.
[[nodiscard]] grpc::Status SelectEvents(const Caller& caller, const v1::EventFilter& filter, EventSelection& selection);

// How much one message or page may hold.
struct ScanBounds {
  std::size_t events_max;
  std::size_t bytes_max;  // one event alone may be larger
};

// A stretch of the log and what was selected from it, as stored.
struct ScanResult {
  std::vector<std::string> events;
  std::uint64_t through_sequence = 0;  // everything up to here is in `events` or does not match
};

// EventScanner: reads stretches of the log and picks what is selected. On a reader's thread; one thread at a time.
class EventScanner {
 public:
  EventScanner(Backend& backend, EventSelection selection) : backend_(backend), selection_(std::move(selection)) {}

  // Scans from `first` to `last`, which is durable, or until the bounds are reached or kScanEventsMax were looked at.
  [[nodiscard]] grpc::Status Scan(std::uint64_t first, std::uint64_t last, const ScanBounds& bounds,
                                  ScanResult& result);

  // One scan looks at no more, so that a sparse selection gives its thread back.
  static constexpr std::size_t kScanEventsMax = 2'000;
  static constexpr std::size_t kScanBytesMax = 1 << 20;

 private:
  struct Candidate {
    std::uint64_t sequence;
    std::string bytes;
    const v1::Event* event;
  };

  [[nodiscard]] bool MayMatch(const v1::Event& event) const;
  [[nodiscard]] grpc::Status Collect(std::uint64_t first, std::uint64_t last, google::protobuf::Arena& arena,
                                     std::vector<Candidate>& candidates, std::uint64_t& through) const;
  [[nodiscard]] grpc::Status KeepConcerned(const std::string& party, std::vector<Candidate>& candidates) const;

  Backend& backend_;
  const EventSelection selection_;
};

}  // namespace escrow::api
