#include "escrowctl/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "escrow/v1/agreement.pb.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/ledger_service.pb.h"
#include "escrow/v1/money.pb.h"
#include "escrowctl/describe.h"
#include "escrowctl/errors.h"
#include "escrowctl/table.h"
#include "escrowctl/values.h"
#include "google/protobuf/util/json_util.h"

namespace escrow::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Cell {
  std::string title;
  std::string text;
  bool number = false;
};

// A count of minor units in the currency of the message around it.
bool IsMinorUnits(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 &&
         (field.name() == "minor_units" || field.containing_type() == v1::Agreement::Totals::descriptor() ||
          field.containing_type() == v1::PartyBalance::descriptor());
}

// The message's own currency, or that of the message around it.
std::string CurrencyOf(const Message& message, const std::string& around) {
  const auto* field = message.GetDescriptor()->FindFieldByName("currency_code");
  return field == nullptr ? around : message.GetReflection()->GetString(message, field);
}

// Messages that read better as one phrase.
std::optional<std::string> Phrase(const Message& message, const std::string& currency) {
  const auto* type = message.GetDescriptor();
  if (type == v1::Amount::descriptor()) {
    return FormatAmount(static_cast<const v1::Amount&>(message));
  }
  if (type == google::protobuf::Timestamp::descriptor()) {
    return FormatTimestamp(static_cast<const google::protobuf::Timestamp&>(message));
  }
  if (type == google::protobuf::Duration::descriptor()) {
    return FormatDuration(static_cast<const google::protobuf::Duration&>(message).seconds());
  }
  if (type == v1::Timer::descriptor()) {
    return Describe(static_cast<const v1::Timer&>(message));
  }
  if (type == v1::Condition::descriptor()) {
    return Describe(static_cast<const v1::Condition&>(message));
  }
  if (type == v1::Payee::descriptor()) {
    return Describe(static_cast<const v1::Payee&>(message), currency);
  }
  if (type == v1::Fee::descriptor()) {
    return Describe(static_cast<const v1::Fee&>(message), currency);
  }
  if (type == v1::Principal::descriptor()) {
    return Describe(static_cast<const v1::Principal&>(message));
  }
  if (type == google::rpc::Status::descriptor()) {
    const auto error = RpcErrorOf(FromRpc(static_cast<const google::rpc::Status&>(message)));
    return error ? fmt::format("{}: {} ({})", error->reason, error->message, error->variables) : "";
  }
  if (type == v1::Posting::descriptor()) {
    const auto& posting = static_cast<const v1::Posting&>(message);
    return fmt::format("{}{}{} {}", ShortName(*v1::AccountKind_descriptor(), posting.account()),
                       posting.party_id().empty() ? "" : " ", posting.party_id(),
                       FormatAmount(posting.minor_units(), currency));
  }
  if (type == v1::Evidence::descriptor()) {
    const auto& evidence = static_cast<const v1::Evidence&>(message);
    return fmt::format("{} {}", ShortName(*v1::EvidenceKind_descriptor(), evidence.kind()), HexOf(evidence.sha256()));
  }
  return std::nullopt;
}

// One value of a field; `index` is -1 for a single field.
std::string ScalarText(const Message& message, const FieldDescriptor& field, int index, const std::string& currency) {
  const auto& r = *message.GetReflection();
  const bool list = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(list ? r.GetRepeatedInt32(message, &field, index) : r.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64: {
      const std::int64_t value = list ? r.GetRepeatedInt64(message, &field, index) : r.GetInt64(message, &field);
      return IsMinorUnits(field) && !currency.empty() ? FormatAmount(value, currency) : std::to_string(value);
    }
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(list ? r.GetRepeatedUInt32(message, &field, index) : r.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(list ? r.GetRepeatedUInt64(message, &field, index) : r.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (list ? r.GetRepeatedBool(message, &field, index) : r.GetBool(message, &field)) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(*field.enum_type(),
                       list ? r.GetRepeatedEnumValue(message, &field, index) : r.GetEnumValue(message, &field));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = list ? r.GetRepeatedString(message, &field, index) : r.GetString(message, &field);
      return field.type() == FieldDescriptor::TYPE_BYTES ? HexOf(text) : text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;
  }
  ESCROW_ASSERT(false);  // messages are handled by the caller, and the contract has no floating point
  return "";
}

bool IsMessage(const FieldDescriptor& field) { return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE; }

bool IsNumber(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return IsMessage(field) && field.message_type() == v1::Amount::descriptor();
  }
}

// A list in one cell: its values, or how many there are when they are messages without a phrase.
std::string ListText(const Message& message, const FieldDescriptor& field, const std::string& currency, bool in_table) {
  const auto& r = *message.GetReflection();
  const int count = r.FieldSize(message, &field);
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::optional<std::string> item;
    if (IsMessage(field)) {
      item = Phrase(r.GetRepeatedMessage(message, &field, i), currency);
      if (!item) {
        return in_table ? fmt::format("{} of them", count) : "";  // a table of their own follows
      }
    } else {
      item = ScalarText(message, field, i, currency);
    }
    text += (text.empty() ? "" : ", ") + *item;
  }
  return text;
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const auto& r = *message.GetReflection();
  return field.is_repeated()    ? r.FieldSize(message, &field) > 0
         : field.has_presence() ? r.HasField(message, &field)
                                : true;
}

