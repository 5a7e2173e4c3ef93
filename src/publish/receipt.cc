#include "publish/receipt.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/assert.h"
#include "escrow/v1/receipt.pb.h"
#include "publish/tree_reader.h"
#include "tlog/tile.h"

namespace escrow::publish {
namespace {

constexpr int kHistoryMax = 1'000;
// Of the receipt as extra data; a tlog-proof takes 1 MiB, and the next event of the history may have 68 KiB with its
// proof.
constexpr std::size_t kReceiptBytesMax = 768 << 10;

// The stored bytes of an event, and what they say.
absl::Status ReadEvent(const PublicLog& log, std::uint64_t sequence, std::string& bytes, v1::Event& event) {
  absl::StatusOr<std::string> bundle = log.ReadBundle(sequence - 1, 1);
  if (!bundle.ok()) {
    return bundle.status();
  }
  const auto entries = tlog::ParseEntryBundle(*bundle, 1);
  if (!entries.ok() || !event.ParseFromArray(entries->front().data(), static_cast<int>(entries->front().size())) ||
      event.sequence() != sequence) {
    return absl::DataLossError(absl::StrCat("entry ", sequence - 1, " of the public log is not event ", sequence));
  }
  bytes = entries->front();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProvenReceipt> MakeReceipt(const PublicLog& log, const tlog::SignedCheckpoint& checkpoint,
                                          std::uint64_t sequence) {
  const std::uint64_t size = checkpoint.checkpoint.size;
  ESCROW_ASSERT(sequence > 0 && sequence <= size && size <= log.size());
  TreeReader tree(log);
  ProvenReceipt made;
  v1::Receipt receipt;
  if (absl::Status status = ReadEvent(log, sequence, *receipt.mutable_event(), made.event); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::vector<tlog::Hash>> path = tlog::BuildInclusionProof(sequence - 1, size, tree);
  if (!path.ok()) {
    return path.status();
  }
  v1::Event before;
  std::size_t bytes = receipt.event().size();
  for (std::uint64_t next = made.event.previous_sequence();
       next != 0 && receipt.history_size() < kHistoryMax && bytes < kReceiptBytesMax;
       next = before.previous_sequence()) {
    v1::ProvenEvent& proven = *receipt.add_history();
    if (absl::Status status = ReadEvent(log, next, *proven.mutable_event(), before); !status.ok()) {
      return status;
    }
    const absl::StatusOr<std::vector<tlog::Hash>> hashes = tlog::BuildInclusionProof(next - 1, size, tree);
    if (!hashes.ok()) {
      return hashes.status();
    }
    for (const tlog::Hash& hash : *hashes) {
      proven.add_hashes(hash.data(), hash.size());
    }
    bytes += proven.ByteSizeLong();
  }
  made.proof = {.extra = receipt.SerializeAsString(),
                .index = sequence - 1,
                .hashes = *std::move(path),
                .checkpoint = checkpoint};
  return made;
}

}  // namespace escrow::publish
