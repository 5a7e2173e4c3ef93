#include "escrowctl/audit/look_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/payout_service.pb.h"
#include "escrow/v1/platform_service.pb.h"
#include "escrowctl/render.h"
#include "escrowctl/table.h"
#include "escrowctl/values.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"

namespace escrow::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

using Documents = std::vector<std::unique_ptr<Message>>;

// Sets as_of_sequence or as_of_time of a request.
absl::Status SetAsOf(const std::string& at, Message& request) {
  if (at.empty()) {
    return absl::OkStatus();
  }
  const auto& fields = *request.GetDescriptor();
  std::int64_t sequence = 0;
  if (absl::SimpleAtoi(at, &sequence)) {
    if (sequence < 1) {
      return absl::InvalidArgumentError("positions count from 1, not " + at);
    }
    request.GetReflection()->SetInt64(&request, fields.FindFieldByName("as_of_sequence"), sequence);
    return absl::OkStatus();
  }
  const absl::StatusOr<google::protobuf::Timestamp> time = ParseTimestamp(at);
  if (!time.ok()) {
    return absl::InvalidArgumentError("a position is a number or a time: " + std::string(time.status().message()));
  }
  request.GetReflection()->MutableMessage(&request, fields.FindFieldByName("as_of_time"))->CopyFrom(*time);
  return absl::OkStatus();
}

template <class Response, class Request>
absl::Status Ask(Client& client, Request request, const std::string& at, Documents& documents) {
  if (absl::Status status = SetAsOf(at, request); !status.ok()) {
    return status;
  }
  auto response = std::make_unique<Response>();
  absl::Status status;
  if constexpr (requires { request.page_token(); }) {
    status = client.CallAllPages(request, *response);
  } else {
    status = client.Call(request, *response);
  }
  documents.push_back(std::move(response));
  return status;
}

template <class Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

// What there is to say of a thing at a position.
absl::Status AskAll(Client& client, const std::string& what, const std::string& at, Documents& documents) {
  if (what == "ledger") {
    return Ask<v1::TrialBalance>(client, v1::GetTrialBalanceRequest(), at, documents);
  }
  if (what.find("/agreements/") != std::string::npos) {
    return Ask<v1::Agreement>(client, Named<v1::GetAgreementRequest>(what), at, documents);
  }
  if (what.find("/payouts/") != std::string::npos) {
    return Ask<v1::Payout>(client, Named<v1::GetPayoutRequest>(what), at, documents);
  }
  if (what.find("/parties/") == std::string::npos) {
    return absl::InvalidArgumentError("look back at an agreement, a party or a payout by its name, or at ledger");
  }
  if (absl::Status status = Ask<v1::Party>(client, Named<v1::GetPartyRequest>(what), at, documents); !status.ok()) {
    return status;
  }
  v1::ListPartyBalancesRequest balances;
  balances.set_parent(what);
  return Ask<v1::ListPartyBalancesResponse>(client, balances, at, documents);
}

// One value that is not the same: "" where there is none.
struct Change {
  std::string path;
  std::string before;
  std::string after;
};

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

// Collects what differs, a value each. The messages that it is given are those around the field that differs.
class Collector final : public MessageDifferencer::Reporter {
 public:
  using Path = std::vector<MessageDifferencer::SpecificField>;

  explicit Collector(std::string currency) : currency_(std::move(currency)) {}

