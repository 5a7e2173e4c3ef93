#include "audit/receipt_page.h"

#include <cstdint>
#include <vector>

#include "audit/receipt_words.h"
#include "base/assert.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "kainjow/mustache.hpp"

namespace escrow::audit {
namespace {

using kainjow::mustache::data;

// The page, embedded by the build.
constexpr char kTemplate[] = {
#include "receipt_page.inc"
};

data ListOf(const std::vector<std::string>& texts) {
  data list = data::type::list;
  for (const std::string& text : texts) {
    list << data("text", text);
  }
  return list;
}

void AddRow(data& rows, const std::string& label, const std::string& value) {
  data row;
  row.set("label", label);
  row.set("value", value);
  rows << row;
}

// The agreement as it was created; nothing when there is none, or the history was cut before it.
const v1::Agreement* AgreementOf(const ReceiptReport& report) {
  const v1::Event& first = report.history.empty() ? report.event : report.history.back();
  return first.has_agreement_created() ? &first.command().create_agreement().agreement() : nullptr;
}

data FactsOf(const ReceiptReport& report, const v1::Agreement* agreement) {
  const v1::Event& event = report.event;
  data rows = data::type::list;
  AddRow(rows, "Event", std::to_string(event.sequence()) + " of the log " + report.checkpoint.origin);
  AddRow(rows, "What", KindText(event));
  AddRow(rows, "In detail", DetailText(event, agreement));
  AddRow(rows, "Decided by the clock", TimeText(EffectiveTimeOf(event)));
  AddRow(rows, "Entered in the log", TimeText(NanosOf(event.log_time())));
  AddRow(rows, "Asked for by", AskerText(event));
  if (!event.platform().empty()) {
    AddRow(rows, "Platform", IdText(event.platform()));
  }
  if (!event.agreement_id().empty()) {
    AddRow(rows, "Agreement", event.agreement_id());
  }
  if (agreement != nullptr) {
    for (const v1::Participant& participant : agreement->participants()) {
      AddRow(rows, "Party, " + EnumText(v1::Role_Name(participant.role()), "ROLE_"), IdText(participant.party()));
    }
    if (!agreement->external_reference().empty()) {
      AddRow(rows, "External reference", agreement->external_reference());
    }
  }
  return rows;
}

data PostingsOf(const ReceiptReport& report, const v1::Agreement* agreement) {
  data rows = data::type::list;
  for (const v1::Posting& posting : report.event.postings()) {
    AddRow(rows, AccountText(posting, agreement), AmountText(posting.minor_units(), report.event.currency_code()));
  }
  return rows;
}

// The rule that decided, in sentences.
std::vector<std::string> WhyOf(const ReceiptReport& report) {
  const v1::Event& event = report.event;
  std::vector<std::string> why;
  if (event.has_milestone_released()) {
    const v1::MilestoneReleased& fact = event.milestone_released();
    why.push_back("The release: " + CauseText(fact.cause()) + ".");
    why.push_back("The rules that were applied have version " + std::to_string(fact.rules_version()) + ".");
  } else if (event.has_milestone_refunded()) {
    why.push_back("The refund: " + CauseText(event.milestone_refunded().cause()) + ".");
  }
  if (event.has_command()) {
    why.push_back("It was asked for by " + AskerText(event) + ", and the rules allowed it.");
  } else if (event.cause_sequence() != 0) {
    why.push_back("The rules made it follow from event " + std::to_string(event.cause_sequence()) + ".");
  } else {
    why.push_back("A timer of the agreement expired; nobody asked for it.");
  }
  return why;
}

// How a confirmation came to count.
std::string HowText(const Ground& ground) {
  if (!ground.event->has_confirmation_deemed()) {
    return "asked for by " + AskerText(*ground.event);
  }
  if (!ground.deeming) {
    return "deemed by a timer that event " + std::to_string(ground.event->confirmation_deemed().start_sequence()) +
           " started";
  }
  const Deeming& deeming = *ground.deeming;
  if (deeming.start_sequence == 0) {
    return "deemed by a timer: agreed deadline " + TimeText(deeming.deadline);
  }
  return "deemed by a timer: event " + std::to_string(deeming.start_sequence) + " at " + TimeText(deeming.start) +
         " + " + DurationText(deeming.duration_seconds) + " = deadline " + TimeText(deeming.deadline);
}

data GroundsOf(const ReceiptReport& report, const v1::Agreement* agreement) {
  data rows = data::type::list;
  for (const Ground& ground : report.grounds) {
    data row;
    row.set("number", std::to_string(ground.sequence));
    row.set("time", ground.event ? TimeText(EffectiveTimeOf(*ground.event)) : "");
    row.set("detail", ground.event ? DetailText(*ground.event, agreement)
                                   : "further back than the events that this receipt holds");
    row.set("how", ground.event ? HowText(ground) : "");
    rows << row;
  }
  return rows;
}

data HistoryRow(const v1::Event& event, const v1::Agreement* agreement) {
  data row;
  row.set("number", std::to_string(event.sequence()));
  row.set("time", TimeText(EffectiveTimeOf(event)));
  row.set("kind", KindText(event));
  row.set("detail", DetailText(event, agreement));
  row.set("asker", AskerText(event));
  return row;
}

// Oldest first; the event that is proven is the last.
data HistoryOf(const ReceiptReport& report, const v1::Agreement* agreement) {
  data rows = data::type::list;
  for (auto before = report.history.rbegin(); before != report.history.rend(); ++before) {
    rows << HistoryRow(*before, agreement);
  }
  rows << HistoryRow(report.event, agreement);
  return rows;
}

// The hashes of the inclusion proof, each with the side on which it stands (RFC 9162 section 2.1.3.2).
data PathOf(const ReceiptReport& report) {
  data rows = data::type::list;
  std::uint64_t node = report.index;
  std::uint64_t last = report.checkpoint.size - 1;
  for (const tlog::Hash& hash : report.hashes) {
    while (node == last && node % 2 == 0 && node != 0) {  // the rightmost node of its level has no sibling here
      node /= 2;
      last /= 2;
    }
    AddRow(rows, node % 2 == 1 ? "left" : "right", crypto::HexEncode(hash));
    node /= 2;
    last /= 2;
  }
  return rows;
}

std::string HeadlineOf(const ReceiptReport& report, const v1::Agreement* agreement) {
  const std::string detail = DetailText(report.event, agreement);
  return detail.empty() ? KindText(report.event) : detail;
}

}  // namespace

std::string RenderReceiptPage(const ReceiptReport& report, std::string_view file) {
  ESCROW_ASSERT(report.right() && report.checkpoint.checked);
  const v1::Agreement* agreement = AgreementOf(report);
  data page;
  page.set("headline", HeadlineOf(report, agreement));
  page.set("facts", FactsOf(report, agreement));
  page.set("booked", !report.event.postings().empty());
  page.set("postings", PostingsOf(report, agreement));
  page.set("why", ListOf(WhyOf(report)));
  page.set("grounded", !report.grounds.empty());
  page.set("grounds", GroundsOf(report, agreement));
  page.set("history", HistoryOf(report, agreement));
  page.set("cut", !report.whole);
  page.set("sequence", std::to_string(report.event.sequence()));
  page.set("index", std::to_string(report.index));
  page.set("size", std::to_string(report.checkpoint.size));
  page.set("root", crypto::HexEncode(report.checkpoint.root));
  page.set("origin", report.checkpoint.origin);
  page.set("note", report.checkpoint.note);
  page.set("signers", ListOf(report.checkpoint.signers));
  page.set("path", PathOf(report));
  page.set("file", crypto::Base64Encode(file));
  kainjow::mustache::mustache text(std::string(kTemplate, sizeof kTemplate));
  std::string html = text.render(page);
  ESCROW_ASSERT(text.is_valid());
  return html;
}

}  // namespace escrow::audit
