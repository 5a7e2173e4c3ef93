#include "escrowctl/request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/event_service.pb.h"

namespace escrow::ctl {
namespace {

template <class Request>
absl::Status Set(Request& request, const std::string& name, const std::vector<std::string>& values) {
  const std::vector<FieldFlag> flags = FlagsOf(*Request::descriptor());
  const auto flag = std::ranges::find(flags, name, &FieldFlag::name);
  return flag == flags.end() ? absl::NotFoundError(name) : SetField(request, *flag, values);
}

std::vector<std::string> NamesOf(const google::protobuf::Descriptor& type) {
  std::vector<std::string> names;
  for (const FieldFlag& flag : FlagsOf(type)) {
    names.push_back(flag.name);
  }
  return names;
}

TEST(Flags, ComeFromTheFields) {
  EXPECT_EQ(NamesOf(*v1::CreatePlatformRequest::descriptor()),
            (std::vector<std::string>{"platform-id", "sandbox", "initial-clock-time", "rail-access", "request-id",
                                      "validate-only"}));
  EXPECT_EQ(NamesOf(*v1::CreateCredentialRequest::descriptor()),
            (std::vector<std::string>{"credential-id", "principal-kind", "principal-platform", "principal-party",
                                      "api-key-sha256", "certificate-sha256", "request-id", "validate-only"}));
  EXPECT_EQ(NamesOf(*v1::ListEventsRequest::descriptor()),
            (std::vector<std::string>{"page-size", "page-token", "start-sequence", "platform", "agreement", "party",
                                      "kinds"}));
}

TEST(Flags, HaveNoDuplicatesInAnyRequest) {
  for (const auto* type : {v1::CreateAgreementRequest::descriptor(), v1::RequestPayoutRequest::descriptor(),
                           v1::ConfirmMilestoneRequest::descriptor(), v1::CreatePartyRequest::descriptor()}) {
    std::vector<std::string> names = NamesOf(*type);
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << type->full_name();
  }
}

TEST(Flags, SetEveryKindOfField) {
  v1::ConfirmMilestoneRequest confirm;
  EXPECT_TRUE(Set(confirm, "name", {"platforms/shop/agreements/a1"}).ok());
  EXPECT_TRUE(Set(confirm, "kind", {"receipt"}).ok());
  EXPECT_TRUE(Set(confirm, "occur-time", {"2026-03-02T09:00:00Z"}).ok());
  EXPECT_TRUE(Set(confirm, "validate-only", {"true"}).ok());
  EXPECT_TRUE(
      Set(confirm, "evidence", {R"({"kind":"EVIDENCE_KIND_PHOTO"})", R"({"kind":"EVIDENCE_KIND_SIGNATURE"})"}).ok());
  EXPECT_EQ(confirm.kind(), v1::CONFIRMATION_KIND_RECEIPT);
  EXPECT_EQ(confirm.occur_time().seconds(), 1'772'442'000);
  EXPECT_TRUE(confirm.validate_only());
  ASSERT_EQ(confirm.evidence_size(), 2);
  EXPECT_EQ(confirm.evidence(1).kind(), v1::EVIDENCE_KIND_SIGNATURE);

  v1::RecordDepositRequest deposit;
  EXPECT_TRUE(Set(deposit, "amount", {"100.00 EUR"}).ok());
  EXPECT_EQ(deposit.amount().minor_units(), 10'000);

  v1::CancelAgreementRequest cancel;
  EXPECT_TRUE(Set(cancel, "parties", {"a", "b"}).ok());
  EXPECT_EQ(cancel.parties_size(), 2);

  v1::CreateCredentialRequest credential;
  EXPECT_TRUE(Set(credential, "principal-kind", {"PLATFORM"}).ok());
  EXPECT_TRUE(Set(credential, "api-key-sha256", {"00ff"}).ok());
  EXPECT_EQ(credential.credential().principal().kind(), v1::Principal::KIND_PLATFORM);
  EXPECT_EQ(credential.credential().api_key_sha256(), std::string("\0\xff", 2));

  v1::CreateAgreementRequest agreement;
  EXPECT_TRUE(Set(agreement, "policies-long-stop", {"30d"}).ok());
  EXPECT_TRUE(Set(agreement, "policies-funding", {"PER_MILESTONE"}).ok());
  EXPECT_EQ(agreement.agreement().policies().long_stop().seconds(), 30 * 86'400);

  v1::ListEventsRequest events;
  EXPECT_TRUE(Set(events, "page-size", {"7"}).ok());
  EXPECT_TRUE(Set(events, "kinds", {"DEPOSIT_RECORDED", "MILESTONE_FUNDED"}).ok());
  EXPECT_EQ(events.page_size(), 7);
  EXPECT_EQ(events.event_filter().kinds_size(), 2);
}

TEST(Flags, NameWhatIsWrong) {
  v1::RecordDepositRequest deposit;
  const absl::Status amount = Set(deposit, "amount", {"100"});
  EXPECT_EQ(amount.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(std::string(amount.message()).starts_with("--amount: ")) << amount;
  EXPECT_FALSE(Set(deposit, "payment-method", {"SEASHELLS"}).ok());
  EXPECT_FALSE(Set(deposit, "name", {"one", "two"}).ok());
  v1::ListEventsRequest events;
  for (const char* number : {"", "x", "1.5", "7 ", "99999999999"}) {
    EXPECT_FALSE(Set(events, "page-size", {number}).ok()) << number;
  }
  v1::CreateCredentialRequest credential;
  EXPECT_FALSE(Set(credential, "api-key-sha256", {"0g"}).ok());
  v1::ConfirmMilestoneRequest confirm;
  EXPECT_FALSE(Set(confirm, "evidence", {R"({"nonsense":1})"}).ok());
}

TEST(Files, HoldTheRequestOrTheResource) {
  v1::CreatePlatformRequest whole;
  ASSERT_TRUE(FillFromJson(whole, R"({"platformId":"shop","platform":{"sandbox":true}})").ok());
  EXPECT_EQ(whole.platform_id(), "shop");
  EXPECT_TRUE(whole.platform().sandbox());
  v1::CreatePlatformRequest resource;
  ASSERT_TRUE(FillFromJson(resource, R"({"sandbox":true})").ok());
  EXPECT_TRUE(resource.platform().sandbox());
  v1::CreatePlatformRequest wrong;
  EXPECT_FALSE(FillFromJson(wrong, R"({"sandboxx":true})").ok());
  EXPECT_FALSE(FillFromJson(wrong, R"({"sandbox":)").ok());
  v1::RevokeCredentialRequest no_resource;
  EXPECT_FALSE(FillFromJson(no_resource, R"({"sandbox":true})").ok());
}

}  // namespace
}  // namespace escrow::ctl
