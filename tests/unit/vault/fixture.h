#pragma once

#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/crash_disk.h"
#include "support/temp_folder.h"
#include "vault/vault.h"

namespace escrow::vault::test {

inline constexpr char kLogId[] = "00112233445566778899aabbccddeeff";
inline constexpr char kAda[] = "platforms/shop/parties/ada";
inline constexpr char kBob[] = "platforms/shop/parties/bob";

// A key file whose 32 bytes are all `byte`.
inline std::string KeyFile(const escrow::test::TempFolder& folder, char byte) {
  const std::string path = folder.path() + "/key-" + byte;
  std::ofstream(path) << std::string(32, byte);
  ESCROW_ASSERT(chmod(path.c_str(), 0600) == 0);
  return path;
}

inline KeyWrapper Wrapper(char byte = 'k') {
  const escrow::test::TempFolder folder;
  return *KeyWrapper::Load(KeyFile(folder, byte));
}

inline absl::StatusOr<std::unique_ptr<Vault>> Open(Disk& disk, const std::vector<Subject>& kept, OpenReport& report,
                                                   char key = 'k') {
  report = {};
  return Vault::Open(disk, Wrapper(key), kLogId, kept, report);
}

inline std::unique_ptr<Vault> MustOpen(Disk& disk, const std::vector<Subject>& kept = {}) {
  OpenReport report;
  return *Open(disk, kept, report);
}

// Puts a record that the log takes.
inline Commitment MustPut(Vault& vault, std::string_view subject, std::string_view request, std::string_view content) {
  const Commitment commitment = *vault.Put(subject, request, content);
  ESCROW_ASSERT(vault.Settle(subject, commitment, /*committed=*/true).ok());
  return commitment;
}

// The content, or the code of the failure.
inline std::string Content(Vault& vault, std::string_view subject, const Commitment& commitment) {
  const absl::StatusOr<Record> record = vault.Get(subject, commitment);
  return record.ok() ? record->content : absl::StatusCodeToString(record.status().code());
}

}  // namespace escrow::vault::test
