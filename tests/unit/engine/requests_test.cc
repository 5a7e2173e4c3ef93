#include "engine/requests.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/command.h"
#include "support/commands.h"

namespace escrow::engine {
namespace {

using escrow::test::CreateParcel;

struct DifferenceRow {
  const char* field;
  std::function<void(v1::Command&)> change;
};

const DifferenceRow kRows[] = {
    {"", [](v1::Command&) {}},
    {"", [](v1::Command& c) { c.mutable_create_agreement()->set_validate_only(true); }},
    {"parent", [](v1::Command& c) { c.mutable_create_agreement()->set_parent("platforms/other"); }},
    {"agreement_id", [](v1::Command& c) { c.mutable_create_agreement()->set_agreement_id("b"); }},
    {"request_id", [](v1::Command& c) { c.mutable_create_agreement()->clear_request_id(); }},
    {"agreement", [](v1::Command& c) { c.mutable_create_agreement()->clear_agreement(); }},
    {"agreement.external_reference",
     [](v1::Command& c) { c.mutable_create_agreement()->mutable_agreement()->set_external_reference("x"); }},
    {"agreement.participants[1].role",
     [](v1::Command& c) {
       c.mutable_create_agreement()->mutable_agreement()->mutable_participants(1)->set_role(v1::ROLE_CARRIER);
     }},
    {"agreement.participants[2]",
     [](v1::Command& c) { c.mutable_create_agreement()->mutable_agreement()->add_participants(); }},
    {"agreement.milestones[0]",
     [](v1::Command& c) { c.mutable_create_agreement()->mutable_agreement()->clear_milestones(); }},
    {"agreement.milestones[0].amount.minor_units",
     [](v1::Command& c) {
       v1::Agreement& agreement = *c.mutable_create_agreement()->mutable_agreement();
       agreement.set_external_reference("a later field");
       agreement.mutable_milestones(0)->mutable_amount()->set_minor_units(1);
     }},
    {"payload", [](v1::Command& c) { c.mutable_create_party(); }},
    {"payload", [](v1::Command& c) { c.clear_payload(); }},
};

TEST(FirstDifferenceTest, NamesTheFirstFieldByNumberAndDepth) {
  for (const DifferenceRow& row : kRows) {
    const v1::Command first = CreateParcel(1, "shop", "a");
    v1::Command second = first;
    row.change(second);
    EXPECT_EQ(FirstDifference(first, second), row.field);
    EXPECT_EQ(FirstDifference(second, first), row.field);
  }
}

TEST(ResourceNameOfTest, EveryKindOfCommand) {
  // Every payload with a name has that; those that create have the name of what they create.
  const google::protobuf::OneofDescriptor* payloads = v1::Command::descriptor()->FindOneofByName("payload");
  int created = 0;
  for (int i = 0; i < payloads->field_count(); ++i) {
    v1::Command command;
    google::protobuf::Message& payload = *command.GetReflection()->MutableMessage(&command, payloads->field(i));
    const google::protobuf::FieldDescriptor* name = payload.GetDescriptor()->FindFieldByName("name");
    if (name == nullptr) {
      ++created;
      continue;
    }
    payload.GetReflection()->SetString(&payload, name, "the name");
    EXPECT_EQ(core::ResourceNameOf(command), "the name") << payload.GetTypeName();
  }
  EXPECT_EQ(created, 7);  // and a signing key, which is no resource
  EXPECT_EQ(core::ResourceNameOf(escrow::test::CreatePlatform(1, "shop")), "platforms/shop");
  EXPECT_EQ(core::ResourceNameOf(escrow::test::CreateParty(1, "shop", "ann")), "platforms/shop/parties/ann");
  EXPECT_EQ(core::ResourceNameOf(CreateParcel(1, "shop", "a")), "platforms/shop/agreements/a");
  v1::Command command;
  command.mutable_create_credential()->set_credential_id("key");
  EXPECT_EQ(core::ResourceNameOf(command), "credentials/key");
  command.mutable_commit_record()->set_parent("platforms/shop/parties/ann");
  command.mutable_commit_record()->set_record_id("name");
  EXPECT_EQ(core::ResourceNameOf(command), "platforms/shop/parties/ann/records/name");
  command.mutable_request_payout()->set_parent("platforms/shop");
  command.mutable_request_payout()->set_payout_id("p");
  EXPECT_EQ(core::ResourceNameOf(command), "platforms/shop/payouts/p");
}

}  // namespace
}  // namespace escrow::engine
