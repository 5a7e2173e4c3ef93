#include "api/vault_stock.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/assert.h"
#include "core/machine.h"
#include "core/names.h"

namespace escrow::api {
namespace {

// Every party that has records, and their commitments.
std::vector<vault::Subject> SubjectsOf(const core::State& state) {
  std::vector<vault::Subject> subjects;
  for (std::uint32_t i = 0; i < state.party_count(); ++i) {
    const core::Party& party = state.party(core::PartySlot{i});
    if (party.records.empty()) {
      continue;
    }
    vault::Subject& subject = subjects.emplace_back();
    subject.name = core::PartyName(state.platform(party.platform).id, party.id);
    for (const core::RecordEntry& record : party.records) {
      subject.records.push_back(CommitmentOf(record.commitment));
    }
  }
  return subjects;
}

}  // namespace

vault::Commitment CommitmentOf(std::string_view bytes) {
  vault::Commitment commitment;
  ESCROW_ASSERT(bytes.size() == commitment.size());
  std::ranges::copy(bytes, reinterpret_cast<char*>(commitment.data()));
  return commitment;
}

absl::StatusOr<std::unique_ptr<vault::Vault>> OpenVault(engine::Engine& engine, vault::Disk& disk,
                                                        vault::KeyWrapper wrapper, vault::OpenReport& report) {
  std::string log_id;
  std::vector<vault::Subject> kept;
  const v1::Reason reason = engine.QueryAndWait([&](const core::Machine& machine, base::Time) {
    log_id = machine.state().log_id();
    kept = SubjectsOf(machine.state());
  });
  if (reason != v1::REASON_UNSPECIFIED) {
    return absl::UnavailableError("the engine does not answer: " + v1::Reason_Name(reason));
  }
  return vault::Vault::Open(disk, std::move(wrapper), log_id, kept, report);
}

}  // namespace escrow::api
