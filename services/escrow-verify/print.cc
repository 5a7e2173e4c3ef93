#include "print.h"

#include <cstdio>

#include "audit/evidence/derived.h"
#include "audit/exports/words.h"
#include "base/decimal.h"
#include "crypto/hex.h"

namespace escrow::verify {
namespace {

using audit::exports::JsonText;

using audit::Level;
using audit::LevelState;

const char* StateText(LevelState state) {
  switch (state) {
    case LevelState::kNotAsked:
      return "not checked";
    case LevelState::kPassed:
      return "right";
    case LevelState::kFailed:
      return "WRONG";
    case LevelState::kIncomplete:
      return "incomplete";
  }
  return "";
}

std::string WhereOf(const audit::Finding& finding) {
  return finding.event == 0 ? std::string() : "event " + std::to_string(finding.event) + ": ";
}

std::uint64_t PerSecond(const audit::Report& report) {
  return report.seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(report.events) / report.seconds) : 0;
}

std::string SecondsText(double seconds) { return base::FormatDecimal(static_cast<std::int64_t>(seconds * 1000), 3); }

// Members of a JSON object, in order.
class JsonObject {
 public:
  void Add(const char* name, const std::string& json) {
    text_ += text_.empty() ? "{" : ",";
    text_ += JsonText(name) + ':' + json;
  }
  void AddText(const char* name, const std::string& text) { Add(name, JsonText(text)); }
  void AddNumber(const char* name, std::uint64_t number) { Add(name, std::to_string(number)); }
  void AddTexts(const char* name, const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) {
      list += (list.empty() ? "" : ",") + JsonText(text);
    }
    Add(name, '[' + list + ']');
  }
  [[nodiscard]] std::string Finish() const { return text_.empty() ? "{}" : text_ + '}'; }

 private:
  std::string text_;
};

JsonObject CheckpointJson(const audit::CheckpointReport& report) {
  JsonObject object;
  object.AddText("origin", report.origin);
  object.AddNumber("size", report.size);
  object.AddText("root", crypto::HexEncode(report.root));
  object.Add("signaturesChecked", report.checked ? "true" : "false");
  object.AddTexts("claimedSigners", report.claimed);
  object.AddTexts("signers", report.signers);
  if (report.wrong) {
    object.AddText("wrong", *report.wrong);
  }
  return object;
}

}  // namespace

Exit ExitOf(const audit::Report& report) {
  if (report.wrong()) {
    return Exit::kWrong;
  }
  return report.incomplete() ? Exit::kIncomplete : Exit::kRight;
}

int Conclude(const absl::Status& done, bool right) {
  if (done.ok()) {
    return static_cast<int>(right ? Exit::kRight : Exit::kWrong);
  }
  std::fprintf(stderr, "escrow-verify: %s\n", std::string(done.message()).c_str());
  return static_cast<int>(absl::IsDataLoss(done) ? Exit::kWrong : Exit::kUnusable);
}

std::string TextOf(const audit::Report& report) {
  std::string text = "log         " + report.source + '\n';
  if (report.origin) {
    text += "origin      " + *report.origin + '\n';
  }
  text += "events      " + std::to_string(report.events) + '\n';
  text += "root        " + crypto::HexEncode(report.root) + '\n';
  for (std::size_t i = 0; i < audit::kLevels; ++i) {
    std::string name(NameOf(static_cast<Level>(i + 1)));
    name.resize(12, ' ');
    text += name + StateText(report.levels[i]) + '\n';
  }
  for (const std::string& signer : report.signers) {
    text += "signed by   " + signer + '\n';
  }
  text += "tiles       " + std::to_string(report.tiles) + " compared\n";
  for (const std::string& note : report.notes) {
    text += "note        " + note + '\n';
  }
  for (const audit::Finding& finding : report.findings) {
    text += "WRONG       " + std::string(NameOf(finding.level)) + ": " + WhereOf(finding) + finding.reason + '\n';
  }
  return text + "checked     " + std::to_string(report.checked_events) + " events in " + SecondsText(report.seconds) +
         " s (" + std::to_string(PerSecond(report)) + " events/s)\n";
}

std::string JsonOf(const audit::Report& report) {
  JsonObject object;
  object.AddText("log", report.source);
  object.Add("origin", report.origin ? JsonText(*report.origin) : "null");
  object.AddText("logId", report.log_id);
  object.AddNumber("events", report.events);
  object.AddNumber("checkedEvents", report.checked_events);
  object.AddText("root", crypto::HexEncode(report.root));
  object.AddNumber("tiles", report.tiles);
  JsonObject levels;
  for (std::size_t i = 0; i < audit::kLevels; ++i) {
    levels.AddText(std::string(NameOf(static_cast<Level>(i + 1))).c_str(), StateText(report.levels[i]));
  }
  object.Add("levels", levels.Finish());
  object.AddTexts("signers", report.signers);
  std::string findings;
  for (const audit::Finding& finding : report.findings) {
    JsonObject entry;
    entry.AddText("level", std::string(NameOf(finding.level)));
    if (finding.event != 0) {
      entry.AddNumber("event", finding.event);
    }
    entry.AddText("reason", finding.reason);
    findings += (findings.empty() ? "" : ",") + entry.Finish();
  }
  object.Add("findings", '[' + findings + ']');
  object.AddTexts("notes", report.notes);
  object.Add("seconds", SecondsText(report.seconds));
  object.AddNumber("eventsPerSecond", PerSecond(report));
  return object.Finish() + '\n';
}

