#include "escrowctl/methods.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/event_service.pb.h"

namespace escrow::ctl {
namespace {

const Method* Find(const std::string& noun, const std::string& verb) {
  const auto found =
      std::ranges::find_if(AllMethods(), [&](const Method& m) { return m.noun == noun && m.verb == verb; });
  return found == AllMethods().end() ? nullptr : &*found;
}

TEST(Methods, HaveANounAndAVerb) {
  for (const auto& [noun, verb, path] :
       {std::tuple{"agreement", "create", "/escrow.v1.AgreementService/CreateAgreement"},
        {"agreement", "list", "/escrow.v1.AgreementService/ListAgreements"},
        {"agreement", "confirm-milestone", "/escrow.v1.AgreementService/ConfirmMilestone"},
        {"platform", "create", "/escrow.v1.PlatformService/CreatePlatform"},
        {"platform", "advance-clock", "/escrow.v1.PlatformService/AdvanceClock"},
        {"payout", "settle", "/escrow.v1.PayoutService/SettlePayout"},
        {"ledger", "get-trial-balance", "/escrow.v1.LedgerService/GetTrialBalance"},
        {"event", "stream", "/escrow.v1.EventService/StreamEvents"},
        {"command", "stream", "/escrow.v1.CommandService/StreamCommands"},
        {"command", "execute-batch", "/escrow.v1.CommandService/ExecuteBatch"},
        {"vault", "put-record", "/escrow.v1.VaultService/PutRecord"},
        {"vault", "place-legal-hold", "/escrow.v1.VaultService/PlaceLegalHold"},
        {"operations", "verify-replay", "/escrow.v1.OperationsService/VerifyReplay"}}) {
    const Method* method = Find(noun, verb);
    ASSERT_NE(method, nullptr) << noun << ' ' << verb;
    EXPECT_EQ(method->path, path);
  }
}

TEST(Methods, CoverEveryMethodOfTheContractOnce) {
  std::set<std::pair<std::string, std::string>> names;
  std::map<const google::protobuf::ServiceDescriptor*, int> per_service;
  for (const Method& method : AllMethods()) {
    EXPECT_TRUE(names.emplace(method.noun, method.verb).second) << method.path;
    EXPECT_EQ(&MethodOf(method.request()), &method);
    ++per_service[method.descriptor->service()];
  }
  EXPECT_EQ(per_service.size(), 9U);
  for (const auto& [service, count] : per_service) {
    EXPECT_EQ(count, service->method_count()) << service->full_name();
  }
}

TEST(Methods, KnowWhatTheyAre) {
  EXPECT_TRUE(MethodOf(*v1::RecordDepositRequest::descriptor()).writes());
  EXPECT_FALSE(MethodOf(*v1::RecordDepositRequest::descriptor()).paged());
  EXPECT_TRUE(MethodOf(*v1::ListEventsRequest::descriptor()).paged());
  EXPECT_FALSE(MethodOf(*v1::ListEventsRequest::descriptor()).writes());
  EXPECT_FALSE(Find("command", "get-request")->writes());
}

TEST(Methods, HaveTheCommentsOfTheContract) {
  EXPECT_EQ(CommentOf(*MethodOf(*v1::CreatePartyRequest::descriptor()).descriptor), "Creates a party.");
  EXPECT_EQ(CommentOf(*v1::RecordDepositRequest::descriptor()->FindFieldByName("payment_method")), "How it was paid.");
  for (const Method& method : AllMethods()) {
    EXPECT_FALSE(CommentOf(*method.descriptor).empty()) << method.path;
    EXPECT_FALSE(CommentOf(*method.descriptor->service()).empty()) << method.path;
  }
}

}  // namespace
}  // namespace escrow::ctl