// In a table, each field that is no list is a column, but the many policies of an agreement are for its own page.
bool IsColumn(const FieldDescriptor& field) {
  return !IsMessage(field) || field.message_type() != v1::Policies::descriptor();
}

void AddCells(const Message& message, const std::string& prefix, const std::string& around, bool in_table,
              std::vector<Cell>& cells) {
  const std::string currency = CurrencyOf(message, around);
  const auto& r = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (in_table && !IsColumn(field)) {
      continue;
    }
    Cell cell{.title = prefix + field.name(), .text = "", .number = IsNumber(field)};
    if (field.is_repeated()) {
      cell.text = ListText(message, field, currency, in_table);
    } else if (!IsMessage(field)) {
      cell.text = IsSet(message, field) ? ScalarText(message, field, -1, currency) : "";
    } else {
      const Message& sub = r.GetMessage(message, &field);
      const std::optional<std::string> phrase = Phrase(sub, currency);
      if (!phrase) {
        AddCells(sub, prefix + field.name() + ".", currency, in_table, cells);
        continue;
      }
      cell.text = IsSet(message, field) ? *phrase : "";
    }
    cells.push_back(std::move(cell));
  }
}

// What is not set and what is zero is left out.
bool Says(const Cell& cell) {
  constexpr std::string_view kNothing = "0.";
  const std::string_view number = std::string_view(cell.text).substr(0, cell.text.find(' '));
  const bool zero = cell.number && number.find_first_not_of(kNothing) == std::string_view::npos;
  return !cell.text.empty() && cell.text != "no" && !zero;
}

// policies.funding -> funding, where no other column has that name.
std::vector<Table::Column> ColumnsOf(const std::vector<Cell>& cells) {
  const auto last = [](const std::string& title) { return title.substr(title.rfind('.') + 1); };
  std::map<std::string, int> uses;
  for (const Cell& cell : cells) {
    ++uses[last(cell.title)];
  }
  std::vector<Table::Column> columns;
  for (const Cell& cell : cells) {
    columns.push_back({uses[last(cell.title)] == 1 ? last(cell.title) : cell.title,
                       cell.number ? Table::Align::kRight : Table::Align::kLeft});
  }
  return columns;
}

void RenderEvents(const Message& message, const FieldDescriptor& field, std::ostream& out) {
  const auto& r = *message.GetReflection();
  Table table({{"sequence", Table::Align::kRight}, {"time"}, {"platform"}, {"agreement"}, {"kind"}, {"what"}});
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    const auto& event = static_cast<const v1::Event&>(r.GetRepeatedMessage(message, &field, i));
    table.Add({std::to_string(event.sequence()), FormatTimestamp(EventTime(event)), LastPart(event.platform()),
               event.agreement_id(), KindName(event), Describe(event, {}).text});
  }
  table.Print(out);
}

void RenderList(const Message& message, const FieldDescriptor& field, const std::string& currency, std::ostream& out) {
  const auto& r = *message.GetReflection();
  if (field.message_type() == v1::Event::descriptor()) {
    RenderEvents(message, field, out);
    return;
  }
  std::vector<std::vector<Cell>> rows;
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    AddCells(r.GetRepeatedMessage(message, &field, i), "", currency, true, rows.emplace_back());
  }
  if (rows.empty()) {
    return;
  }
  Table table(ColumnsOf(rows.front()));
  for (const auto& row : rows) {
    std::vector<std::string> texts;
    std::ranges::transform(row, std::back_inserter(texts),
                           [](const Cell& cell) { return Says(cell) ? cell.text : ""; });
    table.Add(std::move(texts));
  }
  table.Print(out);
}

bool IsListOfMessages(const FieldDescriptor& field) { return field.is_repeated() && IsMessage(field); }

// The one list of a list response; null for anything else.
const FieldDescriptor* SoleList(const google::protobuf::Descriptor& type) {
  const FieldDescriptor* list = nullptr;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsListOfMessages(field) && list == nullptr) {
      list = &field;
    } else if (field.name() != "next_page_token") {
      return nullptr;
    }
  }
  return list;
}

void RenderFields(const Message& message, std::ostream& out) {
  std::vector<Cell> cells;
  AddCells(message, "", "", false, cells);
  std::size_t width = 0;
  for (const Cell& cell : cells) {
    width = std::max(width, Says(cell) ? TextWidth(cell.title) : 0);
  }
  for (const Cell& cell : cells) {
    if (Says(cell)) {
      out << Pad(cell.title, width) << "  " << cell.text << '\n';
    }
  }
}

}  // namespace

void Render(const Message& message, std::ostream& out) {
  const auto& r = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  if (const FieldDescriptor* list = SoleList(type)) {
    if (r.FieldSize(message, list) == 0) {
      out << "none\n";
    } else {
      RenderList(message, *list, "", out);
    }
    const auto* token = type.FindFieldByName("next_page_token");
    if (token != nullptr && !r.GetString(message, token).empty()) {
      out << "more: --page-token " << r.GetString(message, token) << '\n';
    }
    return;
  }
  RenderFields(message, out);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsListOfMessages(field) && r.FieldSize(message, &field) > 0) {
      out << '\n' << field.name() << '\n';
      RenderList(message, field, CurrencyOf(message, ""), out);
    }
  }
}

void RenderJson(const Message& message, bool one_line, std::ostream& out) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  ESCROW_ASSERT(status.ok());
  out << text;
  if (text.empty() || text.back() != '\n') {
    out << '\n';
  }
}

}  // namespace escrow::ctl
