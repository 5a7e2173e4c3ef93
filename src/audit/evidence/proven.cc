#include "audit/evidence/proven.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "audit/text.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "tlog/proof.h"

namespace escrow::audit::evidence {
namespace {

constexpr std::string_view kReceiptEnding = ".tlog-proof";
constexpr std::string_view kConsistencyEnding = ".consistency";

std::string Named(std::uint64_t sequence) { return "event " + std::to_string(sequence); }

std::string AgreementOf(const v1::Event& event) { return event.platform() + "/agreements/" + event.agreement_id(); }

// A number without sign and leading zeros; nothing for anything else.
std::optional<std::uint64_t> NumberOf(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && std::to_string(number) == text ? std::optional(number) : std::nullopt;
}

// The names in a folder of the pack, without the folder.
std::vector<std::string> NamesIn(const Files& files, std::string_view folder) {
  std::vector<std::string> names;
  for (auto file = files.lower_bound(std::string(folder)); file != files.end() && file->first.starts_with(folder);
       ++file) {
    names.push_back(file->first.substr(folder.size()));
  }
  return names;
}

// One proof, from files to what they prove.
class Prover {
 public:
  Prover(const Files& files, const Trust& trust, Proven& proven) : files_(files), trust_(trust), proven_(proven) {}

  [[nodiscard]] Complaint Run();

 private:
  [[nodiscard]] Complaint CheckCheckpoint();
  [[nodiscard]] Complaint ReadReceipts();
  [[nodiscard]] Complaint CheckReceiptFile(const std::string& name);
  [[nodiscard]] Complaint CollectEvents();
  [[nodiscard]] Complaint CheckReceiptsNeeded();
  [[nodiscard]] Complaint CheckOlder();
  [[nodiscard]] Complaint CheckOlderCheckpoint(std::uint64_t size, const std::string& name);
  [[nodiscard]] Complaint CheckDocuments();

