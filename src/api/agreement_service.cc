#include "api/agreement_service.h"

#include <memory>
#include <optional>
#include <vector>

#include "api/filter.h"
#include "api/history.h"
#include "api/lookup.h"
#include "api/page.h"
#include "api/read_call.h"
#include "api/render.h"
#include "api/scan.h"
#include "core/explain.h"

namespace escrow::api {
namespace {

using google::protobuf::RepeatedPtrField;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

// Which agreements a list shows.
struct Selection {
  std::optional<v1::Agreement::State> state;
  std::optional<core::PartySlot> party;
  std::optional<core::PartySlot> self;  // the caller, when he sees only his own
  bool nothing = false;                 // one of the parties does not exist

  [[nodiscard]] bool Has(const core::Agreement& agreement) const {
    return !nothing && (!state || agreement.state == *state) && (!party || TakesPart(agreement, *party)) &&
           (!self || TakesPart(agreement, *self));
  }
};

Selection Select(const View& view, core::PlatformSlot platform, const AgreementFilter& filter) {
  Selection selection;
  selection.state = filter.state;
  if (!filter.party.empty()) {
    const auto name = core::ParsePartyName(filter.party);
    const bool here = name && name->platform_id == view.state.platform(platform).id;
    selection.party = here ? view.state.FindParty(platform, name->id) : std::nullopt;
    selection.nothing = !selection.party;
  }
  if (view.caller.reach.party_only()) {
    selection.self = view.state.FindParty(platform, view.caller.reach.party_id());
    selection.nothing = selection.nothing || !selection.self;
  }
  return selection;
}

Status ReadTerms(const LogReader& log, v1::Agreement& agreement) {
  v1::Event created;
  const Status status = log.Read(static_cast<std::uint64_t>(agreement.create_sequence()), created);
  if (status.ok()) {
    AddTerms(created, agreement);
  }
  return status;
}

// The shared part of the lists of what happened to an agreement: a page of its events for which `is` holds, each as
// `Item`. Positions are sequence numbers.
template <class Item, class Request>
Prepare ListHistory(std::string_view method, const Request& request, bool (*is)(const v1::Event&),
                    RepeatedPtrField<Item>& items, std::string& token) {
  return [=, &request, &items, &token](const Caller& caller, ReadSteps& steps) {
    core::ScopedName name;
    Status status = ParseAgreement(caller, "parent", request.parent(), name);
    Page page;
    if (status.ok()) {
      status = ParsePage(method, request, page);
    }
    auto agreement = std::make_shared<v1::Agreement>();
    auto last = std::make_shared<std::uint64_t>();
    steps.look = [=](View& view) {
      core::AgreementSlot slot{};
      const Status found = FindAgreement(view, name, slot);
      if (found.ok()) {
        Render(view.state, slot, *agreement);
        *last = view.state.agreement(slot).last_sequence;
      }
      return found;
    };
    steps.fetch = [=, &items, &token](const LogReader& log) {
      std::vector<v1::Event> events;
      Status read = WalkBack(log, *last, page.position, [&](v1::Event&& event) {
        if (is(event)) {
          events.push_back(std::move(event));
        }
      });
      if (read.ok()) {
        read = ReadTerms(log, *agreement);
      }
      if (!read.ok()) {
        return read;
      }
      const std::size_t count = std::min(events.size(), page.size);
      for (std::size_t i = 0; i < count; ++i) {
        Render(events[events.size() - 1 - i], *agreement, *items.Add());
      }
      if (count < events.size()) {
        token = NextToken(page, events[events.size() - count].sequence());
      }
      return read;
    };
    return status;
  };
}

}  // namespace

ServerUnaryReactor* AgreementService::GetAgreement(CallbackServerContext* context,
                                                   const v1::GetAgreementRequest* request, v1::Agreement* agreement) {
  return StartRead(backend_, context, "GetAgreement", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    core::ScopedName name;
    const Status status = ParseAgreement(caller, "name", request->name(), name);
    steps.look = [=](View& view) {
      core::AgreementSlot slot{};
      const Status found = FindAgreement(view, name, slot);
      if (found.ok()) {
        Render(view.state, slot, *agreement);
      }
      return found;
    };
    steps.fetch = [=](const LogReader& log) { return ReadTerms(log, *agreement); };
    return status;
  });
}

