#include "audit/evidence/make.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "audit/evidence/check.h"
#include "audit/evidence/derived.h"
#include "audit/evidence/log_proofs.h"
#include "audit/evidence/proven.h"
#include "audit/exports/statement.h"
#include "audit/exports/walk.h"
#include "audit/file_bytes.h"
#include "crypto/hex.h"
#include "escrow/v1/receipt.pb.h"
#include "tlog/tlog_proof.h"

namespace escrow::audit::evidence {
namespace {

// One pack that is being made.
class Maker {
 public:
  Maker(EntrySource& source, const PackOrder& order, const Trust& trust)
      : source_(source), order_(order), trust_(trust) {}

  [[nodiscard]] absl::StatusOr<Files> Run();

 private:
  [[nodiscard]] absl::Status ReadCheckpoint();
  [[nodiscard]] absl::Status ReadEvents();
  [[nodiscard]] absl::Status ProveEvents();
  [[nodiscard]] absl::Status AddReceipts();
  [[nodiscard]] std::string ReceiptOf(std::size_t position, std::map<std::uint64_t, std::uint64_t>& cut_at) const;
  [[nodiscard]] absl::Status AddOlderCheckpoints();
  [[nodiscard]] absl::Status AddDocuments();
  [[nodiscard]] absl::Status AddRest();