  const Files& files_;
  const Trust& trust_;
  Proven& proven_;
  std::map<std::uint64_t, ReceiptReport> receipts_;
};

Complaint Prover::Run() {
  for (const auto step : {&Prover::CheckCheckpoint, &Prover::ReadReceipts, &Prover::CollectEvents,
                          &Prover::CheckReceiptsNeeded, &Prover::CheckOlder, &Prover::CheckDocuments}) {
    if (Complaint wrong = (this->*step)()) {
      return wrong;
    }
  }
  return {};
}

Complaint Prover::CheckCheckpoint() {
  const auto file = files_.find(std::string(kCheckpoint));
  if (file == files_.end()) {
    return "checkpoint is missing";
  }
  absl::StatusOr<CheckpointReport> report = audit::CheckCheckpoint(file->second, trust_);
  if (!report.ok()) {
    return "checkpoint: " + std::string(report.status().message());
  }
  proven_.checkpoint = *std::move(report);
  return proven_.checkpoint.wrong ? Complaint("checkpoint: " + *proven_.checkpoint.wrong) : Complaint();
}

Complaint Prover::ReadReceipts() {
  for (const std::string& name : NamesIn(files_, kReceipts)) {
    if (Complaint wrong = CheckReceiptFile(name)) {
      return std::string(kReceipts) + name + *wrong;
    }
  }
  if (receipts_.empty()) {
    return "there is no receipt";
  }
  proven_.receipts = receipts_.size();
  proven_.last = receipts_.rbegin()->second;
  proven_.agreement = AgreementOf(proven_.last.event);
  if (proven_.last.event.agreement_id().empty()) {
    return ReceiptName(receipts_.rbegin()->first) + " is of no agreement";
  }
  for (const auto& [sequence, report] : receipts_) {
    if (AgreementOf(report.event) != proven_.agreement) {
      return ReceiptName(sequence) + " is of another agreement, " + AgreementOf(report.event) + ", than " +
             ReceiptName(receipts_.rbegin()->first) + ", " + proven_.agreement;
    }
  }
  return {};
}

// What is wrong, to be said behind the file's name.
Complaint Prover::CheckReceiptFile(const std::string& name) {
  const std::optional<std::uint64_t> sequence =
      name.ends_with(kReceiptEnding) ? NumberOf(std::string_view(name).substr(0, name.size() - kReceiptEnding.size()))
                                     : std::nullopt;
  if (!sequence) {
    return " is not named after an event";
  }
  absl::StatusOr<ReceiptReport> report = CheckReceipt(files_.at(std::string(kReceipts) + name), std::nullopt, trust_);
  if (!report.ok()) {
    return ": " + std::string(report.status().message());
  }
  if (report->checkpoint.note != proven_.checkpoint.note) {
    return " has another checkpoint than the pack";
  }
  if (!report->right()) {
    return ": " + report->wrong.value_or(report->checkpoint.wrong.value_or(""));
  }
  if (report->index + 1 != *sequence) {
    return " is the receipt of " + Named(report->index + 1);
  }
  receipts_.emplace(*sequence, *std::move(report));
  return {};
}

// Each receipt has shown that its history is linked without a gap; here the links between receipts are followed.
Complaint Prover::CollectEvents() {
  std::map<std::uint64_t, const v1::Event*> known;
  for (const auto& [sequence, report] : receipts_) {
    known.emplace(sequence, &report.event);
    for (const v1::Event& event : report.history) {
      known.emplace(event.sequence(), &event);
    }
  }
  std::uint64_t after = 0;
  for (std::uint64_t next = receipts_.rbegin()->first; next != 0;) {
    const auto found = known.find(next);
    if (found == known.end()) {
      return Named(next) + ", which " + Named(after) + " names as the one before it, is in no receipt";
    }
    proven_.events.push_back(*found->second);
    after = next;
    next = found->second->previous_sequence();
  }
  std::ranges::reverse(proven_.events);
  if (known.size() != proven_.events.size()) {
    return "a receipt proves an event that is not linked to the last one, " + Named(receipts_.rbegin()->first);
  }
  return {};
}

Complaint Prover::CheckReceiptsNeeded() {
  std::map<std::uint64_t, std::uint64_t> cut_at;
  for (const auto& [sequence, report] : receipts_) {
    if (!report.whole) {
      cut_at.emplace(sequence, (report.history.empty() ? report.event : report.history.back()).previous_sequence());
    }
  }
  const std::vector<std::uint64_t> needed = ReceiptsNeeded(proven_.events, cut_at);
  for (const std::uint64_t sequence : needed) {
    if (!receipts_.contains(sequence)) {
      return ReceiptName(sequence) + " is missing";
    }
  }
  for (const auto& [sequence, report] : receipts_) {
    if (!std::ranges::binary_search(needed, sequence)) {
      return ReceiptName(sequence) + " is not needed: " + Named(sequence) + " is not the newest of its kind";
    }
  }
  return {};
}

Complaint Prover::CheckOlder() {
  const std::vector<std::string> names = NamesIn(files_, kCheckpoints);
  for (const std::string& name : names) {
    const bool proof = name.ends_with(kConsistencyEnding);
    const std::string stem = proof ? name.substr(0, name.size() - kConsistencyEnding.size()) : name;
    const std::optional<std::uint64_t> size = NumberOf(stem);
    const std::string path = std::string(kCheckpoints) + name;
    if (!size) {
      return path + " is not named after a size";
    }
    const std::string other = std::string(kCheckpoints) + (proof ? stem : stem + std::string(kConsistencyEnding));
    if (!files_.contains(other)) {
      return other + " is missing";
    }
    if (proof) {
      continue;
    }
    if (Complaint wrong = CheckOlderCheckpoint(*size, path)) {
      return path + ": " + *wrong;
    }
    proven_.older.push_back(*size);
  }
  std::ranges::sort(proven_.older);
  return {};
}

Complaint Prover::CheckOlderCheckpoint(std::uint64_t size, const std::string& name) {
  const absl::StatusOr<CheckpointReport> older = audit::CheckCheckpoint(files_.at(name), trust_);
  if (!older.ok()) {
    return std::string(older.status().message());
  }
  if (older->wrong) {
    return older->wrong;
  }
  if (older->origin != proven_.checkpoint.origin) {
    return "it is of the log " + older->origin;
  }
  if (older->size != size) {
    return "it is of size " + std::to_string(older->size);
  }
  std::vector<tlog::Hash> hashes;
  std::string_view lines = files_.at(name + std::string(kConsistencyEnding));
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::optional<std::string> bytes = crypto::Base64Decode(lines.substr(0, end));
    tlog::Hash& hash = hashes.emplace_back();
    if (end == std::string_view::npos || !bytes || bytes->size() != hash.size()) {
      return "line " + std::to_string(hashes.size()) + " of its proof of consistency is no hash in base 64";
    }
    std::ranges::copy(*bytes, hash.begin());
    lines.remove_prefix(end + 1);
  }
  const absl::Status consistent =
      tlog::VerifyConsistency(size, proven_.checkpoint.size, older->root, proven_.checkpoint.root, hashes);
  return consistent.ok() ? Complaint() : "the log is not proven to begin with it: " + std::string(consistent.message());
}

Complaint Prover::CheckDocuments() {
  proven_.documents = DocumentsNamedBy(proven_.events);
  for (const std::string& name : NamesIn(files_, kDocuments)) {
    const std::string path = std::string(kDocuments) + name;
    const std::string digest = crypto::HexEncode(crypto::Sha256Of(files_.at(path)));
    if (name.substr(0, name.find('.')) != digest) {
      return path + " has SHA-256 " + digest;
    }
    bool named = false;
    for (NamedDocument& document : proven_.documents) {
      if (document.sha256 == digest) {
        if (!document.file.empty()) {
          return path + " and " + document.file + " are the same document";
        }
        document.file = path;
        named = true;
      }
    }
    if (!named) {
      return path + ": no event of " + proven_.agreement + " names its SHA-256";
    }
  }
  return {};
}

}  // namespace

