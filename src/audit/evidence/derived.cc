#include "audit/evidence/derived.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "audit/exports/export.h"
#include "audit/exports/statement.h"
#include "audit/exports/words.h"
#include "audit/receipt_page.h"
#include "audit/receipt_words.h"
#include "crypto/hex.h"
#include "crypto/timestamp.h"

namespace escrow::audit::evidence {
namespace {

using exports::JsonObject;

constexpr std::size_t kNonceBytes = 8;
constexpr std::array kDerived = {kEvents, kPostings, kStatement, kDocumentList, kPage, kVerification, kReadme};

// Those that speak of the manifest, and itself: it cannot list them.
bool IsUnlisted(std::string_view name) { return name == kManifest || name == kRequest || name == kReply; }

std::string Count(std::size_t count, const char* thing) {
  return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

absl::Status WriteAll(const Proven& proven, exports::Export& to) {
  absl::Status done;
  for (const v1::Event& event : proven.events) {
    if (done.ok()) {
      done = to.Take(event);
    }
  }
  done.Update(done.ok() ? to.Finish() : absl::OkStatus());
  return done;
}

// Adds the statement of the agreement as of its last event.
absl::Status AddStatement(const Proven& proven, Files& files) {
  const absl::StatusOr<exports::StatementSubject> subject = exports::ParseSubject(proven.agreement);
  if (!subject.ok()) {
    return subject.status();
  }
  exports::Statement statement(*subject, 1);
  for (const v1::Event& event : proven.events) {
    if (absl::Status taken = statement.Take(event); !taken.ok()) {
      return taken;
    }
  }
  const v1::Event& last = proven.events.back();
  files[std::string(kStatement)] = statement.Text(
      {.origin = proven.checkpoint.origin, .event = last.sequence(), .time = exports::TimeText(last.log_time())});
  return absl::OkStatus();
}

std::string DocumentList(const Proven& proven) {
  std::string list;
  for (const NamedDocument& document : proven.documents) {
    JsonObject object;
    object.Add("sha256", document.sha256)
        .Add("kind", EnumText(v1::EvidenceKind_Name(document.kind), "EVIDENCE_KIND_"))
        .Add("event", base::Wide{document.event})
        .Add("milestone", document.milestone_id)
        .AddJson("file", document.file.empty() ? "null" : exports::JsonText(document.file));
    list += (list.empty() ? "\n" : ",\n") + object.Text();
  }
  return R"({"documents":[)" + list + "\n]}\n";
}

// The page of the last event's receipt. Whose signatures were checked is left out: it depends on who checks.
std::string PageOf(const Proven& proven, const Files& files) {
  ReceiptReport report = proven.last;
  report.checkpoint.signers.clear();
  return RenderReceiptPage(report, files.at(ReceiptName(report.event.sequence())));
}

std::string ReadmeOf(const Proven& proven) {
  return "Evidence of " + proven.agreement + " in the log " + proven.checkpoint.origin + R"(.

Everything in this folder is checked, without any network, by one command (KEY: the log's public key, from elsewhere):

    escrow-verify evidence check . --vkey KEY

page.html         what happened last and all that led to it, for people; print it
statement.txt     what moved on the agreement's accounts; postings.csv has every booking, in minor units
events.jsonl      the agreement's events, oldest first, a line of JSON each
documents/        the things whose hashes the events name; documents.json lists all hashes, also of what is not here
receipts/         the proofs: C2SP tlog-proofs, each checked alone by escrow-verify receipt
checkpoint        the log's signed statement of its size and root; checkpoints/ has older ones with proofs
manifest.json     the size and SHA-256 of every file, made last; verification.txt is what the verifier said then
request.tsq       asks a time-stamping authority to sign manifest.json (RFC 3161); put its answer here as response.tsr
)";
}

// One line of the manifest's list.
std::string ManifestLine(const std::string& name, const std::string& bytes) {
  return JsonObject()
      .Add("name", name)
      .Add("size", base::Wide{bytes.size()})
      .Add("sha256", crypto::HexEncode(crypto::Sha256Of(bytes)))
      .Text();
}

// The name in a line of the manifest's list; empty when it is none. Names that JSON would have to escape there are not.
std::string NameIn(std::string_view line) {
  constexpr std::string_view kBegin = R"({"name":")";
  const std::size_t end = line.find('"', kBegin.size());
  return line.starts_with(kBegin) && end != std::string_view::npos
             ? std::string(line.substr(kBegin.size(), end - kBegin.size()))
             : std::string();
}

bool IsKnown(std::string_view name) {
  return name == kCheckpoint || IsUnlisted(name) || std::ranges::find(kDerived, name) != kDerived.end() ||
         IsIn(name, kReceipts) || IsIn(name, kCheckpoints) || IsIn(name, kDocuments);
}

// The listed files, by their lines; wrong when something is no such line.
Complaint ReadManifest(const std::string& manifest, std::map<std::string, std::string>& lines) {
  std::istringstream text(manifest);
  std::string line;
  std::getline(text, line);  // what it is about; compared as a whole when the pack is proven
  for (int number = 2; std::getline(text, line) && line != "]}"; ++number) {
    if (line.ends_with(',')) {
      line.pop_back();
    }
    const std::string name = NameIn(line);
    if (name.empty() || !lines.emplace(name, line).second) {
      return "manifest.json: line " + std::to_string(number) +
             (name.empty() ? " names no file" : " names " + name + " again");
    }
  }
  return {};
}

}  // namespace

std::string VerificationText(const Proven& proven) {
  const std::string last = std::to_string(proven.events.back().sequence());
  const auto enclosed = static_cast<std::size_t>(
      std::ranges::count_if(proven.documents, [](const NamedDocument& document) { return !document.file.empty(); }));
  std::string text = "agreement   " + proven.agreement + "\nlog         " + proven.checkpoint.origin +
                     "\nevents      " + std::to_string(proven.events.size()) + " of the agreement, from " +
                     std::to_string(proven.events.front().sequence()) + " to " + last + ", of " +
                     std::to_string(proven.checkpoint.size) + " in the log\nroot        " +
                     crypto::HexEncode(proven.checkpoint.root) +
                     "\ncheckpoint  right: it is signed\nreceipts    right: " + Count(proven.receipts, "receipt") +
                     " prove every event; each event names the one before it, and none is missing\n";
  for (const std::uint64_t size : proven.older) {
    text += "older       right: the log begins with the signed one of " + Count(size, "event") + '\n';
  }
  return text + "documents   right: enclosed are " + std::to_string(enclosed) + " of " +
         std::to_string(proven.documents.size()) + " that events name by their hashes\n" +
         "derived     right: events, postings, statement, list of documents, page: made again, they are the same\n" +
         "note        whether there are events after event " + last +
         ", and whether the rules were kept, the whole log shows: escrow-verify log\n";
}

Complaint AddDerived(const Proven& proven, Files& files) {
  std::ostringstream events;
  std::ostringstream postings;
  absl::Status done = WriteAll(proven, *exports::NewJsonLinesExport(events));
  done.Update(WriteAll(proven, *exports::NewCsvExport(postings)));
  done.Update(AddStatement(proven, files));
  if (!done.ok()) {
    return std::string(done.message());
  }
  files[std::string(kEvents)] = events.str();
  files[std::string(kPostings)] = postings.str();
  files[std::string(kDocumentList)] = DocumentList(proven);
  files[std::string(kPage)] = PageOf(proven, files);
  files[std::string(kReadme)] = ReadmeOf(proven);
  files[std::string(kVerification)] = VerificationText(proven);
  return {};
}

std::string FormatManifest(const Proven& proven, const Files& files) {
  std::string list;
  for (const auto& [name, bytes] : files) {
    if (!IsUnlisted(name)) {
      list += (list.empty() ? "" : ",\n") + ManifestLine(name, bytes);
    }
  }
  std::string about = JsonObject()
                          .Add("format", base::Wide{kPackFormat})
                          .Add("agreement", proven.agreement)
                          .Add("origin", proven.checkpoint.origin)
                          .Add("size", base::Wide{proven.checkpoint.size})
                          .Add("root", crypto::HexEncode(proven.checkpoint.root))
                          .Text();
  about.pop_back();  // its bracket
  return about + R"(,"files":[)" + '\n' + list + "\n]}\n";
}

std::string RequestFor(const std::string& manifest) {
  const crypto::Digest digest = crypto::Sha256Of(manifest);
  const crypto::Digest nonce = crypto::Sha256Of("escrow-evidence-nonce-1" + std::string(digest.begin(), digest.end()));
  return crypto::MakeTimestampRequest(digest, {reinterpret_cast<const char*>(nonce.data()), kNonceBytes});
}

Complaint CheckListed(const Files& files) {
  const auto manifest = files.find(std::string(kManifest));
  if (manifest == files.end()) {
    return "manifest.json is missing";
  }
  std::map<std::string, std::string> lines;
  if (Complaint wrong = ReadManifest(manifest->second, lines)) {
    return wrong;
  }
  for (const auto& [name, line] : lines) {
    const auto file = files.find(name);
    if (file == files.end()) {
      return name + " is in the manifest and not in the folder";
    }
    if (const std::string found = ManifestLine(name, file->second); found != line) {
      return name + " is not the file that the manifest lists: the file is " + found + ", the manifest has " + line;
    }
  }
  for (const auto& [name, bytes] : files) {
    if (!IsKnown(name)) {
      return name + " is no file of an evidence pack";
    }
    if (!IsUnlisted(name) && !lines.contains(name)) {
      return name + " is in the folder and not in the manifest";
    }
  }
  return {};
}

}  // namespace escrow::audit::evidence
