#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/secret.h"
#include "vault/disk.h"
#include "vault/key_wrapper.h"

namespace escrow::vault {

// The two keys of a subject, 32 bytes each.
struct SubjectKeys {
  crypto::Secret both;

  [[nodiscard]] std::string_view cipher_key() const { return both.bytes().substr(0, 32); }
  [[nodiscard]] std::string_view salt_key() const { return both.bytes().substr(32); }
};

// KeySlots: the file `keys`, one slot of 512 bytes a subject, the first one for the head (docs/DATA_FORMATS.md). A slot
// is overwritten where it lies, so that what it held is nowhere any more; nothing is ever moved or rewritten elsewhere.
//
// Threading: none. Borrows the disk.
class KeySlots {
 public:
  // Opens the file, or makes it. FAILED_PRECONDITION when it was made with another key file or belongs to another log,
  // DATA_LOSS when it is no such file.
  [[nodiscard]] static absl::StatusOr<KeySlots> Open(Disk& disk, KeyWrapper wrapper, std::string_view log_id);

  [[nodiscard]] bool Has(std::string_view subject) const { return slots_.contains(subject); }
  [[nodiscard]] std::vector<std::string> Subjects() const;
  // How many slots hold something that cannot be unwrapped: what a power cut left of a write, or damage.
  [[nodiscard]] std::size_t unreadable() const { return unreadable_.size(); }

  // The subject's keys. NOT_FOUND; DATA_LOSS when the slot has changed since it was opened.
  [[nodiscard]] absl::StatusOr<SubjectKeys> Load(std::string_view subject) const;
  // New keys, durable. REQUIRES: the subject has none.
  [[nodiscard]] absl::StatusOr<SubjectKeys> Make(std::string_view subject);
  // Overwrites the subject's slot, durably; its keys are gone. Nothing happens when it has none.
  [[nodiscard]] absl::Status Destroy(std::string_view subject);
  // The same for the slots that cannot be unwrapped.
  [[nodiscard]] absl::Status DestroyUnreadable();

 private:
  KeySlots(Disk& disk, KeyWrapper wrapper, std::string_view log_id);

  [[nodiscard]] absl::Status MakeFile();
  [[nodiscard]] absl::Status CheckHead(std::string_view head) const;
  [[nodiscard]] absl::Status ReadAll();
  void ReadSlot(std::uint32_t slot, std::string_view bytes);
  [[nodiscard]] std::string HeadContext() const;
  [[nodiscard]] std::string ContextOf(std::string_view subject) const;
  [[nodiscard]] absl::Status Clear(std::uint32_t slot);

  Disk* disk_;
  KeyWrapper wrapper_;
  std::string log_id_;
  std::map<std::string, std::uint32_t, std::less<>> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> unreadable_;
  std::uint32_t end_ = 1;  // slots in the file, with the head
};

}  // namespace escrow::vault
