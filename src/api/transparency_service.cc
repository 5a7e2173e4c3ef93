#include "api/transparency_service.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "api/key_rotation.h"
#include "api/lookup.h"
#include "api/read_call.h"
#include "api/refusal.h"
#include "publish/publisher.h"
#include "publish/receipt.h"
#include "publish/tree_reader.h"
#include "tlog/note.h"
#include "tlog/proof.h"
#include "tlog/tile.h"
#include "tlog/tlog_proof.h"

namespace escrow::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;
using tlog::Hash;

// What the newest checkpoint covers, and the files below it.
struct Published {
  const publish::Publisher& publisher;
  publish::SharedCheckpoint newest;

  [[nodiscard]] std::uint64_t size() const { return newest->checkpoint.size; }
};

Status InvalidNumber(const char* field, std::int64_t value) {
  return Refuse(v1::REASON_INVALID_FIELD, {{"field", field}, {"value", std::to_string(value)}});
}

Status NotPublished(std::uint64_t wanted, std::uint64_t published) {
  return Refuse(v1::REASON_NOT_PUBLISHED,
                {{"needed", std::to_string(wanted)}, {"published", std::to_string(published)}});
}

// Calls `then` with what is published. While there is nothing, or no more, the operator's log says why.
template <class Then>
Status WithPublished(const Backend& backend, Then then) {
  if (backend.publisher == nullptr) {
    return Refuse(v1::REASON_NOT_PUBLISHED);
  }
  absl::StatusOr<publish::SharedCheckpoint> newest = backend.publisher->checkpoint();
  if (!newest.ok()) {
    return Refuse(v1::REASON_NOT_PUBLISHED);
  }
  return then(Published{.publisher = *backend.publisher, .newest = *std::move(newest)});
}

std::string_view View(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

void SetCheckpoint(const Published& published, v1::Checkpoint& out) {
  const tlog::Checkpoint& checkpoint = published.newest->checkpoint;
  out.set_origin(checkpoint.origin);
  out.set_tree_size(static_cast<std::int64_t>(checkpoint.size));
  out.set_root_hash(std::string(View(checkpoint.root)));
  out.set_note(tlog::FormatNote(published.newest->note));
  out.set_verifier_key(published.publisher.verifier().Format());
}

// The size that was asked for, 0 meaning the newest.
Status ChooseSize(const Published& published, const char* field, std::int64_t asked, std::uint64_t& size) {
  if (asked < 0) {
    return InvalidNumber(field, asked);
  }
  size = asked == 0 ? published.size() : static_cast<std::uint64_t>(asked);
  return size <= published.size() ? Status::OK : NotPublished(size, published.size());
}

Status BuildInclusion(const Published& published, const v1::GetInclusionProofRequest& request,
                      v1::InclusionProof& out) {
  if (request.sequence() < 1) {
    return InvalidNumber("sequence", request.sequence());
  }
  std::uint64_t size = 0;
  if (Status status = ChooseSize(published, "tree_size", request.tree_size(), size); !status.ok()) {
    return status;
  }
  const auto sequence = static_cast<std::uint64_t>(request.sequence());
  if (sequence > size) {
    return request.tree_size() == 0 ? NotPublished(sequence, size) : InvalidNumber("tree_size", request.tree_size());
  }
  publish::TreeReader tree(published.publisher.log());
  const tlog::NodeId leaf{.level = 0, .index = sequence - 1};
  const absl::StatusOr<std::vector<Hash>> hash = tree.ReadHashes({&leaf, 1});
  const absl::StatusOr<std::vector<Hash>> proof = tlog::BuildInclusionProof(leaf.index, size, tree);
  for (const absl::Status& status : {hash.status(), proof.status()}) {
    if (!status.ok()) {
      return LogFailure(status);
    }
  }
  out.set_leaf_index(static_cast<std::int64_t>(leaf.index));
  out.set_tree_size(static_cast<std::int64_t>(size));
  out.set_leaf_hash(std::string(View(hash->front())));
  for (const Hash& node : *proof) {
    out.add_hashes(std::string(View(node)));
  }
  if (size == published.size()) {
    SetCheckpoint(published, *out.mutable_checkpoint());
  }
  return Status::OK;
}

Status BuildConsistency(const Published& published, const v1::GetConsistencyProofRequest& request,
                        v1::ConsistencyProof& out) {
  std::uint64_t new_size = 0;
  if (Status status = ChooseSize(published, "new_size", request.new_size(), new_size); !status.ok()) {
    return status;
  }
  if (request.old_size() < 0 || static_cast<std::uint64_t>(request.old_size()) > new_size) {
    return InvalidNumber("old_size", request.old_size());
  }
  publish::TreeReader tree(published.publisher.log());
  const absl::StatusOr<std::vector<Hash>> proof =
      tlog::BuildConsistencyProof(static_cast<std::uint64_t>(request.old_size()), new_size, tree);
  if (!proof.ok()) {
    return LogFailure(proof.status());
  }
  out.set_old_size(request.old_size());
  out.set_new_size(static_cast<std::int64_t>(new_size));
  for (const Hash& node : *proof) {
    out.add_hashes(std::string(View(node)));
  }
  if (new_size == published.size()) {
    SetCheckpoint(published, *out.mutable_checkpoint());
  }
  return Status::OK;
}

Status ReadEntries(const Published& published, const v1::ListEntriesRequest& request,
                   v1::ListEntriesResponse& response) {
  if (request.first_index() < 0) {
    return InvalidNumber("first_index", request.first_index());
  }
  if (request.count() < 0) {
    return InvalidNumber("count", request.count());
  }
  const auto first = static_cast<std::uint64_t>(request.first_index());
  if (first >= published.size()) {
    return NotPublished(first + 1, published.size());
  }
  const std::uint64_t in_tile = tlog::kTileWidth - first % tlog::kTileWidth;
  std::uint64_t count = std::min(in_tile, published.size() - first);
  if (request.count() > 0) {
    count = std::min(count, static_cast<std::uint64_t>(request.count()));
  }
  const absl::StatusOr<std::string> bundle =
      published.publisher.log().ReadBundle(first, static_cast<std::size_t>(count));
  if (!bundle.ok()) {
    return LogFailure(bundle.status());
  }
  const absl::StatusOr<std::vector<std::string_view>> entries =
      tlog::ParseEntryBundle(*bundle, static_cast<std::uint32_t>(count));
  if (!entries.ok()) {
    return LogFailure(entries.status());
  }
  for (const std::string_view entry : *entries) {
    response.add_entries(entry.data(), entry.size());
  }
  return Status::OK;
}

Status MakeReceipt(Backend& backend, const Reach& reach, const Published& published,
                   const v1::GetReceiptRequest& request, v1::GetReceiptResponse& response) {
  if (request.sequence() < 1) {
    return InvalidNumber("sequence", request.sequence());
  }
  const auto sequence = static_cast<std::uint64_t>(request.sequence());
  if (sequence > published.size()) {
    return NotPublished(sequence, published.size());
  }
  // Whoever relies on witnesses believes a checkpoint with their quorum alone.
  const publish::SharedCheckpoint cosigned = published.publisher.cosigned_checkpoint();
  const bool vouched_for = cosigned != nullptr && sequence <= cosigned->checkpoint.size;
  const absl::StatusOr<publish::ProvenReceipt> receipt =
      publish::MakeReceipt(published.publisher.log(), vouched_for ? *cosigned : *published.newest, sequence);
  if (!receipt.ok()) {
    return LogFailure(receipt.status());
  }
  if (Status status = CheckEvent(backend, reach, receipt->event); !status.ok()) {
    return status;
  }
  response.set_tlog_proof(tlog::FormatTlogProof(receipt->proof));
  response.set_verifier_key(published.publisher.verifier().Format());
  return Status::OK;
}

}  // namespace

