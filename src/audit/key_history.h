#pragma once

#include <cstdint>
#include <vector>

#include "audit/complaint.h"
#include "audit/trust.h"
#include "escrow/v1/event.pb.h"
#include "tlog/checkpoint.h"
#include "tlog/handover.h"

namespace escrow::audit {

// KeyHistory: the keys that signed a log one after another, by the handovers in it (tlog/handover.h). Whoever trusts
// one of them can trust those that came after it: each was named by the one before.
class KeyHistory {
 public:
  // The next rotation of the log. Wrong: its handover is none, is to another key than the command says, or was not
  // signed by the key that took over before. Who signed the first handover, the log does not say: Follow finds out.
  [[nodiscard]] Complaint Take(const v1::Event& event);

  // `trust`, in which each key of the log that has not signed the checkpoint is replaced by the first of those after it
  // that has. Nothing changes where there is none.
  [[nodiscard]] Trust Follow(const Trust& trust, const tlog::SignedCheckpoint& checkpoint) const;

 private:
  [[nodiscard]] tlog::VerifierKey Follow(const tlog::VerifierKey& key, const tlog::Note& note) const;

  std::vector<tlog::Handover> handovers_;
};

}  // namespace escrow::audit
