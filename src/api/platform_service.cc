#include "api/platform_service.h"

#include <memory>

#include "api/lookup.h"
#include "api/page.h"
#include "api/read_call.h"
#include "api/render.h"
#include "api/scan.h"

namespace escrow::api {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;

ServerUnaryReactor* PlatformService::GetPlatform(CallbackServerContext* context, const v1::GetPlatformRequest* request,
                                                 v1::Platform* platform) {
  return StartRead(backend_, context, "GetPlatform", [=](const Caller& caller, ReadSteps& steps) {
    std::string_view id;
    const Status status = ParsePlatform(caller, "name", request->name(), id);
    steps.look = [=](View& view) {
      core::PlatformSlot slot{};
      const Status found = FindPlatform(view, id, slot);
      if (found.ok()) {
        Render(view.state, slot, view.now, *platform);
      }
      return found;
    };
    return status;
  });
}

ServerUnaryReactor* PlatformService::ListPlatforms(CallbackServerContext* context,
                                                   const v1::ListPlatformsRequest* request,
                                                   v1::ListPlatformsResponse* response) {
  return StartRead(backend_, context, "ListPlatforms", [=](const Caller&, ReadSteps& steps) {
    Page page;
    const Status status = ParsePage("ListPlatforms", *request, page);
    steps.look = [=, scan = std::make_shared<Scan>(page)](View& view) {
      scan->Look(view, view.state.platform_count(), [&](std::size_t i) {
        const core::PlatformSlot slot{static_cast<std::uint32_t>(i)};
        const bool seen = view.caller.reach.Covers(view.state.platform(slot).id);
        if (seen) {
          Render(view.state, slot, view.now, *response->add_platforms());
        }
        return seen;
      });
      response->set_next_page_token(scan->Token());
      return Status::OK;
    };
    return status;
  });
}

ServerUnaryReactor* PlatformService::GetParty(CallbackServerContext* context, const v1::GetPartyRequest* request,
                                              v1::Party* party) {
  return StartRead(backend_, context, "GetParty", [=](const Caller& caller, ReadSteps& steps) {
    steps.as_of = AsOfIn(*request);
    core::ScopedName name;
    const Status status = ParseParty(caller, "name", request->name(), name);
    auto created = std::make_shared<std::uint64_t>();
    steps.look = [=](View& view) {
      core::PartySlot slot{};
      const Status found = FindParty(view, name, slot);
      if (found.ok()) {
        Render(view.state, slot, view.now, *party);
        *created = view.state.party(slot).create_sequence;
      }
      return found;
    };
    steps.fetch = [=](const LogReader& log) {
      v1::Event event;
      const Status read = log.Read(*created, event);
      if (read.ok()) {
        AddTerms(event, *party);
      }
      return read;
    };
    return status;
  });
}

ServerUnaryReactor* PlatformService::ListParties(CallbackServerContext* context, const v1::ListPartiesRequest* request,
                                                 v1::ListPartiesResponse* response) {
  return StartRead(backend_, context, "ListParties", [=](const Caller& caller, ReadSteps& steps) {
    std::string_view platform_id;
    Status status = ParsePlatform(caller, "parent", request->parent(), platform_id);
    Page page;
    if (status.ok()) {
      status = ParsePage("ListParties", *request, page);
    }
    auto scan = std::make_shared<Scan>(page);
    auto created = std::make_shared<std::vector<std::uint64_t>>();
    steps.look = [=](View& view) {
      core::PlatformSlot platform{};
      const Status found = FindPlatform(view, platform_id, platform);
      if (!found.ok()) {
        return found;
      }
      const auto parties = view.state.parties_of(platform);
      scan->Look(view, parties.size(), [&](std::size_t i) {
        const core::Party& party = view.state.party(parties[i]);
        const bool seen = view.caller.reach.CoversParty(party.id);
        if (seen) {
          Render(view.state, parties[i], view.now, *response->add_parties());
          created->push_back(party.create_sequence);
        }
        return seen;
      });
      return Status::OK;
    };
    steps.fetch = [=](const LogReader& log) {
      const auto complete = [&](std::size_t i, std::size_t& bytes) {
        v1::Event event;
        const Status read = log.Read((*created)[i], event);
        if (read.ok()) {
          v1::Party& party = *response->mutable_parties(static_cast<int>(i));
          AddTerms(event, party);
          bytes += party.ByteSizeLong();
        }
        return read;
      };
      return FillPage(*scan, complete, *response->mutable_parties(), *response->mutable_next_page_token());
    };
    return status;
  });
}

ServerUnaryReactor* PlatformService::GetCredential(CallbackServerContext* context,
                                                   const v1::GetCredentialRequest* request,
                                                   v1::Credential* credential) {
  return StartRead(backend_, context, "GetCredential", [=](const Caller&, ReadSteps& steps) {
    const auto id = core::ParseCredentialName(request->name());
    if (!id) {
      return InvalidName("name", request->name());
    }
    steps.look = [=](View& view) {
      core::CredentialSlot slot{};
      const Status found = FindCredential(view, *id, slot);
      if (found.ok()) {
        Render(view.state, slot, *credential);
      }
      return found;
    };
    return Status::OK;
  });
}

ServerUnaryReactor* PlatformService::ListCredentials(CallbackServerContext* context,
                                                     const v1::ListCredentialsRequest* request,
                                                     v1::ListCredentialsResponse* response) {
  return StartRead(backend_, context, "ListCredentials", [=](const Caller&, ReadSteps& steps) {
    Page page;
    const Status status = ParsePage("ListCredentials", *request, page);
    steps.look = [=, scan = std::make_shared<Scan>(page)](View& view) {
      scan->Look(view, view.state.credential_count(), [&](std::size_t i) {
        const core::CredentialSlot slot{static_cast<std::uint32_t>(i)};
        const bool seen = Sees(view, view.state.credential(slot));
        if (seen) {
          Render(view.state, slot, *response->add_credentials());
        }
        return seen;
      });
      response->set_next_page_token(scan->Token());
      return Status::OK;
    };
    return status;
  });
}

}  // namespace escrow::api
