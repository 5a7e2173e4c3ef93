#include "audit/trust.h"

#include <algorithm>

#include "absl/time/time.h"

namespace escrow::audit {
namespace {

std::string When(std::uint64_t seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(static_cast<std::int64_t>(seconds)),
                          absl::UTCTimeZone());
}

Complaint CheckPolicy(const tlog::SignedCheckpoint& checkpoint, const tlog::Policy& policy,
                      std::vector<std::string>& signers) {
  const absl::StatusOr<tlog::Policy::Verdict> verdict = policy.Check(checkpoint);
  if (!verdict.ok()) {
    return std::string(verdict.status().message());
  }
  signers.push_back("log " + policy.logs()[verdict->log].key.name());
  for (const tlog::Policy::Cosigned& cosigned : verdict->cosigned) {
    signers.push_back("witness " + policy.witnesses()[cosigned.witness].name + " at " + When(cosigned.time_seconds));
  }
  return {};
}

}  // namespace

Complaint CheckSignatures(const tlog::SignedCheckpoint& checkpoint, const Trust& trust,
                          std::vector<std::string>& signers) {
  if (trust.policy) {
    return CheckPolicy(checkpoint, *trust.policy, signers);
  }
  const auto verified = tlog::VerifyNote(checkpoint.note, trust.keys);
  if (!verified.ok()) {
    return std::string(verified.status().message());
  }
  bool by_log = false;
  for (std::size_t i = 0; i < trust.keys.size(); ++i) {
    const tlog::VerifierKey& key = trust.keys[i];
    const auto signature = std::ranges::find(*verified, i, &tlog::VerifiedSignature::key);
    if (signature == verified->end()) {
      return "the checkpoint is not signed by " + key.name();
    }
    const bool log = key.type() == tlog::SignatureType::kEd25519 && key.name() == checkpoint.checkpoint.origin;
    by_log = by_log || log;
    signers.push_back((log ? "log " : "witness ") + key.name() +
                      (signature->time_seconds ? " at " + When(*signature->time_seconds) : ""));
  }
  return by_log ? Complaint()
                : "none of the keys is that of the log " + checkpoint.checkpoint.origin + ", which must have signed";
}

}  // namespace escrow::audit
