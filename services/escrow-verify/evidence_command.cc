#include "evidence_command.h"

#include <cstdio>
#include <optional>

#include "audit/entry_source.h"
#include "audit/evidence/check.h"
#include "audit/evidence/pack_files.h"
#include "audit/file_bytes.h"
#include "print.h"

namespace escrow::verify {
namespace {

namespace evidence = audit::evidence;

constexpr std::size_t kAuthoritiesBytesMax = std::size_t{1} << 20U;

}  // namespace

EvidenceCommands::EvidenceCommands(CLI::App& app) {
  evidence_ = app.add_subcommand("evidence", "All that proves an agreement's history, in one folder");
  evidence_->require_subcommand(1);
  make_ = evidence_->add_subcommand("make", "Write the evidence of an agreement");
  make_->add_option("source", source_, "A folder of tiles, a data directory, or a http or https URL of tiles")
      ->required();
  make_->add_option("--agreement", order_.agreement, "platforms/{platform}/agreements/{agreement}")->required();
  make_->add_option("--out", folder_, "A folder that does not exist yet")->required();
  make_->add_option("--document", order_.documents, "A file whose SHA-256 an event names; may be repeated");
  make_->add_option("--checkpoint", order_.checkpoints, "An older checkpoint of the log; may be repeated");
  trust_.Add(*make_);
  check_ = evidence_->add_subcommand("check", "Check the evidence of an agreement, with nothing else");
  check_->add_option("folder", folder_, "What `evidence make` wrote, perhaps with a response.tsr")->required();
  check_->add_option("--tsa-ca", authorities_,
                     "Certificates in PEM, one of which must vouch for who signed response.tsr");
  check_->add_flag("--json", json_, "Print one JSON object");
  trust_.Add(*check_);
}

int EvidenceCommands::Run() const {
  bool right = true;
  const absl::Status done = make_->parsed() ? Make() : Check(right);
  return Conclude(done, right);
}

absl::Status EvidenceCommands::Make() const {
  const absl::StatusOr<audit::Trust> trust = trust_.Read();
  if (!trust.ok()) {
    return trust.status();
  }
  const absl::StatusOr<std::unique_ptr<audit::EntrySource>> source = audit::OpenSource(source_);
  if (!source.ok()) {
    return source.status();
  }
  const absl::StatusOr<evidence::Files> files = evidence::MakePack(**source, order_, *trust);
  return files.ok() ? evidence::WriteFolder(folder_, *files) : files.status();
}

absl::Status EvidenceCommands::Check(bool& right) const {
  const absl::StatusOr<audit::Trust> trust = trust_.Read();
  if (!trust.ok()) {
    return trust.status();
  }
  std::optional<std::string> authorities;
  if (!authorities_.empty()) {
    absl::StatusOr<std::string> bytes = audit::ReadWholeFile(authorities_, kAuthoritiesBytesMax);
    if (!bytes.ok()) {
      return bytes.status();
    }
    authorities = *std::move(bytes);
  }
  const absl::StatusOr<evidence::Files> files = evidence::ReadFolder(folder_);
  if (!files.ok()) {
    return files.status();
  }
  const absl::StatusOr<evidence::PackReport> report = evidence::CheckPack(*files, *trust, authorities);
  if (!report.ok()) {
    return report.status();
  }
  right = !report->wrong;
  const std::string text = json_ ? JsonOf(*report) : TextOf(*report);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return absl::OkStatus();
}

}  // namespace escrow::verify