std::string TextOf(const audit::CheckpointReport& report) {
  std::string text = "origin      " + report.origin + "\nevents      " + std::to_string(report.size) +
                     "\nroot        " + crypto::HexEncode(report.root) + '\n';
  if (!report.checked) {
    for (const std::string& name : report.claimed) {
      text += "says it is signed by " + name + '\n';
    }
    return text + "note        no key and no policy is given: no signature was checked\n";
  }
  for (const std::string& signer : report.signers) {
    text += "signed by   " + signer + '\n';
  }
  return text + (report.wrong ? "WRONG       signatures: " + *report.wrong + '\n' : "signatures  right\n");
}

std::string JsonOf(const audit::CheckpointReport& report) { return CheckpointJson(report).Finish() + '\n'; }

std::string TextOf(const audit::ReceiptReport& report) {
  std::string text = TextOf(report.checkpoint);
  if (report.wrong) {
    return text + "WRONG       " + *report.wrong + '\n';
  }
  text += "inclusion   right: event " + std::to_string(report.index + 1) + " is in the log\n";
  if (!report.history.empty()) {
    text += "history     right: " + std::to_string(report.history.size()) + " events before it are in the log" +
            (report.whole ? "\n" : "; there are more before them\n");
  }
  return text + '\n' + report.event.DebugString();
}

std::string JsonOf(const audit::ReceiptReport& report) {
  JsonObject object;
  object.Add("checkpoint", CheckpointJson(report.checkpoint).Finish());
  object.AddNumber("index", report.index);
  if (report.wrong) {
    object.AddText("wrong", *report.wrong);
  } else {
    object.AddText("event", report.event.DebugString());
    object.AddNumber("history", report.history.size());
  }
  return object.Finish() + '\n';
}

std::string TextOf(const audit::evidence::PackReport& report) {
  if (report.wrong) {
    return "WRONG       " + *report.wrong + '\n';
  }
  std::string text = audit::evidence::VerificationText(report.proven);
  for (const std::string& signer : report.proven.checkpoint.signers) {
    text += "signed by   " + signer + '\n';
  }
  text += "manifest    right: " + std::to_string(report.files) + " files, SHA-256 " +
          crypto::HexEncode(report.manifest) + "\nrequest     right: it asks for a time-stamp of the manifest\n";
  if (!report.timestamp) {
    return text + "note        there is no response.tsr: nobody says when the manifest was there\n";
  }
  return text + "time-stamp  " + report.timestamp->time +
         (report.timestamp->checked
              ? ", signed as --tsa-ca demands\n"
              : "\nnote        no --tsa-ca is given: who signed the time-stamp was not checked\n");
}

std::string JsonOf(const audit::evidence::PackReport& report) {
  JsonObject object;
  if (report.wrong) {
    object.AddText("wrong", *report.wrong);
    return object.Finish() + '\n';
  }
  const audit::evidence::Proven& proven = report.proven;
  object.AddText("agreement", proven.agreement);
  object.Add("checkpoint", CheckpointJson(proven.checkpoint).Finish());
  object.AddNumber("events", proven.events.size());
  object.AddNumber("firstEvent", proven.events.front().sequence());
  object.AddNumber("lastEvent", proven.events.back().sequence());
  object.AddNumber("receipts", proven.receipts);
  object.AddNumber("olderCheckpoints", proven.older.size());
  std::string documents;
  for (const audit::evidence::NamedDocument& document : proven.documents) {
    JsonObject entry;
    entry.AddText("sha256", document.sha256);
    entry.AddNumber("event", document.event);
    entry.Add("file", document.file.empty() ? "null" : JsonText(document.file));
    documents += (documents.empty() ? "" : ",") + entry.Finish();
  }
  object.Add("documents", '[' + documents + ']');
  object.AddNumber("files", report.files);
  object.AddText("manifestSha256", crypto::HexEncode(report.manifest));
  if (report.timestamp) {
    object.AddText("timestamp", report.timestamp->time);
    object.Add("timestampSignatureChecked", report.timestamp->checked ? "true" : "false");
  }
  return object.Finish() + '\n';
}

}  // namespace escrow::verify
