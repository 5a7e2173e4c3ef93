#include "api/payout_service.h"

#include <memory>
#include <optional>
#include <vector>

#include "api/filter.h"
#include "api/lookup.h"
#include "api/page.h"
#include "api/read_call.h"
#include "api/render.h"
#include "api/scan.h"

namespace escrow::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

// Where the events of a payout lie.
struct Span {
  std::uint64_t create_sequence = 0;
  std::uint64_t last_sequence = 0;
};

// What a command about this payout tells of the bank's reference; empty when it is about another or tells nothing.
std::string RailReferenceIn(const v1::Command& command, const std::string& payout) {
  const auto told = [&](const auto& asked) { return asked.name() == payout ? asked.rail_reference() : std::string(); };
  using enum v1::Command::PayloadCase;
  switch (command.payload_case()) {
    case kSendPayout:
      return told(command.send_payout());
    case kSettlePayout:
      return told(command.settle_payout());
    case kFailPayout:
      return told(command.fail_payout());
    case kReturnPayout:
      return told(command.return_payout());
    default:
      return {};
  }
}

// Adds the reference that was told last: the state does not hold it, so walk from the last event back.
Status ReadRailReference(const LogReader& log, Span span, v1::Payout& payout) {
  for (std::uint64_t at = span.last_sequence; at > span.create_sequence && payout.rail_reference().empty();) {
    v1::Event event;
    const Status status = log.Read(at, event);
    if (!status.ok()) {
      return status;
    }
    payout.set_rail_reference(RailReferenceIn(event.command(), payout.name()));
    at = event.previous_sequence();
  }
  return Status::OK;
}

Span SpanOf(const core::Payout& payout) { return {payout.create_sequence, payout.last_sequence}; }

}  // namespace

ServerUnaryReactor* PayoutService::GetPayout(CallbackServerContext* context, const v1::GetPayoutRequest* request,
                                             v1::Payout* payout) {
  return StartRead(backend_, context, "GetPayout", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    core::ScopedName name;
    const Status status = ParsePayout(caller, "name", request->name(), name);
    auto span = std::make_shared<Span>();
    steps.look = [=](View& view) {
      core::PayoutSlot slot{};
      const Status found = FindPayout(view, name, slot);
      if (found.ok()) {
        Render(view.state, slot, *payout);
        *span = SpanOf(view.state.payout(slot));
      }
      return found;
    };
    steps.fetch = [=](const LogReader& log) { return ReadRailReference(log, *span, *payout); };
    return status;
  });
}

ServerUnaryReactor* PayoutService::ListPayouts(CallbackServerContext* context, const v1::ListPayoutsRequest* request,
                                               v1::ListPayoutsResponse* response) {
  return StartRead(backend_, context, "ListPayouts", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    std::string_view platform_id;
    std::optional<v1::Payout::State> state;
    Page page;
    Status status = ParsePlatform(caller, "parent", request->parent(), platform_id);
    if (status.ok()) {
      status = ParsePayoutFilter(request->filter(), state);
    }
    if (status.ok()) {
      status = ParsePage("ListPayouts", *request, page);
    }
    auto scan = std::make_shared<Scan>(page);
    auto spans = std::make_shared<std::vector<Span>>();
    steps.look = [=](View& view) {
      core::PlatformSlot platform{};
      const Status found = FindPlatform(view, platform_id, platform);
      if (!found.ok()) {
        return found;
      }
      const auto payouts = view.state.payouts_of(platform);
      scan->Look(view, payouts.size(), [&](std::size_t i) {
        const core::Payout& payout = view.state.payout(payouts[i]);
        const bool selected = (!state || payout.state == *state) && Sees(view, payout);
        if (selected) {
          Render(view.state, payouts[i], *response->add_payouts());
          spans->push_back(SpanOf(payout));
        }
        return selected;
      });
      return Status::OK;
    };
    steps.fetch = [=](const LogReader& log) {
      const auto complete = [&](std::size_t i, std::size_t& bytes) {
        v1::Payout& payout = *response->mutable_payouts(static_cast<int>(i));
        const Status read = ReadRailReference(log, (*spans)[i], payout);
        bytes += payout.ByteSizeLong();
        return read;
      };
      return FillPage(*scan, complete, *response->mutable_payouts(), *response->mutable_next_page_token());
    };
    return status;
  });
}

}  // namespace escrow::api
