#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "vault/vault.h"

namespace escrow::api {

// Opens the vault of the engine's log: what the state does not vouch for is destroyed (vault/vault.h). Before the
// server starts, so that no command about the vault is on its way. Errors: those of Vault::Open.
[[nodiscard]] absl::StatusOr<std::unique_ptr<vault::Vault>> OpenVault(engine::Engine& engine, vault::Disk& disk,
                                                                      vault::KeyWrapper wrapper,
                                                                      vault::OpenReport& report);

// The commitment of a record as the vault has it. REQUIRES: 32 bytes, as the core makes sure.
[[nodiscard]] vault::Commitment CommitmentOf(std::string_view bytes);

}  // namespace escrow::api
