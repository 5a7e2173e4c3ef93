#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/sha256.h"
#include "vault/disk.h"
#include "vault/key_slots.h"
#include "vault/key_wrapper.h"

// Personal data beside the log, under keys that can be destroyed (docs/adr/0006, docs/DATA_FORMATS.md; standards.md
// §4.6). A subject is whoever the data is about, by any name of at most 256 bytes.
namespace escrow::vault {

inline constexpr std::size_t kContentBytesMax = 1 << 20;

// What the log holds of a record: HMAC-SHA256(salt, content).
using Commitment = crypto::Digest;
[[nodiscard]] Commitment CommitTo(std::string_view salt, std::string_view content);

// A subject's records that the log vouches for.
struct Subject {
  std::string name;
  std::vector<Commitment> records;
};

// A record as it was put, and the salt with which its commitment can be checked.
struct Record {
  std::string content;
  std::string salt;  // 32 bytes
};

// What Open found and did.
struct OpenReport {
  std::size_t subjects = 0;    // that have keys now
  std::size_t records = 0;     // that are there now
  std::size_t destroyed = 0;   // subjects whose keys were destroyed, because the log does not vouch for them
  std::size_t removed = 0;     // files that were removed, for the same reason
  std::size_t missing = 0;     // records that the log vouches for and that are not there, or have no keys
  std::size_t unreadable = 0;  // key slots that hold no keys and were kept, because something is missing
};

// Vault: see above.
//
// Guarantees: what a function has changed when it returns OK is durable. Cut at any point, each record is whole or
// absent and each subject has its keys or has none; the next Open brings it in line with the log. After a write whose
// outcome is not known (a failed sync, a failed rename) every call fails, until the process has started again: what the
// disk holds is then read anew.
//
// Threading: any thread; calls wait for each other and for the disk. Ownership: borrows the disk.
class Vault {
 public:
  // Opens the vault of this log, or makes it, and destroys whatever the log does not vouch for. REQUIRES: `kept` is
  // what a durable position of the log says, and no command about the vault is on its way. Errors of KeySlots::Open and
  // of the disk.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Vault>> Open(Disk& disk, KeyWrapper wrapper,
                                                                   std::string_view log_id,
                                                                   const std::vector<Subject>& kept,
                                                                   OpenReport& report);

  // Keeps a record, until Settle says what became of it in the log. `request` names who asks and his request id: the
  // same request and content for the same subject give the same commitment. REQUIRES: content within kContentBytesMax.
  // Each Put that succeeds is followed by one Settle.
  [[nodiscard]] absl::StatusOr<Commitment> Put(std::string_view subject, std::string_view request,
                                               std::string_view content);
  // The log has taken the commitment, or refused it: then the record goes, and with the last one the keys.
  [[nodiscard]] absl::Status Settle(std::string_view subject, const Commitment& commitment, bool committed);

  // NOT_FOUND when there is no such record (any more), DATA_LOSS when the log vouches for it and it is not there or was
  // tampered with.
  [[nodiscard]] absl::StatusOr<Record> Get(std::string_view subject, const Commitment& commitment);

  // Destroys the keys of the subject, then its records. Nothing happens when it has none. After an error the subject
  // may be erased in part; call again.
  [[nodiscard]] absl::Status Erase(std::string_view subject);

 private:
  struct Holding {
    int pending = 0;         // Puts that were not settled
    bool committed = false;  // the log has it
    bool missing = false;    // and we have not
  };
  using Records = std::map<Commitment, Holding>;

  Vault(Disk& disk, KeySlots slots) : disk_(disk), slots_(std::move(slots)) {}

  // Steps of Open.
  [[nodiscard]] absl::Status TakeStock(const std::vector<Subject>& kept, OpenReport& report);
  [[nodiscard]] absl::Status DropFiles(const std::vector<Commitment>& present, OpenReport& report);
  [[nodiscard]] absl::Status DropKeys(OpenReport& report);

  [[nodiscard]] absl::Status Write(const Commitment& commitment, std::string_view sealed);
  [[nodiscard]] absl::Status EraseHeld(std::string_view subject);
  // Remembers that the disk's state is unknown from here on.
  absl::Status Poisoned(absl::Status status);

  Disk& disk_;
  std::mutex mutex_;
  KeySlots slots_;
  std::map<std::string, Records, std::less<>> subjects_;
  absl::Status failed_;  // of the write after which nothing is known
};

}  // namespace escrow::vault
