#pragma once

#include <string>

#include "audit/complaint.h"
#include "audit/evidence/pack_files.h"
#include "audit/evidence/proven.h"

// What follows from the proven part of a pack: the files that people and programs read. Pure. INVARIANT: the same pack
// and the same version of its form (kPackFormat) give the same bytes, so that whoever checks a pack makes these files
// again and compares; nothing in them depends on who made the pack, when, and whose signatures he trusted.
namespace escrow::audit::evidence {

// The number goes up whenever one of these files is written in another way.
inline constexpr int kPackFormat = 1;

// What the verifier says of a pack that it found right, a line for each thing that it checked.
[[nodiscard]] std::string VerificationText(const Proven& proven);

// Adds the derived files, without manifest and request. `files` has what was proven. Wrong: the postings of the events
// make no ledger.
[[nodiscard]] Complaint AddDerived(const Proven& proven, Files& files);

// The manifest of all files but itself and what speaks of it: the agreement, the log, and each file's size and SHA-256,
// a line each, by name.
[[nodiscard]] std::string FormatManifest(const Proven& proven, const Files& files);

// The request for a time-stamp of a manifest. Its nonce is made of the manifest's SHA-256 and not random: with it the
// request can be made again and compared; it still differs for every manifest, and an older reply to the same request
// would prove an earlier time, which is no harm.
[[nodiscard]] std::string RequestFor(const std::string& manifest);

// Whether the files are those that their manifest lists, no more and no less, of its sizes and hashes, and all are such
// as a pack can have.
[[nodiscard]] Complaint CheckListed(const Files& files);

}  // namespace escrow::audit::evidence
