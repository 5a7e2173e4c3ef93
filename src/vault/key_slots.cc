#include "vault/key_slots.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "crypto/aes_gcm.h"
#include "crypto/random.h"

namespace escrow::vault {
namespace {

constexpr char kFile[] = "keys";
constexpr char kDraft[] = "keys.draft";
constexpr std::size_t kSlotBytes = 512;
constexpr std::size_t kSlotsAtOnce = 4'096;  // of one read
constexpr std::string_view kHeadMagic("escrow-vault-1\0\0", 16);
constexpr std::string_view kKeyMagic("escrow-key-1\0\0\0\0", 16);
constexpr std::size_t kLogIdBytes = 32;
constexpr std::size_t kKeyBytes = 2 * crypto::kAesKeyBytes;
constexpr std::size_t kWrappedBytes = kKeyBytes + crypto::kSealBytes;
constexpr std::size_t kSubjectBytesMax = kSlotBytes - 2 - kWrappedBytes;

std::uint64_t OffsetOf(std::uint32_t slot) { return std::uint64_t{slot} * kSlotBytes; }

bool IsZero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte == '\0'; });
}

std::string_view View(const std::string& text) { return text; }

}  // namespace

KeySlots::KeySlots(Disk& disk, KeyWrapper wrapper, std::string_view log_id)
    : disk_(&disk), wrapper_(std::move(wrapper)), log_id_(log_id) {
  ESCROW_ASSERT(log_id_.size() == kLogIdBytes);
}

std::string KeySlots::HeadContext() const { return std::string(kHeadMagic) + log_id_; }

std::string KeySlots::ContextOf(std::string_view subject) const {
  return std::string(kKeyMagic) + log_id_ + std::string(subject);
}

absl::StatusOr<KeySlots> KeySlots::Open(Disk& disk, KeyWrapper wrapper, std::string_view log_id) {
  KeySlots slots(disk, std::move(wrapper), log_id);
  absl::StatusOr<std::string> head = disk.Read(kFile, 0, kSlotBytes);
  absl::Status status = head.status();
  if (absl::IsNotFound(status)) {
    status = slots.MakeFile();
  } else if (status.ok()) {
    status = slots.CheckHead(*head);
    if (status.ok()) {
      status = slots.ReadAll();
    }
  }
  if (!status.ok()) {
    return status;
  }
  return slots;
}

absl::Status KeySlots::MakeFile() {
  std::string head = HeadContext() + wrapper_.Wrap("", HeadContext());
  head.resize(kSlotBytes, '\0');
  absl::Status status = disk_->WriteFile(kDraft, head);
  if (status.ok()) {
    status = disk_->Rename(kDraft, kFile);
  }
  return status.ok() ? disk_->SyncFolder(".") : status;
}

absl::Status KeySlots::CheckHead(std::string_view head) const {
  const std::size_t sealed_at = kHeadMagic.size() + kLogIdBytes;
  if (head.size() != kSlotBytes || !head.starts_with(kHeadMagic)) {
    return absl::DataLossError("the vault's file `keys` has no head: it is damaged, or no vault of this version");
  }
  if (head.substr(kHeadMagic.size(), kLogIdBytes) != log_id_) {
    return absl::FailedPreconditionError(absl::StrCat("the vault belongs to the log ",
                                                      std::string(head.substr(kHeadMagic.size(), kLogIdBytes)),
                                                      " and not to this one, ", log_id_));
  }
  if (!wrapper_.Unwrap(head.substr(sealed_at, crypto::kSealBytes), HeadContext())) {
    return absl::FailedPreconditionError("the key file is not the one that the vault was made with");
  }
  return absl::OkStatus();
}

absl::Status KeySlots::ReadAll() {
  for (;;) {
    const absl::StatusOr<std::string> bytes = disk_->Read(kFile, OffsetOf(end_), kSlotsAtOnce * kSlotBytes);
    if (!bytes.ok()) {
      return bytes.status();
    }
    for (std::size_t at = 0; at < bytes->size(); at += kSlotBytes) {
      ReadSlot(end_++, View(*bytes).substr(at, kSlotBytes));
    }
    if (bytes->size() < kSlotsAtOnce * kSlotBytes) {
      return absl::OkStatus();
    }
  }
}

