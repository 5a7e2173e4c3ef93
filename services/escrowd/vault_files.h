#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "vault/posix_disk.h"
#include "vault/vault.h"

namespace escrow::daemon {

// The vault and the disk that it borrows; both null when there is none.
struct VaultFiles {
  std::unique_ptr<vault::PosixDisk> disk;
  std::unique_ptr<vault::Vault> vault;
  vault::OpenReport report;
};

// Opens the vault of the engine's log in `folder` with the key of `key_file`. Without a key file there is no vault, and
// FAILED_PRECONDITION when the folder holds one: its records would look lost. Other errors: KeyWrapper::Load,
// PosixDisk::Open, Vault::Open.
[[nodiscard]] absl::StatusOr<VaultFiles> OpenVaultFiles(engine::Engine& engine, const std::string& folder,
                                                        const std::string& key_file);

}  // namespace escrow::daemon
