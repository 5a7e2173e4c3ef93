#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "audit/entry_source.h"
#include "audit/evidence/pack_files.h"
#include "audit/trust.h"

namespace escrow::audit::evidence {

// What shall be in a pack.
struct PackOrder {
  std::string agreement;                 // platforms/{platform}/agreements/{agreement}
  std::vector<std::string> documents;    // paths
  std::vector<std::string> checkpoints;  // paths of older ones
};

// Makes the pack of an agreement as of the newest checkpoint of a log, and checks it: it is never one that CheckPack
// would refuse with the same trust. The whole log is read once, for its form, chain and root; the tiles of hashes are
// needed for the proofs. The pack depends on the log, the order and the version of the form alone. Memory is that of
// the agreement's events and of the documents.
//
// Errors: InvalidArgument for a name that is none, a document that no event names, a checkpoint that is none; NotFound
// when there is no such agreement, or a file or tile is missing; DataLoss when the log is wrong, its checkpoint is not
// signed as trusted, or does not begin with an older one; those of the source and of reading files.
[[nodiscard]] absl::StatusOr<Files> MakePack(EntrySource& source, const PackOrder& order, const Trust& trust);

}  // namespace escrow::audit::evidence