void KeySlots::ReadSlot(std::uint32_t slot, std::string_view bytes) {
  if (IsZero(bytes)) {
    free_.push_back(slot);
    return;
  }
  std::string subject;
  if (bytes.size() == kSlotBytes) {
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[i])); };
    const std::size_t size = byte(0) << 8U | byte(1);
    if (size <= kSubjectBytesMax &&
        wrapper_.Unwrap(bytes.substr(2 + size, kWrappedBytes), ContextOf(bytes.substr(2, size)))) {
      subject = bytes.substr(2, size);
    }
  }
  if (subject.empty() || !slots_.try_emplace(subject, slot).second) {
    unreadable_.push_back(slot);
  }
}

std::vector<std::string> KeySlots::Subjects() const {
  std::vector<std::string> subjects;
  for (const auto& [subject, slot] : slots_) {
    subjects.push_back(subject);
  }
  return subjects;
}

absl::StatusOr<SubjectKeys> KeySlots::Load(std::string_view subject) const {
  const auto found = slots_.find(subject);
  if (found == slots_.end()) {
    return absl::NotFoundError("the vault has no keys of this party");
  }
  const absl::StatusOr<std::string> bytes = disk_->Read(kFile, OffsetOf(found->second), kSlotBytes);
  if (!bytes.ok()) {
    return bytes.status();
  }
  std::optional<crypto::Secret> both;
  if (bytes->size() == kSlotBytes) {
    both = wrapper_.Unwrap(View(*bytes).substr(2 + subject.size(), kWrappedBytes), ContextOf(subject));
  }
  if (!both) {
    return absl::DataLossError(absl::StrCat("slot ", found->second, " of the vault's file `keys` is damaged"));
  }
  return SubjectKeys{.both = *std::move(both)};
}

absl::StatusOr<SubjectKeys> KeySlots::Make(std::string_view subject) {
  ESCROW_ASSERT(!Has(subject) && !subject.empty() && subject.size() <= kSubjectBytesMax);
  SubjectKeys keys{.both = crypto::Secret(crypto::RandomBytes(kKeyBytes))};
  std::string bytes;
  bytes += static_cast<char>(subject.size() >> 8U);
  bytes += static_cast<char>(subject.size() & 0xffU);
  bytes += subject;
  bytes += wrapper_.Wrap(keys.both.bytes(), ContextOf(subject));
  bytes.resize(kSlotBytes, '\0');
  const std::uint32_t slot = free_.empty() ? end_ : free_.back();
  if (absl::Status status = disk_->Overwrite(kFile, OffsetOf(slot), bytes); !status.ok()) {
    return status;
  }
  if (free_.empty()) {
    ++end_;
  } else {
    free_.pop_back();
  }
  slots_.emplace(subject, slot);
  return keys;
}

absl::Status KeySlots::Clear(std::uint32_t slot) {
  return disk_->Overwrite(kFile, OffsetOf(slot), std::string(kSlotBytes, '\0'));
}

absl::Status KeySlots::Destroy(std::string_view subject) {
  const auto found = slots_.find(subject);
  if (found == slots_.end()) {
    return absl::OkStatus();
  }
  if (absl::Status status = Clear(found->second); !status.ok()) {
    return status;
  }
  free_.push_back(found->second);
  slots_.erase(found);
  return absl::OkStatus();
}

absl::Status KeySlots::DestroyUnreadable() {
  while (!unreadable_.empty()) {
    if (absl::Status status = Clear(unreadable_.back()); !status.ok()) {
      return status;
    }
    free_.push_back(unreadable_.back());
    unreadable_.pop_back();
  }
  return absl::OkStatus();
}

}  // namespace escrow::vault