  void ReportAdded(const Message&, const Message& after, const Path& path) override {
    const int index = path.back().new_index;
    changes_.push_back({.path = PathText(after, path, index), .before = {}, .after = Value(after, path, index)});
  }
  void ReportDeleted(const Message& before, const Message&, const Path& path) override {
    const int index = path.back().index;
    changes_.push_back({.path = PathText(before, path, index), .before = Value(before, path, index), .after = {}});
  }
  void ReportModified(const Message& before, const Message& after, const Path& path) override {
    changes_.push_back({.path = PathText(before, path, path.back().index),
                        .before = Value(before, path, path.back().index),
                        .after = Value(after, path, path.back().new_index)});
  }

  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }

 private:
  // The element of the list that the path ends in; the message itself when it ends in none.
  static const Message& Element(const Message& message, const Path& path, int index) {
    const FieldDescriptor& field = *path.back().field;
    return field.is_repeated() && field.message_type() != nullptr
               ? message.GetReflection()->GetRepeatedMessage(message, &field, index)
               : message;
  }

  // "milestones[1].state"; for balances what they are of: "shop EUR CUSTODY", "EUR payable".
  static std::string PathText(const Message& message, const Path& path, int index) {
    if (const std::string key = KeyOf(Element(message, path, index)); !key.empty()) {
      const std::string& name = path.back().field->name();
      return path.back().field->is_repeated() || name == "minor_units" ? key : key + " " + name;
    }
    std::string text;
    for (const MessageDifferencer::SpecificField& step : path) {
      text += (text.empty() ? "" : ".") + step.field->name();
      if (step.field->is_repeated()) {
        text += fmt::format("[{}]", std::max(step.index, step.new_index));
      }
    }
    return text;
  }

  [[nodiscard]] std::string Value(const Message& message, const Path& path, int index) const {
    const FieldDescriptor& field = *path.back().field;
    const Message& element = Element(message, path, index);
    if (const auto* total = dynamic_cast<const v1::AccountTotal*>(&element)) {
      return FormatAmount(total->minor_units(), total->currency_code());
    }
    // In what is compared here, counts of 64 bits are money but for positions in the log.
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 && !field.is_repeated() &&
        field.name().find("sequence") == std::string::npos) {
      const std::string own = TextOf(message, "currency_code");
      return FormatAmount(message.GetReflection()->GetInt64(message, &field), own.empty() ? currency_ : own);
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

std::vector<Change> Compare(const Message& before, const Message& after) {
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
  Collector collector(TextOf(after, "currency_code"));
  differencer.ReportDifferencesTo(&collector);
  (void)differencer.Compare(before, after);
  return collector.changes();
}

void Print(const std::vector<Change>& changes, Output output) {
  if (output.json) {
    google::protobuf::Struct document;
    auto& list = *(*document.mutable_fields())["changes"].mutable_list_value();
    for (const Change& change : changes) {
      auto& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
      fields["path"].set_string_value(change.path);
      fields["before"].set_string_value(change.before);
      fields["after"].set_string_value(change.after);
    }
    return RenderJson(document, false, output.out);
  }
  if (changes.empty()) {
    output.out << "nothing has changed\n";
    return;
  }
  constexpr std::size_t kValueWidth = 40;
  Table table(
      {{.title = "what"}, {.title = "before", .width_max = kValueWidth}, {.title = "after", .width_max = kValueWidth}});
  for (const Change& change : changes) {
    table.Add({change.path, change.before.empty() ? "-" : change.before, change.after.empty() ? "-" : change.after});
  }
  table.Print(output.out);
}

}  // namespace

absl::Status LookBack(Client& client, const LookBackOptions& options, Output output) {
  Documents before;
  if (!options.since.empty()) {  // first: the server goes forward more cheaply than back
    if (absl::Status status = AskAll(client, options.what, options.since, before); !status.ok()) {
      return status;
    }
  }
  Documents documents;
  if (absl::Status status = AskAll(client, options.what, options.at, documents); !status.ok()) {
    return status;
  }
  if (options.since.empty()) {
    for (const std::unique_ptr<Message>& document : documents) {
      output.json ? RenderJson(*document, false, output.out) : Render(*document, output.out);
    }
    return absl::OkStatus();
  }
  std::vector<Change> changes;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::vector<Change> more = Compare(*before[i], *documents[i]);
    changes.insert(changes.end(), more.begin(), more.end());
  }
  Print(changes, output);
  return absl::OkStatus();
}

}  // namespace escrow::ctl