ServerUnaryReactor* AgreementService::ListAgreements(CallbackServerContext* context,
                                                     const v1::ListAgreementsRequest* request,
                                                     v1::ListAgreementsResponse* response) {
  return StartRead(backend_, context, "ListAgreements", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    std::string_view platform_id;
    AgreementFilter filter;
    Page page;
    Status status = ParsePlatform(caller, "parent", request->parent(), platform_id);
    if (status.ok()) {
      status = ParseAgreementFilter(request->filter(), filter);
    }
    if (status.ok()) {
      status = ParsePage("ListAgreements", *request, page);
    }
    auto scan = std::make_shared<Scan>(page);
    steps.look = [=](View& view) {
      core::PlatformSlot platform{};
      const Status found = FindPlatform(view, platform_id, platform);
      if (!found.ok()) {
        return found;
      }
      const Selection selection = Select(view, platform, filter);
      const auto agreements = view.state.agreements_of(platform);
      core::Agreement scratch;
      scan->Look(view, agreements.size(), [&](std::size_t i) {
        const bool selected = selection.Has(view.state.Peek(agreements[i], scratch));
        if (selected) {
          Render(view.state, agreements[i], *response->add_agreements());
        }
        return selected;
      });
      return Status::OK;
    };
    steps.fetch = [=](const LogReader& log) {
      const auto complete = [&](std::size_t i, std::size_t& bytes) {
        v1::Agreement& agreement = *response->mutable_agreements(static_cast<int>(i));
        const Status read = ReadTerms(log, agreement);
        bytes += agreement.ByteSizeLong();
        return read;
      };
      return FillPage(*scan, complete, *response->mutable_agreements(), *response->mutable_next_page_token());
    };
    return status;
  });
}

ServerUnaryReactor* AgreementService::ExplainAgreement(CallbackServerContext* context,
                                                       const v1::ExplainAgreementRequest* request,
                                                       v1::ExplainAgreementResponse* response) {
  return StartRead(backend_, context, "ExplainAgreement", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    core::ScopedName name;
    const Status status = ParseAgreement(caller, "name", request->name(), name);
    steps.look = [=](View& view) {
      core::AgreementSlot slot{};
      const Status found = FindAgreement(view, name, slot);
      if (found.ok()) {
        *response = core::Explain(view.state, slot);
      }
      return found;
    };
    return status;
  });
}

ServerUnaryReactor* AgreementService::ListDeposits(CallbackServerContext* context,
                                                   const v1::ListDepositsRequest* request,
                                                   v1::ListDepositsResponse* response) {
  return StartRead(backend_, context, "ListDeposits",
                   ListHistory("ListDeposits", *request, IsDeposit, *response->mutable_deposits(),
                               *response->mutable_next_page_token()));
}

ServerUnaryReactor* AgreementService::ListConfirmations(CallbackServerContext* context,
                                                        const v1::ListConfirmationsRequest* request,
                                                        v1::ListConfirmationsResponse* response) {
  return StartRead(backend_, context, "ListConfirmations",
                   ListHistory("ListConfirmations", *request, IsConfirmation, *response->mutable_confirmations(),
                               *response->mutable_next_page_token()));
}

ServerUnaryReactor* AgreementService::ListReleases(CallbackServerContext* context,
                                                   const v1::ListReleasesRequest* request,
                                                   v1::ListReleasesResponse* response) {
  return StartRead(backend_, context, "ListReleases",
                   ListHistory("ListReleases", *request, IsRelease, *response->mutable_releases(),
                               *response->mutable_next_page_token()));
}

ServerUnaryReactor* AgreementService::ListRefunds(CallbackServerContext* context, const v1::ListRefundsRequest* request,
                                                  v1::ListRefundsResponse* response) {
  return StartRead(backend_, context, "ListRefunds",
                   ListHistory("ListRefunds", *request, IsRefund, *response->mutable_refunds(),
                               *response->mutable_next_page_token()));
}

}  // namespace escrow::api
