#include "engine/requests.h"

#include <google/protobuf/util/message_differencer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "core/command.h"
#include "core/reasons.h"

namespace escrow::engine {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

// Keeps the path of the first difference that is reported.
class FirstPath final : public MessageDifferencer::Reporter {
 public:
  using Fields = std::vector<MessageDifferencer::SpecificField>;

  void ReportAdded(const Message&, const Message&, const Fields& path) override { Keep(path); }
  void ReportDeleted(const Message&, const Message&, const Fields& path) override { Keep(path); }
  void ReportModified(const Message&, const Message&, const Fields& path) override { Keep(path); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void Keep(const Fields& path) {
    if (!path_.empty()) {
      return;
    }
    for (const MessageDifferencer::SpecificField& field : path) {
      absl::StrAppend(&path_, path_.empty() ? "" : ".",
                      field.field != nullptr ? field.field->name() : std::to_string(field.unknown_field_number));
      const int index = field.index >= 0 ? field.index : field.new_index;
      if (field.field != nullptr && field.field->is_repeated() && index >= 0) {
        absl::StrAppend(&path_, "[", index, "]");
      }
    }
  }

  std::string path_;
};

// The set payload. REQUIRES: one is set.
const Message& PayloadOf(const v1::Command& command) {
  const FieldDescriptor* field =
      command.GetReflection()->GetOneofFieldDescriptor(command, command.GetDescriptor()->FindOneofByName("payload"));
  ESCROW_ASSERT(field != nullptr);
  return command.GetReflection()->GetMessage(command, field);
}

base::Time LogTimeOf(const v1::Event& event) {
  return base::Time{event.log_time().seconds() * base::kNsPerSecond + event.log_time().nanos()};
}

// The event at `sequence`, which must be the first of a command.
absl::StatusOr<v1::Event> ReadCommandEvent(const journal::Journal& journal, std::uint64_t sequence,
                                           std::string& bytes) {
  absl::StatusOr<std::string> stored = journal.ReadOne(sequence);
  if (!stored.ok()) {
    return stored.status();
  }
  v1::Event event;
  if (!event.ParseFromString(*stored) || !event.has_command()) {
    return absl::DataLossError(absl::StrCat("event ", sequence, " is not the first event of a command"));
  }
  bytes = *std::move(stored);
  return event;
}

// The refusal that burnt the request of `event`.
core::Outcome RefusalIn(const v1::Event& event) {
  core::Outcome outcome;
  outcome.reason = event.command_refused().reason();
  for (const v1::Variable& variable : event.command_refused().variables()) {
    outcome.variables.emplace_back(variable.key(), variable.value());
  }
  outcome.first_sequence = event.sequence();
  outcome.last_sequence = event.sequence();
  return outcome;
}

// The reply that the command of `event` had: the event and all that follow because of it.
absl::StatusOr<StoredReply> ReplyOf(const journal::Journal& journal, const v1::Event& event, std::string bytes) {
  StoredReply reply;
  reply.log_time = LogTimeOf(event);
  reply.outcome.repeated = true;
  reply.outcome.name = core::ResourceNameOf(event.command());
  reply.outcome.first_sequence = event.sequence();
  reply.outcome.last_sequence = event.sequence();
  reply.events.push_back(std::move(bytes));
  v1::Event next;
  for (std::uint64_t sequence = event.sequence() + 1; sequence <= journal.tail().sequence; ++sequence) {
    absl::StatusOr<std::string> stored = journal.ReadOne(sequence);
    if (!stored.ok()) {
      return stored.status();
    }
    if (!next.ParseFromString(*stored)) {
      return absl::DataLossError(absl::StrCat("event ", sequence, " is not an event"));
    }
    if (next.cause_sequence() != event.sequence()) {
      break;
    }
    reply.outcome.last_sequence = sequence;
    reply.events.push_back(*std::move(stored));
  }
  return reply;
}

StoredReply RefusedReply(v1::Reason reason, std::vector<std::pair<std::string, std::string>> variables) {
  StoredReply reply;
  reply.outcome.reason = reason;
  reply.outcome.variables = std::move(variables);
  return reply;
}

}  // namespace

std::string FirstDifference(const v1::Command& first, const v1::Command& second) {
  if (first.payload_case() != second.payload_case()) {
    return "payload";
  }
  if (first.payload_case() == v1::Command::PAYLOAD_NOT_SET) {
    return "";
  }
  const Message& first_payload = PayloadOf(first);
  MessageDifferencer differencer;
  FirstPath path;
  differencer.ReportDifferencesTo(&path);
  differencer.IgnoreField(first_payload.GetDescriptor()->FindFieldByName("validate_only"));
  const bool equal = differencer.Compare(first_payload, PayloadOf(second));
  ESCROW_ASSERT(equal == path.path().empty());
  return path.path();
}

absl::StatusOr<StoredReply> ResolveRepeated(const journal::Journal& journal, const v1::Command& command,
                                            std::uint64_t first_sequence) {
  std::string bytes;
  const absl::StatusOr<v1::Event> event = ReadCommandEvent(journal, first_sequence, bytes);
  if (!event.ok()) {
    return event.status();
  }
  if (const std::string field = FirstDifference(event->command(), command); !field.empty()) {
    return RefusedReply(v1::REASON_REQUEST_ID_REUSED, {{"field", field}});
  }
  if (event->has_command_refused()) {
    const core::ReasonRow& first = core::FindReason(event->command_refused().reason());
    return RefusedReply(v1::REASON_REQUEST_ID_BURNT, {{"first_reason", std::string(first.name)}});
  }
  return ReplyOf(journal, *event, std::move(bytes));
}

absl::StatusOr<StoredReply> FindReply(Engine& engine, const v1::Principal& actor, std::string_view request_id) {
  std::uint64_t sequence = 0;
  const v1::Reason refusal = engine.QueryAndWait(
      [&](const core::Machine& machine, base::Time) { sequence = machine.FindRequest(actor, request_id); });
  if (refusal != v1::REASON_UNSPECIFIED) {
    return RefusedReply(refusal, {});
  }
  if (sequence == 0) {
    return RefusedReply(v1::REASON_REQUEST_NOT_FOUND, {});
  }
  std::string bytes;
  const absl::StatusOr<v1::Event> event = ReadCommandEvent(engine.journal(), sequence, bytes);
  if (!event.ok()) {
    return event.status();
  }
  if (event->has_command_refused()) {
    StoredReply reply;
    reply.outcome = RefusalIn(*event);
    reply.log_time = LogTimeOf(*event);
    return reply;
  }
  return ReplyOf(engine.journal(), *event, std::move(bytes));
}

}  // namespace escrow::engine
