#include "escrowctl/audit/audit_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hex.h"
#include "escrow/v1/receipt.pb.h"
#include "escrow/v1/transparency_service.pb.h"
#include "escrowctl/audit/log_folder.h"
#include "escrowctl/console.h"
#include "escrowctl/read_file.h"
#include "escrowctl/render.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"
#include "tlog/policy.h"
#include "tlog/proof.h"
#include "tlog/tlog_proof.h"

namespace escrow::ctl {
namespace {

using tlog::Hash;
using tlog::SignedCheckpoint;

absl::Status WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file.good() ? absl::OkStatus() : absl::InvalidArgumentError("cannot write " + path);
}

// What was given, or else what the server says of itself.
absl::StatusOr<tlog::VerifierKey> KeyOf(const std::string& given, const std::string& told) {
  absl::StatusOr<tlog::VerifierKey> key = tlog::VerifierKey::Parse(given.empty() ? told : given);
  if (!key.ok()) {
    return absl::InvalidArgumentError("the verifier key: " + std::string(key.status().message()));
  }
  return key;
}

// The checkpoint in a note that `key` has signed.
absl::StatusOr<SignedCheckpoint> Verified(const std::string& note, const tlog::VerifierKey& key) {
  absl::StatusOr<SignedCheckpoint> checkpoint = tlog::ParseSignedCheckpoint(note);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  const std::vector<tlog::VerifierKey> keys{key};
  if (absl::Status status = tlog::VerifyNote(checkpoint->note, keys).status(); !status.ok()) {
    return status;
  }
  return checkpoint;
}

// Whether the log of `newest` begins with that of `older`; false when it does not, with the reason.
absl::StatusOr<bool> Continues(Client& client, const SignedCheckpoint& older, const SignedCheckpoint& newest,
                               std::string& reason) {
  if (older.checkpoint.size > newest.checkpoint.size) {
    reason = "the older checkpoint has more entries: the log was rolled back";
    return false;
  }
  v1::GetConsistencyProofRequest request;
  request.set_old_size(static_cast<std::int64_t>(older.checkpoint.size));
  request.set_new_size(static_cast<std::int64_t>(newest.checkpoint.size));
  v1::ConsistencyProof proof;
  if (absl::Status status = client.Call(request, proof); !status.ok()) {
    return status;
  }
  std::vector<Hash> hashes;
  for (const std::string& bytes : proof.hashes()) {
    if (bytes.size() != Hash{}.size()) {
      return absl::DataLossError("the server's proof has a hash of another size");
    }
    std::copy(bytes.begin(), bytes.end(), hashes.emplace_back().begin());
  }
  const absl::Status status = tlog::VerifyConsistency(older.checkpoint.size, newest.checkpoint.size,
                                                      older.checkpoint.root, newest.checkpoint.root, hashes);
  reason = std::string(status.message());
  return status.ok();
}

void PrintCheckpoint(const SignedCheckpoint& checkpoint, const std::string& key, Output output) {
  output.out << fmt::format("{}\n  entries      {}\n  Merkle root  {}\n  signed by    {}\n",
                            checkpoint.checkpoint.origin, checkpoint.checkpoint.size,
                            crypto::HexEncode(checkpoint.checkpoint.root), key);
}

}  // namespace

absl::Status ShowCheckpoint(Client& client, const CheckpointOptions& options, Output output, bool& good) {
  good = true;
  v1::Checkpoint newest;
  if (absl::Status status = client.Call(v1::GetCheckpointRequest(), newest); !status.ok()) {
    return status;
  }
  const absl::StatusOr<tlog::VerifierKey> key = KeyOf(options.verifier_key, newest.verifier_key());
  if (!key.ok()) {
    return key.status();
  }
  const absl::StatusOr<SignedCheckpoint> checkpoint = Verified(newest.note(), *key);
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  std::string reason;
  if (!options.since.empty()) {
    const absl::StatusOr<std::string> note = ReadFile(options.since);
    const absl::StatusOr<SignedCheckpoint> older =
        note.ok() ? Verified(*note, *key) : absl::StatusOr<SignedCheckpoint>(note.status());
    if (!older.ok()) {
      return absl::InvalidArgumentError(options.since + ": " + std::string(older.status().message()));
    }
    const absl::StatusOr<bool> continues = Continues(client, *older, *checkpoint, reason);
    if (!continues.ok()) {
      return continues.status();
    }
    good = *continues;
  }
  if (!options.save.empty()) {
    if (absl::Status status = WriteFile(options.save, newest.note()); !status.ok()) {
      return status;
    }
  }
  if (output.json) {
    RenderJson(newest, false, output.out);
    return absl::OkStatus();
  }
  PrintCheckpoint(*checkpoint, key->Format(), output);
  if (!options.since.empty()) {
    output.out << (good ? "  continues    " + options.since + "\n"
                        : "  DOES NOT CONTINUE " + options.since + ": " + reason + "\n");
  }
  return absl::OkStatus();
}

