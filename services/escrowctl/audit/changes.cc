#include "escrowctl/audit/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/money.pb.h"
#include "escrowctl/values.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"

namespace escrow::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

// A text field of a message; empty when it has none of this name.
std::string TextOf(const Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? std::string() : message.GetReflection()->GetString(message, field);
}

// What tells an element of a list of balances apart: "shop EUR CUSTODY", "EUR"; empty for any other message.
std::string KeyOf(const Message& message) {
  if (const auto* total = dynamic_cast<const v1::AccountTotal*>(&message)) {
    return fmt::format("{} {} {}", LastPart(total->platform()), total->currency_code(),
                       ShortName(*v1::AccountKind_descriptor(), total->account()));
  }
  const auto* balance = dynamic_cast<const v1::PartyBalance*>(&message);
  return balance == nullptr ? std::string() : balance->currency_code();
}

// Messages that are one value to a person.
std::optional<std::string> Phrase(const Message& message) {
  if (const auto* amount = dynamic_cast<const v1::Amount*>(&message)) {
    return FormatAmount(*amount);
  }
  if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    return FormatTimestamp(*time);
  }
  const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&message);
  return duration == nullptr ? std::nullopt : std::optional(FormatDuration(duration->seconds()));
}

// Collects what differs, a value each. The messages that it is given are those around the field that differs; a message
// that holds such a field is reported too, after it.
class Collector final : public MessageDifferencer::Reporter {
 public:
  using Path = std::vector<MessageDifferencer::SpecificField>;

  explicit Collector(std::string currency) : currency_(std::move(currency)) {}

  void ReportAdded(const Message&, const Message& after, const Path& path) override {
    if (!Phrase(after)) {
      AddSide(after, path, path.back().new_index, &Change::after);
    }
  }
  void ReportDeleted(const Message& before, const Message&, const Path& path) override {
    if (!Phrase(before)) {
      AddSide(before, path, path.back().index, &Change::before);
    }
  }
  void ReportModified(const Message& before, const Message& after, const Path& path) override {
    const Message* inner = Inner(before, path, path.back().index);
    if (Phrase(before) || (inner != nullptr && !Phrase(*inner))) {
      return;  // told by the message around it, or by the fields in it
    }
    changes_.push_back({.path = PathText(before, path, path.back().index),
                        .before = Value(before, path, path.back().index),
                        .after = Value(after, path, path.back().new_index)});
  }

  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

 private:
  // The message that the path ends in; null when it ends in another field.
  static const Message* Inner(const Message& message, const Path& path, int index) {
    const FieldDescriptor& field = *path.back().field;
    if (field.message_type() == nullptr) {
      return nullptr;
    }
    const auto& reflection = *message.GetReflection();
    return field.is_repeated() ? &reflection.GetRepeatedMessage(message, &field, index)
                               : &reflection.GetMessage(message, &field);
  }

  // What is on one side only: an element of a list of balances amount by amount, anything else whole.
  void AddSide(const Message& message, const Path& path, int index, std::string Change::* side) {
    const Message* inner = Inner(message, path, index);
    if (inner == nullptr || KeyOf(*inner).empty()) {
      Change& change = changes_.emplace_back(Change{.path = PathText(message, path, index), .before = {}, .after = {}});
      change.*side = Value(message, path, index);
      return;
    }
    std::vector<const FieldDescriptor*> fields;
    inner->GetReflection()->ListFields(*inner, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
        Change& change = changes_.emplace_back(Change{.path = BalanceText(*inner, *field), .before = {}, .after = {}});
        change.*side = ValueOf(*inner, *field, -1);
      }
    }
  }

  static std::string BalanceText(const Message& balance, const FieldDescriptor& field) {
    return field.name() == "minor_units" ? KeyOf(balance) : KeyOf(balance) + " " + field.name();
  }

  // "milestones[1].state"; for balances what they are of: "shop EUR CUSTODY", "EUR payable".
  static std::string PathText(const Message& message, const Path& path, int index) {
    if (!KeyOf(message).empty()) {
      return BalanceText(message, *path.back().field);
    }
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
      text += (text.empty() ? "" : ".") + path[i].field->name();
      if (path[i].field->is_repeated()) {
        text += fmt::format("[{}]", i + 1 == path.size() ? index : std::max(path[i].index, path[i].new_index));
      }
    }
    return text;
  }

  [[nodiscard]] std::string Value(const Message& message, const Path& path, int index) const {
    const Message* inner = Inner(message, path, index);
    const std::optional<std::string> phrase = inner == nullptr ? std::nullopt : Phrase(*inner);
    return phrase ? *phrase : ValueOf(message, *path.back().field, index);
  }

  [[nodiscard]] std::string ValueOf(const Message& message, const FieldDescriptor& field, int index) const {
    const auto& reflection = *message.GetReflection();
    if (!field.is_repeated()) {
      switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_ENUM:
          return ShortName(*field.enum_type(), reflection.GetEnumValue(message, &field));
        case FieldDescriptor::CPPTYPE_STRING:
          return reflection.GetString(message, &field);
        case FieldDescriptor::CPPTYPE_INT64:
          // In what is compared here counts of 64 bits are money, but for positions in the log.
          if (field.name().find("sequence") == std::string::npos) {
            const std::string own = TextOf(message, "currency_code");
            return FormatAmount(reflection.GetInt64(message, &field), own.empty() ? currency_ : own);
          }
          break;
        default:
          break;
      }
    }
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    std::string text;
    printer.PrintFieldValueToString(message, &field, field.is_repeated() ? index : -1, &text);
    return text;
  }

  const std::string currency_;  // of the message that is compared, for amounts that have none of their own
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> ChangesBetween(const Message& before, const Message& after) {
  MessageDifferencer differencer;
  const auto key = [&differencer](const google::protobuf::Descriptor& type, const char* list,
                                  const std::vector<const char*>& names) {
    std::vector<const FieldDescriptor*> fields;
    for (const char* name : names) {
      fields.push_back(type.FindFieldByName(list)->message_type()->FindFieldByName(name));
    }
    differencer.TreatAsMapWithMultipleFieldsAsKey(type.FindFieldByName(list), fields);
  };
  key(*v1::TrialBalance::descriptor(), "totals", {"platform", "currency_code", "account"});
  key(*v1::ListPartyBalancesResponse::descriptor(), "balances", {"currency_code"});
  differencer.IgnoreField(v1::TrialBalance::descriptor()->FindFieldByName("sequence"));
  differencer.IgnoreField(v1::Agreement::descriptor()->FindFieldByName("etag"));
  Collector collector(TextOf(after, "currency_code"));
  differencer.ReportDifferencesTo(&collector);
  (void)differencer.Compare(before, after);
  return collector.changes();
}

}  // namespace escrow::ctl