std::vector<std::uint64_t> ReceiptsNeeded(const std::vector<v1::Event>& events,
                                          const std::map<std::uint64_t, std::uint64_t>& cut_at) {
  std::map<int, std::uint64_t> newest;  // by kind
  for (const v1::Event& event : events) {
    newest[static_cast<int>(event.fact_case())] = event.sequence();
  }
  std::set<std::uint64_t> needed;
  for (const auto& [kind, sequence] : newest) {
    needed.insert(sequence);
  }
  std::uint64_t next = events.empty() ? 0 : events.back().sequence();
  while (next != 0) {
    needed.insert(next);
    const auto cut = cut_at.find(next);
    next = cut == cut_at.end() ? 0 : cut->second;
  }
  return {needed.begin(), needed.end()};
}

std::vector<NamedDocument> DocumentsNamedBy(const std::vector<v1::Event>& events) {
  std::vector<NamedDocument> documents;
  for (const v1::Event& event : events) {
    if (!event.has_confirmation_recorded()) {
      continue;
    }
    const v1::ConfirmMilestoneRequest& request = event.command().confirm_milestone();
    for (const v1::Evidence& evidence : request.evidence()) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(evidence.sha256().data());
      documents.push_back({.event = event.sequence(),
                           .milestone_id = request.milestone_id(),
                           .kind = evidence.kind(),
                           .sha256 = crypto::HexEncode({bytes, evidence.sha256().size()}),
                           .file = {}});
    }
  }
  return documents;
}

std::string FormatConsistency(const std::vector<tlog::Hash>& hashes) {
  std::string text;
  for (const tlog::Hash& hash : hashes) {
    text += crypto::Base64Encode({reinterpret_cast<const char*>(hash.data()), hash.size()}) + '\n';
  }
  return text;
}

Complaint Prove(const Files& files, const Trust& trust, Proven& proven) { return Prover(files, trust, proven).Run(); }

}  // namespace escrow::audit::evidence