ServerUnaryReactor* TransparencyService::GetCheckpoint(CallbackServerContext* context, const v1::GetCheckpointRequest*,
                                                       v1::Checkpoint* checkpoint) {
  return StartRead(backend_, context, "GetCheckpoint", [=, this](const Caller&, ReadSteps& steps) {
    steps.fetch = [=, this](const LogReader&) {
      return WithPublished(backend_, [=](const Published& published) {
        SetCheckpoint(published, *checkpoint);
        return Status::OK;
      });
    };
    return Status::OK;
  });
}

ServerUnaryReactor* TransparencyService::GetInclusionProof(CallbackServerContext* context,
                                                           const v1::GetInclusionProofRequest* request,
                                                           v1::InclusionProof* proof) {
  return StartRead(backend_, context, "GetInclusionProof", [=, this](const Caller&, ReadSteps& steps) {
    steps.fetch = [=, this](const LogReader&) {
      return WithPublished(backend_,
                           [=](const Published& published) { return BuildInclusion(published, *request, *proof); });
    };
    return Status::OK;
  });
}

ServerUnaryReactor* TransparencyService::GetConsistencyProof(CallbackServerContext* context,
                                                             const v1::GetConsistencyProofRequest* request,
                                                             v1::ConsistencyProof* proof) {
  return StartRead(backend_, context, "GetConsistencyProof", [=, this](const Caller&, ReadSteps& steps) {
    steps.fetch = [=, this](const LogReader&) {
      return WithPublished(backend_,
                           [=](const Published& published) { return BuildConsistency(published, *request, *proof); });
    };
    return Status::OK;
  });
}

ServerUnaryReactor* TransparencyService::GetReceipt(CallbackServerContext* context,
                                                    const v1::GetReceiptRequest* request,
                                                    v1::GetReceiptResponse* response) {
  return StartRead(backend_, context, "GetReceipt", [=, this](const Caller& caller, ReadSteps& steps) {
    steps.fetch = [=, this, &caller](const LogReader&) {
      return WithPublished(backend_, [=, this, &caller](const Published& published) {
        return MakeReceipt(backend_, caller.reach, published, *request, *response);
      });
    };
    return Status::OK;
  });
}

ServerUnaryReactor* TransparencyService::ListEntries(CallbackServerContext* context,
                                                     const v1::ListEntriesRequest* request,
                                                     v1::ListEntriesResponse* response) {
  return StartRead(backend_, context, "ListEntries", [=, this](const Caller& caller, ReadSteps& steps) {
    if (!caller.reach.everything()) {
      return Denied();
    }
    steps.fetch = [=, this](const LogReader&) {
      return WithPublished(backend_,
                           [=](const Published& published) { return ReadEntries(published, *request, *response); });
    };
    return Status::OK;
  });
}

ServerUnaryReactor* TransparencyService::RotateSigningKey(CallbackServerContext* context,
                                                          const v1::RotateSigningKeyRequest* request,
                                                          v1::CommandReply* reply) {
  return StartKeyRotation(backend_, context, *request, *reply);
}

}  // namespace escrow::api
