#include "escrowctl/timeline.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace escrow::ctl {
namespace {

v1::Event ParseEvent(const std::string& text) {
  v1::Event event;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &event)) << text;
  return event;
}

const char kShipped[] = R"(sequence: 9 log_time { seconds: 1772442000 }
    command { confirm_milestone { kind: CONFIRMATION_KIND_SHIPMENT } }
    confirmation_recorded { party_id: "bazaar" role: ROLE_SELLER })";
const char kDelivered[] = R"(sequence: 10 log_time { seconds: 1772442000 }
    command { confirm_milestone { kind: CONFIRMATION_KIND_DELIVERY } }
    confirmation_recorded { party_id: "swiftpost" role: ROLE_CARRIER })";
const char kFunded[] =
    R"(sequence: 8 log_time { seconds: 1 } effective_time { seconds: 1772442000 } currency_code: "EUR"
    postings { account: ACCOUNT_KIND_CUSTODY minor_units: 12000 } milestone_funded {})";

TEST(Timeline, PutsGoodsLeftAndMoneyRight) {
  std::ostringstream out;
  Timeline timeline(out, {"parcel"});
  timeline.Print(ParseEvent(kShipped));
  timeline.Print(ParseEvent(kFunded));
  EXPECT_EQ(out.str(), "2026-03-02 09:00:00Z      parcel: SHIPMENT by SELLER bazaar            |" +
                           std::string(46, ' ') + "     #9\n" + "2026-03-02 09:00:00Z      " + std::string(44, ' ') +
                           " | " + "parcel: 120.00 EUR to custody               " + "      #8\n");
}

TEST(InStep, SaysWhereGoodsAndMoneyStand) {
  v1::Agreement agreement;
  v1::Milestone* milestone = agreement.add_milestones();
  milestone->set_milestone_id("parcel");
  milestone->set_state(v1::Milestone::STATE_FUNDED);
  EXPECT_EQ(InStep(agreement, {}).front(), "parcel: goods not sent, money in custody (funded, not delivered)");
  EXPECT_EQ(InStep(agreement, {ParseEvent(kShipped)}).front(),
            "parcel: goods on their way, money in custody (funded, not delivered)");
  EXPECT_EQ(InStep(agreement, {ParseEvent(kShipped), ParseEvent(kDelivered)}).front(),
            "parcel: goods delivered, money in custody (delivered, not released)");
  milestone->set_state(v1::Milestone::STATE_RELEASED);
  EXPECT_EQ(InStep(agreement, {ParseEvent(kDelivered)}).front(), "parcel: goods delivered, money released");
}

}  // namespace
}  // namespace escrow::ctl
