#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/complaint.h"
#include "audit/evidence/pack_files.h"
#include "audit/receipt.h"
#include "audit/trust.h"
#include "escrow/v1/event.pb.h"

// What the receipts, checkpoints and documents of a pack prove about its agreement. Pure.
namespace escrow::audit::evidence {

// A thing whose SHA-256 an event of the agreement names: evidence of a confirmation.
struct NamedDocument {
  std::uint64_t event = 0;
  std::string milestone_id;
  v1::EvidenceKind kind = v1::EVIDENCE_KIND_UNSPECIFIED;
  std::string sha256;  // 64 hexadecimal digits
  std::string file;    // its name in the pack; empty: not enclosed
};

struct Proven {
  std::string agreement;          // resource name
  std::vector<v1::Event> events;  // all up to the last one, oldest first
  CheckpointReport checkpoint;    // signatures are right
  ReceiptReport last;             // the receipt of the last event
  std::size_t receipts = 0;
  std::vector<std::uint64_t> older;      // sizes of the older checkpoints with which the log begins
  std::vector<NamedDocument> documents;  // in the order of the events
};

// Which events must have a receipt of their own: the newest of each kind, and those that reach the first event
// together: the last one, and where the history of one is cut (audit/receipt.h), the event that comes before it.
// `cut_at`: the events with a receipt whose history is cut, each with the event before its oldest.
[[nodiscard]] std::vector<std::uint64_t> ReceiptsNeeded(const std::vector<v1::Event>& events,
                                                        const std::map<std::uint64_t, std::uint64_t>& cut_at);

// Hashes that the events name, none enclosed yet.
[[nodiscard]] std::vector<NamedDocument> DocumentsNamedBy(const std::vector<v1::Event>& events);

// Lines of base 64, one for each hash of a proof of consistency (RFC 6962 section 2.1.2).
[[nodiscard]] std::string FormatConsistency(const std::vector<tlog::Hash>& hashes);

// Checks what nobody can derive, and fills what it proves: the checkpoint is signed as `trust` demands; each receipt is
// right, is of this checkpoint and of the event and the one agreement that it should be; together they have every event
// of the agreement from the first up to the last, and there are those that must be there and no others; the log begins
// with the older checkpoints, which are signed as well; each document is one whose hash an event names. Files that are
// derived are not looked at. REQUIRES: trust.given(). Wrong: with the name of the file.
[[nodiscard]] Complaint Prove(const Files& files, const Trust& trust, Proven& proven);

}  // namespace escrow::audit::evidence
