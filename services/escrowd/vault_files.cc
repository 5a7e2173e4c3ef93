#include "vault_files.h"

#include <filesystem>

#include "api/vault_stock.h"

namespace escrow::daemon {

absl::StatusOr<VaultFiles> OpenVaultFiles(engine::Engine& engine, const std::string& folder,
                                          const std::string& key_file) {
  VaultFiles files;
  if (key_file.empty()) {
    std::error_code error;
    if (std::filesystem::exists(folder + "/keys", error)) {
      return absl::FailedPreconditionError(folder + " holds a vault: vault.key_file must name its key file");
    }
    return files;
  }
  absl::StatusOr<vault::KeyWrapper> wrapper = vault::KeyWrapper::Load(key_file);
  if (!wrapper.ok()) {
    return wrapper.status();
  }
  absl::StatusOr<std::unique_ptr<vault::PosixDisk>> disk = vault::PosixDisk::Open(folder);
  if (!disk.ok()) {
    return disk.status();
  }
  files.disk = *std::move(disk);
  absl::StatusOr<std::unique_ptr<vault::Vault>> vault =
      api::OpenVault(engine, *files.disk, *std::move(wrapper), files.report);
  if (!vault.ok()) {
    return vault.status();
  }
  files.vault = *std::move(vault);
  return files;
}

}  // namespace escrow::daemon
