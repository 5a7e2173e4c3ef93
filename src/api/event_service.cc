#include "api/event_service.h"

#include <algorithm>
#include <string>
#include <vector>

#include "api/event_scanner.h"
#include "api/event_stream.h"
#include "api/lookup.h"
#include "api/page.h"
#include "api/read_call.h"
#include "api/refusal.h"
#include "api/stored.h"

namespace escrow::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

Status InvalidSequence(const char* field, std::int64_t value) {
  return Refuse(v1::REASON_INVALID_FIELD, {{"field", field}, {"value", std::to_string(value)}});
}

// Fills a page with what is selected from `first` on.
Status ListFrom(Backend& backend, const LogReader& log, EventSelection selection, const Page& page, std::uint64_t first,
                v1::ListEventsResponse& response) {
  const std::uint64_t last = backend.hub.durable_sequence();
  EventScanner scanner(backend, std::move(selection));
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::uint64_t next = first;
  while (next <= last && count < page.size && bytes < kPageBytesMax && next - first < kPageScanMax) {
    if (log.cancelled()) {
      return Status::CANCELLED;
    }
    ScanResult found;
    const Status status =
        scanner.Scan(next, last, {.events_max = page.size - count, .bytes_max = kPageBytesMax - bytes}, found);
    if (!status.ok()) {
      return status;
    }
    for (const std::string& event : found.events) {
      AddStored(response, v1::ListEventsResponse::kEventsFieldNumber, event);
      bytes += event.size();
    }
    count += found.events.size();
    next = found.through_sequence + 1;
  }
  if (next <= last) {
    response.set_next_page_token(NextToken(page, next));
  }
  return Status::OK;
}

}  // namespace

ServerUnaryReactor* EventService::GetEvent(CallbackServerContext* context, const v1::GetEventRequest* request,
                                           v1::Event* event) {
  return StartRead(backend_, context, "GetEvent", [=, this](const Caller& caller, ReadSteps& steps) {
    if (request->sequence() < 1) {
      return InvalidSequence("sequence", request->sequence());
    }
    steps.fetch = [=, this, &caller](const LogReader& log) {
      const auto sequence = static_cast<std::uint64_t>(request->sequence());
      if (sequence > backend_.hub.durable_sequence()) {
        return Refuse(v1::REASON_EVENT_NOT_FOUND, {{"sequence", std::to_string(sequence)}});
      }
      const Status read = log.Read(sequence, *event);
      return read.ok() ? CheckEvent(backend_, caller.reach, *event) : read;
    };
    return Status::OK;
  });
}

ServerUnaryReactor* EventService::ListEvents(CallbackServerContext* context, const v1::ListEventsRequest* request,
                                             v1::ListEventsResponse* response) {
  return StartRead(backend_, context, "ListEvents", [=, this](const Caller& caller, ReadSteps& steps) {
    EventSelection selection;
    Page page;
    Status status = ParsePage("ListEvents", *request, page);
    if (status.ok() && request->start_sequence() < 0) {
      status = InvalidSequence("start_sequence", request->start_sequence());
    }
    if (status.ok()) {
      status = SelectEvents(caller, request->event_filter(), selection);
    }
    const std::uint64_t start = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(request->start_sequence()));
    const std::uint64_t first = page.position == 0 ? start : page.position;
    steps.fetch = [=, this](const LogReader& log) {
      return ListFrom(backend_, log, selection, page, first, *response);
    };
    return status;
  });
}

grpc::ServerWriteReactor<v1::StreamEventsResponse>* EventService::StreamEvents(CallbackServerContext* context,
                                                                               const v1::StreamEventsRequest* request) {
  return StartEventStream(backend_, context, *request);
}

}  // namespace escrow::api
