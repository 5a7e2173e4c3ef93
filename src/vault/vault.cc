#include "vault/vault.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "crypto/aes_gcm.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/wipe.h"

namespace escrow::vault {
namespace {

constexpr char kFolder[] = "records";
constexpr char kDraft[] = "records/draft";
constexpr std::string_view kMagic("escrow-record-1\0", 16);
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kFileBytesMax = kMagic.size() + crypto::kSealBytes + kSaltBytes + kContentBytesMax;

std::string_view View(const crypto::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string PathOf(const Commitment& commitment) { return absl::StrCat(kFolder, "/", crypto::HexEncode(commitment)); }

// The commitment that a file is named after.
std::optional<Commitment> CommitmentOf(const std::string& name) {
  const std::optional<std::string> bytes = crypto::HexDecode(name);
  Commitment commitment;
  if (!bytes || bytes->size() != commitment.size()) {
    return std::nullopt;
  }
  std::ranges::copy(*bytes, reinterpret_cast<char*>(commitment.data()));
  return crypto::HexEncode(commitment) == name ? std::optional(commitment) : std::nullopt;
}

// What a file is bound to: a file of another subject, or under another name, cannot be opened.
std::string ContextOf(std::string_view subject, const Commitment& commitment) {
  return std::string(kMagic) + std::string(View(commitment)) + std::string(subject);
}

}  // namespace

Commitment CommitTo(std::string_view salt, std::string_view content) { return crypto::HmacSha256(salt, content); }

absl::Status Vault::Poisoned(absl::Status status) {
  failed_ = absl::UnavailableError(
      absl::StrCat("the vault is closed until escrowd has started again: ", std::string(status.message())));
  return status;
}

// ---- opening

absl::StatusOr<std::unique_ptr<Vault>> Vault::Open(Disk& disk, KeyWrapper wrapper, std::string_view log_id,
                                                   const std::vector<Subject>& kept, OpenReport& report) {
  absl::StatusOr<KeySlots> slots = KeySlots::Open(disk, std::move(wrapper), log_id);
  absl::Status status = slots.status();
  if (status.ok()) {
    status = disk.MakeFolder(kFolder);
  }
  if (status.ok()) {
    status = disk.SyncFolder(".");
  }
  if (!status.ok()) {
    return status;
  }
  std::unique_ptr<Vault> vault(new Vault(disk, *std::move(slots)));
  status = vault->TakeStock(kept, report);
  if (!status.ok()) {
    return status;
  }
  return vault;
}

absl::Status Vault::TakeStock(const std::vector<Subject>& kept, OpenReport& report) {
  const absl::StatusOr<std::vector<std::string>> names = disk_.List(kFolder);
  if (!names.ok()) {
    return names.status();
  }
  std::vector<Commitment> present;  // sorted, as the names are
  for (const std::string& name : *names) {
    if (const std::optional<Commitment> commitment = CommitmentOf(name)) {
      present.push_back(*commitment);
    } else if (absl::Status status = disk_.Remove(absl::StrCat(kFolder, "/", name)); !status.ok()) {
      return status;  // a draft
    }
  }
  for (const Subject& subject : kept) {
    for (const Commitment& commitment : subject.records) {
      const bool missing = !slots_.Has(subject.name) || !std::ranges::binary_search(present, commitment);
      subjects_[subject.name][commitment] = {.pending = 0, .committed = true, .missing = missing};
      ++(missing ? report.missing : report.records);
    }
  }
  absl::Status status = DropKeys(report);
  return status.ok() ? DropFiles(present, report) : status;
}

// First the keys: without them, the files are noise.
absl::Status Vault::DropKeys(OpenReport& report) {
  for (const std::string& subject : slots_.Subjects()) {
    if (!subjects_.contains(subject)) {
      if (absl::Status status = slots_.Destroy(subject); !status.ok()) {
        return status;
      }
      ++report.destroyed;
    }
  }
  report.subjects = slots_.Subjects().size();
  report.unreadable = report.missing == 0 ? 0 : slots_.unreadable();
  // Nothing is missing: then an unreadable slot is what was left of a write, and nobody needs it.
  return report.missing == 0 ? slots_.DestroyUnreadable() : absl::OkStatus();
}

absl::Status Vault::DropFiles(const std::vector<Commitment>& present, OpenReport& report) {
  std::set<Commitment> known;
  for (const auto& [subject, records] : subjects_) {
    for (const auto& [commitment, holding] : records) {
      known.insert(commitment);
    }
  }
  for (const Commitment& commitment : present) {
    if (!known.contains(commitment)) {
      if (absl::Status status = disk_.Remove(PathOf(commitment)); !status.ok()) {
        return status;
      }
      ++report.removed;
    }
  }
  return disk_.SyncFolder(kFolder);
}

// ---- records

absl::StatusOr<Commitment> Vault::Put(std::string_view subject, std::string_view request, std::string_view content) {
  ESCROW_ASSERT(content.size() <= kContentBytesMax);
  const std::lock_guard lock(mutex_);
  if (!failed_.ok()) {
    return failed_;
  }
  const bool known = slots_.Has(subject);
  absl::StatusOr<SubjectKeys> keys = known ? slots_.Load(subject) : slots_.Make(subject);
  if (!keys.ok()) {
    const bool harmless = known || absl::IsResourceExhausted(keys.status());
    return harmless ? keys.status() : Poisoned(keys.status());
  }
  std::string salted(View(crypto::HmacSha256(keys->salt_key(), request)));
  const Commitment commitment = CommitTo(salted, content);
  const auto records = subjects_.find(subject);
  const bool there = records != subjects_.end() && records->second.contains(commitment);
  if (!there) {
    salted += content;
    const std::string sealed =
        std::string(kMagic) + crypto::Seal(keys->cipher_key(), salted, ContextOf(subject, commitment));
    crypto::Wipe(salted);
    if (absl::Status status = Write(commitment, sealed); !status.ok()) {
      return status;
    }
  }
  ++subjects_[std::string(subject)][commitment].pending;
  return commitment;
}

absl::Status Vault::Write(const Commitment& commitment, std::string_view sealed) {
  if (absl::Status status = disk_.WriteFile(kDraft, sealed); !status.ok()) {
    return status;  // harmless: nobody looks at a draft
  }
  absl::Status status = disk_.Rename(kDraft, PathOf(commitment));
  if (status.ok()) {
    status = disk_.SyncFolder(kFolder);
  }
  return status.ok() ? status : Poisoned(status);
}

absl::Status Vault::Settle(std::string_view subject, const Commitment& commitment, bool committed) {
  const std::lock_guard lock(mutex_);
  const auto records = subjects_.find(subject);
  if (!failed_.ok() || records == subjects_.end()) {
    return failed_;  // OK: erased meanwhile
  }
  const auto found = records->second.find(commitment);
  if (found == records->second.end()) {
    return absl::OkStatus();
  }
  Holding& holding = found->second;
  --holding.pending;
  holding.committed = holding.committed || committed;
  if (holding.pending > 0 || holding.committed) {
    return absl::OkStatus();
  }
  if (records->second.size() == 1) {
    return EraseHeld(subject);
  }
  records->second.erase(found);
  absl::Status status = disk_.Remove(PathOf(commitment));
  if (status.ok()) {
    status = disk_.SyncFolder(kFolder);
  }
  return status.ok() ? status : Poisoned(status);
}

absl::StatusOr<Record> Vault::Get(std::string_view subject, const Commitment& commitment) {
  const std::lock_guard lock(mutex_);
  if (!failed_.ok()) {
    return failed_;
  }
  const auto records = subjects_.find(subject);
  const auto found = records == subjects_.end() ? Records::iterator() : records->second.find(commitment);
  if (records == subjects_.end() || found == records->second.end()) {
    return absl::NotFoundError("the vault has no such record");
  }
  const std::string name = crypto::HexEncode(commitment);
  const absl::Status lost = absl::DataLossError(absl::StrCat("the vault's record ", name, " is missing or damaged"));
  if (found->second.missing) {
    return lost;
  }
  const absl::StatusOr<SubjectKeys> keys = slots_.Load(subject);
  if (!keys.ok()) {
    return keys.status();
  }
  const absl::StatusOr<std::string> file = disk_.Read(PathOf(commitment), 0, kFileBytesMax + 1);
  if (!file.ok()) {
    return absl::IsNotFound(file.status()) ? lost : file.status();
  }
  if (file->size() > kFileBytesMax || !file->starts_with(kMagic)) {
    return lost;
  }
  std::optional<std::string> salted =
      crypto::Open(keys->cipher_key(), std::string_view(*file).substr(kMagic.size()), ContextOf(subject, commitment));
  if (!salted || salted->size() < kSaltBytes) {
    return lost;
  }
  Record record{.content = salted->substr(kSaltBytes), .salt = salted->substr(0, kSaltBytes)};
  crypto::Wipe(*salted);
  return CommitTo(record.salt, record.content) == commitment ? absl::StatusOr<Record>(std::move(record)) : lost;
}

absl::Status Vault::Erase(std::string_view subject) {
  const std::lock_guard lock(mutex_);
  return failed_.ok() ? EraseHeld(subject) : failed_;
}

absl::Status Vault::EraseHeld(std::string_view subject) {
  if (absl::Status status = slots_.Destroy(subject); !status.ok()) {
    return Poisoned(status);
  }
  const auto records = subjects_.find(subject);
  if (records == subjects_.end()) {
    return absl::OkStatus();
  }
  absl::Status status;
  for (const auto& [commitment, holding] : records->second) {
    status.Update(disk_.Remove(PathOf(commitment)));
  }
  status.Update(disk_.SyncFolder(kFolder));
  if (!status.ok()) {
    return Poisoned(status);
  }
  subjects_.erase(records);
  return status;
}

}  // namespace escrow::vault
