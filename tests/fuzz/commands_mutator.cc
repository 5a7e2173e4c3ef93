// Mutates commands as messages, not as bytes: most results parse and get past the first checks.

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "escrow/v1/command_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace escrow::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Random = std::minstd_rand;

constexpr std::size_t kStringMax = 256;
constexpr int kRepeatedMax = 400;  // beyond every limit of the core but that of a batch

std::uint32_t Below(Random& random, std::uint32_t bound) { return static_cast<std::uint32_t>(random()) % bound; }

std::int64_t Number(Random& random, std::int64_t now) {
  static constexpr std::int64_t kNumbers[] = {0,
                                              1,
                                              -1,
                                              2,
                                              9'999,
                                              10'000,
                                              10'001,
                                              INT32_MAX,
                                              INT32_MIN,
                                              INT64_MAX,
                                              INT64_MIN,
                                              86'400,
                                              253'402'300'799,
                                              1'000'000'000'000'000,
                                              1'000'000'000'000'001};
  if (Below(random, 2) == 0) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(now) + Below(random, 3) - 1);  // may wrap around
  }
  return kNumbers[Below(random, std::size(kNumbers))];
}

// All texts in the message: names that mean something somewhere may mean something elsewhere.
void CollectTexts(const Message& message, std::vector<std::string>& texts) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        texts.push_back(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                             : reflection.GetString(message, field));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CollectTexts(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                          : reflection.GetMessage(message, field),
                     texts);
      }
    }
  }
}

class Mutator {
 public:
  Mutator(Random& random, std::vector<std::string> texts) : random_(random), texts_(std::move(texts)) {}

  // Changes something in `message`, mostly deep inside.
  void Mutate(Message& message) {
    const google::protobuf::Descriptor& type = *message.GetDescriptor();
    if (type.field_count() == 0) {
      return;
    }
    const Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> present;
    reflection.ListFields(message, &present);
    const bool known = !present.empty() && Below(random_, 4) != 0;
    const FieldDescriptor& field =
        known ? *present[Below(random_, static_cast<std::uint32_t>(present.size()))]
              : *type.field(static_cast<int>(Below(random_, static_cast<std::uint32_t>(type.field_count()))));
    if (field.is_repeated()) {
      Repeated(message, field);
    } else if (Below(random_, 16) == 0) {
      reflection.ClearField(&message, &field);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Mutate(*reflection.MutableMessage(&message, &field));
    } else {
      Scalar(message, field);
    }
  }

 private:
  void Repeated(Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const int at = size == 0 ? 0 : static_cast<int>(Below(random_, static_cast<std::uint32_t>(size)));
    const std::uint32_t dice = Below(random_, 16);
    if (size > 0 && dice == 0) {
      reflection.RemoveLast(&message, &field);
    } else if (size > 1 && dice == 1) {
      reflection.SwapElements(&message, &field, at, size - 1);
    } else if (size < kRepeatedMax && (size == 0 || dice < 4)) {
      Grow(message, field, at);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Mutate(*reflection.MutableRepeatedMessage(&message, &field, at));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection.SetRepeatedString(&message, &field, at, Text(reflection.GetRepeatedString(message, &field, at)));
    }
  }

  // One more element, a copy when there is something to copy.
  void Grow(Message& message, const FieldDescriptor& field, int at) {
    const Reflection& reflection = *message.GetReflection();
    const bool copy = reflection.FieldSize(message, &field) > 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message& added = *reflection.AddMessage(&message, &field);
        if (copy) {
          added.CopyFrom(reflection.GetRepeatedMessage(message, &field, at));
        } else {
          Mutate(added);
        }
        break;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.AddString(&message, &field, Text(""));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.AddEnumValue(&message, &field, static_cast<int>(Below(random_, 8)));
        break;
      default:
        break;  // the commands have no others
    }
  }

  void Scalar(Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, &field,
                                   static_cast<std::int32_t>(Number(random_, reflection.GetInt32(message, &field))));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, Number(random_, reflection.GetInt64(message, &field)));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, &field, !reflection.GetBool(message, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&message, &field, static_cast<int>(Below(random_, 8)));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, &field, Text(reflection.GetString(message, &field)));
      default:
        return;  // the commands have no others
    }
  }

  std::string Text(const std::string& now) {
    if (!texts_.empty() && Below(random_, 2) == 0) {
      return texts_[Below(random_, static_cast<std::uint32_t>(texts_.size()))];
    }
    std::string text = now;
    text.resize(kStringMax);
    text.resize(
        LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), std::min(now.size(), kStringMax), kStringMax));
    return text;
  }

  Random& random_;
  const std::vector<std::string> texts_;
};

}  // namespace
}  // namespace escrow::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  escrow::fuzz::Random random(seed);
  escrow::v1::ExecuteBatchRequest request;
  if (random() % 16 == 0 || !request.ParseFromArray(data, static_cast<int>(size))) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::vector<std::string> texts;
  escrow::fuzz::CollectTexts(request, texts);
  escrow::fuzz::Mutator mutator(random, std::move(texts));
  for (unsigned i = 1 + random() % 3; i > 0; --i) {
    mutator.Mutate(request);
  }
  const std::string bytes = request.SerializeAsString();
  if (bytes.size() > max_size) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
