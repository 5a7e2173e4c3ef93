#include "api/unknown_fields.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"

// Goal: what the bytes of a message say about its unknown fields is what looking through all of it says.
namespace escrow::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kUnknown = 99;
constexpr int kDepth = 5;  // conditions hold conditions

void SetScalar(Message& message, const FieldDescriptor& field) {
  const Reflection& set = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? set.AddString(&message, &field, "text") : set.SetString(&message, &field, "text");
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.is_repeated() ? set.AddEnumValue(&message, &field, 1) : set.SetEnumValue(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.is_repeated() ? set.AddBool(&message, &field, true) : set.SetBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_INT32:
      return field.is_repeated() ? set.AddInt32(&message, &field, -1) : set.SetInt32(&message, &field, -1);
    case FieldDescriptor::CPPTYPE_INT64:
      return field.is_repeated() ? set.AddInt64(&message, &field, -1) : set.SetInt64(&message, &field, -1);
    default:
      FAIL() << "the contract has a type that this test does not: " << field.full_name();
  }
}

// Sets every field of `message` and of all that it leads to so far down, repeated ones twice; of a oneof the last.
void Fill(Message& message, int depth) {
  const Reflection& set = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const int times = field.is_repeated() ? 2 : 1;
    for (int time = 0; time < times; ++time) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Message& below =
            field.is_repeated() ? *set.AddMessage(&message, &field) : *set.MutableMessage(&message, &field);
        if (depth > 0) {
          Fill(below, depth - 1);
        }
      } else {
        SetScalar(message, field);
      }
    }
  }
}

// `visit` is called for `message` and every message in it.
void ForEach(Message& message, const std::function<void(Message&)>& visit) {
  visit(message);
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      ForEach(field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                   : *reflection.MutableMessage(&message, field),
              visit);
    }
  }
}

bool BytesSayKnown(const Message& message) {
  return api::AllFieldsAreKnown(message.SerializeAsString(), *message.GetDescriptor());
}

// A command of each kind, with everything that the contract has.
void ForEachKind(const std::function<void(v1::Command&)>& visit) {
  const google::protobuf::OneofDescriptor& payload = *v1::Command::descriptor()->oneof_decl(0);
  for (int i = 0; i < payload.field_count(); ++i) {
    v1::Command command;
    Fill(*command.GetReflection()->MutableMessage(&command, payload.field(i)), kDepth);
    visit(command);
  }
}

TEST(UnknownFieldsTest, WhatTheContractHasIsKnown) {
  EXPECT_TRUE(BytesSayKnown(v1::Command()));
  ForEachKind([](const v1::Command& command) {
    EXPECT_EQ(api::FindUnknownField(command), "");
    EXPECT_TRUE(BytesSayKnown(command)) << command.DebugString();
  });
}

TEST(UnknownFieldsTest, AnUnknownOneIsFoundWhereverItIs) {
  ForEachKind([](v1::Command& command) {
    ForEach(command, [&command](Message& message) {
      message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(kUnknown, "x");
      EXPECT_TRUE(api::FindUnknownField(command).ends_with("#99")) << command.DebugString();
      EXPECT_FALSE(BytesSayKnown(command)) << command.DebugString();
      message.GetReflection()->MutableUnknownFields(&message)->Clear();
    });
  });
}

// A known number with a value of another kind is an unknown field, too.
TEST(UnknownFieldsTest, ANumberThatIsUsedOtherwise) {
  ForEachKind([](const v1::Command& command) {
    const Message& payload = command.GetReflection()->GetMessage(
        command, command.GetReflection()->GetOneofFieldDescriptor(command, v1::Command::descriptor()->oneof_decl(0)));
    google::protobuf::UnknownFieldSet written;
    written.AddFixed64(payload.GetDescriptor()->field(0)->number(), 1);
    std::string bytes;
    ASSERT_TRUE(written.SerializeToString(&bytes));
    EXPECT_FALSE(api::AllFieldsAreKnown(bytes, *payload.GetDescriptor()));
  });
}

// Where a cut happens to leave a message, its fields are known, and nothing is read beyond it.
TEST(UnknownFieldsTest, CutAnywhere) {
  ForEachKind([](const v1::Command& command) {
    const std::string bytes = command.SerializeAsString();
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const std::string cut = bytes.substr(0, size);
      v1::Command parsed;
      const bool known = api::AllFieldsAreKnown(cut, *v1::Command::descriptor());
      EXPECT_TRUE(known || !parsed.ParseFromString(cut)) << size;
    }
  });
}

}  // namespace
}  // namespace escrow::test