absl::Status SaveReceipt(Client& client, const ReceiptOptions& options, Output output) {
  v1::GetReceiptRequest request;
  request.set_sequence(options.sequence);
  v1::GetReceiptResponse response;
  if (absl::Status status = client.Call(request, response); !status.ok()) {
    return status;
  }
  const absl::StatusOr<tlog::VerifierKey> key = KeyOf(options.verifier_key, response.verifier_key());
  if (!key.ok()) {
    return key.status();
  }
  const absl::StatusOr<tlog::Policy> policy = tlog::Policy::Parse("log " + key->Format() + "\nquorum none\n");
  const absl::StatusOr<tlog::TlogProof> proof = tlog::ParseTlogProof(response.tlog_proof());
  v1::Receipt receipt;
  if (!policy.ok() || !proof.ok() || !receipt.ParseFromString(proof->extra)) {
    return absl::DataLossError("the server's receipt cannot be read");
  }
  if (absl::Status status = tlog::VerifyTlogProof(*proof, receipt.event(), *policy).status(); !status.ok()) {
    return absl::DataLossError("the server's receipt proves nothing: " + std::string(status.message()));
  }
  if (absl::Status status = WriteFile(options.file, response.tlog_proof()); !status.ok()) {
    return status;
  }
  if (output.json) {
    RenderJson(response, false, output.out);
    return absl::OkStatus();
  }
  output.out << fmt::format("{}: event {} of {}, with {} events before it that explain it; checked\n", options.file,
                            options.sequence, proof->checkpoint.checkpoint.origin, receipt.history_size());
  output.out << fmt::format("check it anywhere: escrow-verify receipt {} --vkey '{}'\n", options.file, key->Format());
  return absl::OkStatus();
}

absl::Status ExportLog(Client& client, const std::string& folder, Output output) {
  v1::Checkpoint newest;
  if (absl::Status status = client.Call(v1::GetCheckpointRequest(), newest); !status.ok()) {
    return status;
  }
  const absl::StatusOr<SignedCheckpoint> checkpoint = tlog::ParseSignedCheckpoint(newest.note());
  if (!checkpoint.ok()) {
    return checkpoint.status();
  }
  absl::StatusOr<std::unique_ptr<LogFolder>> log = LogFolder::Create(folder);
  if (!log.ok()) {
    return log.status();
  }
  ProgressBar bar("reading entries");
  const std::uint64_t size = checkpoint->checkpoint.size;
  while ((*log)->size() < size) {
    v1::ListEntriesRequest request;
    request.set_first_index(static_cast<std::int64_t>((*log)->size()));
    v1::ListEntriesResponse page;
    if (absl::Status status = client.Call(request, page); !status.ok()) {
      return status;
    }
    for (int i = 0; i < page.entries_size() && (*log)->size() < size; ++i) {
      if (absl::Status status = (*log)->Add(page.entries(i)); !status.ok()) {
        return status;
      }
    }
    bar.Update(static_cast<std::int64_t>((*log)->size()), static_cast<std::int64_t>(size));
  }
  if (absl::Status status = (*log)->Finish(*checkpoint); !status.ok()) {
    return status;
  }
  if (output.json) {
    RenderJson(newest, false, output.out);
    return absl::OkStatus();
  }
  output.out << fmt::format("{}: {} entries of {}\ncheck it: escrow-verify log {} --vkey '{}'\n", folder, size,
                            newest.origin(), folder, newest.verifier_key());
  return absl::OkStatus();
}

}  // namespace escrow::ctl