  EntrySource& source_;
  const PackOrder& order_;
  const Trust& trust_;
  exports::StatementSubject subject_;
  tlog::SignedCheckpoint checkpoint_;
  std::vector<v1::Event> events_;        // of the agreement, oldest first
  std::vector<v1::ProvenEvent> proofs_;  // of them
  Files files_;
};

absl::StatusOr<Files> Maker::Run() {
  absl::StatusOr<exports::StatementSubject> subject = exports::ParseSubject(order_.agreement);
  if (!subject.ok() || subject->agreement.empty()) {
    return absl::InvalidArgumentError("'" + order_.agreement + "' is not platforms/{platform}/agreements/{agreement}");
  }
  subject_ = *std::move(subject);
  for (const auto step : {&Maker::ReadCheckpoint, &Maker::ReadEvents, &Maker::ProveEvents, &Maker::AddReceipts,
                          &Maker::AddOlderCheckpoints, &Maker::AddDocuments, &Maker::AddRest}) {
    if (absl::Status status = (this->*step)(); !status.ok()) {
      return status;
    }
  }
  return std::move(files_);
}

absl::Status Maker::ReadCheckpoint() {
  absl::StatusOr<std::string> bytes = source_.ReadCheckpoint();
  if (!bytes.ok()) {
    return bytes.status();
  }
  absl::StatusOr<tlog::SignedCheckpoint> checkpoint = tlog::ParseSignedCheckpoint(*bytes);
  if (!checkpoint.ok()) {
    return absl::DataLossError("the checkpoint of " + source_.name() + ": " +
                               std::string(checkpoint.status().message()));
  }
  checkpoint_ = *std::move(checkpoint);
  files_[std::string(kCheckpoint)] = *std::move(bytes);
  return absl::OkStatus();
}

absl::Status Maker::ReadEvents() {
  const exports::Extent extent{.checkpoint = checkpoint_.checkpoint, .through = checkpoint_.checkpoint.size};
  absl::Status walked = Walk(source_, extent, [this](const v1::Event& event) {
    if (event.platform() == subject_.platform && event.agreement_id() == subject_.agreement) {
      events_.push_back(event);
    }
    return absl::OkStatus();
  });
  if (walked.ok() && events_.empty()) {
    return absl::NotFoundError("there is no " + order_.agreement + " as of event " + std::to_string(extent.through));
  }
  return walked;
}

absl::Status Maker::ProveEvents() {
  LogProofs log(source_, checkpoint_.checkpoint.size);
  for (const v1::Event& event : events_) {
    v1::ProvenEvent& proven = proofs_.emplace_back();
    absl::StatusOr<std::string> bytes = log.Entry(event.sequence() - 1);
    if (!bytes.ok()) {
      return bytes.status();
    }
    proven.set_event(*std::move(bytes));
    const absl::StatusOr<std::vector<tlog::Hash>> hashes = log.Inclusion(event.sequence() - 1);
    if (!hashes.ok()) {
      return hashes.status();
    }
    for (const tlog::Hash& hash : *hashes) {
      proven.add_hashes(hash.data(), hash.size());
    }
  }
  return absl::OkStatus();
}

absl::Status Maker::AddReceipts() {
  std::map<std::uint64_t, std::uint64_t> cut_at;
  // The more receipts there are, the more is known of where histories are cut, until nothing is lacking.
  for (bool lacking = true; lacking;) {
    lacking = false;
    for (const std::uint64_t sequence : ReceiptsNeeded(events_, cut_at)) {
      std::string& file = files_[ReceiptName(sequence)];
      if (file.empty()) {
        const auto event = std::ranges::find(events_, sequence, &v1::Event::sequence);
        file = ReceiptOf(static_cast<std::size_t>(event - events_.begin()), cut_at);
        lacking = true;
      }
    }
  }
  return absl::OkStatus();
}

// The receipt of an event with as much of its history as a receipt holds (see audit/receipt.h).
std::string Maker::ReceiptOf(std::size_t position, std::map<std::uint64_t, std::uint64_t>& cut_at) const {
  v1::Receipt receipt;
  receipt.set_event(proofs_[position].event());
  std::size_t bytes = receipt.event().size();
  std::size_t next = position;
  for (; next > 0 && receipt.history_size() < kReceiptHistoryMax && bytes < kReceiptBytesMax; --next) {
    *receipt.add_history() = proofs_[next - 1];
    bytes += proofs_[next - 1].ByteSizeLong();
  }
  if (next > 0) {
    cut_at.emplace(events_[position].sequence(), events_[next - 1].sequence());
  }
  tlog::TlogProof proof{.extra = receipt.SerializeAsString(),
                        .index = events_[position].sequence() - 1,
                        .hashes = {},
                        .checkpoint = checkpoint_};
  for (const std::string& hash : proofs_[position].hashes()) {
    std::ranges::copy(hash, proof.hashes.emplace_back().begin());
  }
  return tlog::FormatTlogProof(proof);
}

absl::Status Maker::AddOlderCheckpoints() {
  LogProofs log(source_, checkpoint_.checkpoint.size);
  for (const std::string& path : order_.checkpoints) {
    const absl::StatusOr<std::string> bytes = ReadWholeFile(path, kCheckpointBytesMax);
    if (!bytes.ok()) {
      return bytes.status();
    }
    const absl::StatusOr<tlog::SignedCheckpoint> older = tlog::ParseSignedCheckpoint(*bytes);
    if (!older.ok()) {
      return absl::InvalidArgumentError(path + ": " + std::string(older.status().message()));
    }
    const std::uint64_t size = older->checkpoint.size;
    const absl::StatusOr<std::vector<tlog::Hash>> hashes = log.Consistency(size);
    if (!hashes.ok()) {
      return absl::IsInvalidArgument(hashes.status())
                 ? absl::InvalidArgumentError(path + " has " + std::to_string(size) + " events, the log only " +
                                              std::to_string(checkpoint_.checkpoint.size))
                 : hashes.status();
    }
    const std::string name = std::string(kCheckpoints) + std::to_string(size);
    files_[name] = *bytes;
    files_[name + ".consistency"] = FormatConsistency(*hashes);
  }
  return absl::OkStatus();
}

// ".pdf" of "Bill.PDF"; empty when it has no ending of 1 to 8 letters and digits.
std::string EndingOf(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  const bool plain = ending.size() >= 2 && ending.size() <= 9 &&
                     std::all_of(ending.begin() + 1, ending.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  return plain ? ending : "";
}

absl::Status Maker::AddDocuments() {
  const std::vector<NamedDocument> named = DocumentsNamedBy(events_);
  for (const std::string& path : order_.documents) {
    absl::StatusOr<std::string> bytes = ReadWholeFile(path, kFileBytesMax);
    if (!bytes.ok()) {
      return bytes.status();
    }
    const std::string digest = crypto::HexEncode(crypto::Sha256Of(*bytes));
    if (std::ranges::find(named, digest, &NamedDocument::sha256) == named.end()) {
      return absl::InvalidArgumentError(path + ": no event of " + order_.agreement + " names its SHA-256, " + digest);
    }
    files_[std::string(kDocuments) + digest + EndingOf(path)] = *std::move(bytes);
  }
  return absl::OkStatus();
}

absl::Status Maker::AddRest() {
  Proven proven;
  Complaint wrong = Prove(files_, trust_, proven);
  if (!wrong) {
    wrong = AddDerived(proven, files_);
  }
  if (wrong) {
    return absl::DataLossError(*wrong);
  }
  const std::string manifest = FormatManifest(proven, files_);
  files_[std::string(kManifest)] = manifest;
  files_[std::string(kRequest)] = RequestFor(manifest);
  const absl::StatusOr<PackReport> report = CheckPack(files_, trust_, std::nullopt);
  if (!report.ok()) {
    return report.status();
  }
  return report->wrong ? absl::DataLossError(*report->wrong) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Files> MakePack(EntrySource& source, const PackOrder& order, const Trust& trust) {
  if (!trust.given()) {
    return absl::InvalidArgumentError(
        "a pack needs --vkey or --policy: without a signature anybody could have made it");
  }
  return Maker(source, order, trust).Run();
}

}  // namespace escrow::audit::evidence
