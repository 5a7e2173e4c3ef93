#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "escrow/v1/event.pb.h"
#include "publish/public_log.h"
#include "tlog/checkpoint.h"
#include "tlog/tlog_proof.h"

namespace escrow::publish {

// A receipt, and the event that it proves.
struct ProvenReceipt {
  tlog::TlogProof proof;  // its extra data is a v1::Receipt
  v1::Event event;
};

// The receipt of an event against a checkpoint of the log: its proof, and its history with a proof for each event; a
// history is cut at 1,000 events or 768 KiB. Any thread. REQUIRES: the checkpoint covers `sequence`, the log the
// checkpoint. Errors: those of PublicLog; DATA_LOSS when an entry is no event.
[[nodiscard]] absl::StatusOr<ProvenReceipt> MakeReceipt(const PublicLog& log, const tlog::SignedCheckpoint& checkpoint,
                                                        std::uint64_t sequence);

}  // namespace escrow::publish
