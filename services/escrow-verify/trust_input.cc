#include "trust_input.h"

#include "audit/file_bytes.h"

namespace escrow::verify {

void TrustInput::Add(CLI::App& command) {
  auto* vkey = command.add_option("--vkey", vkeys_,
                                  "A key that must have signed, name+id+key; may be repeated, one must be the log's");
  command.add_option("--policy", policy_, "A C2SP tlog-policy: which logs and how many witnesses count")
      ->excludes(vkey);
}

absl::StatusOr<audit::Trust> TrustInput::Read() const {
  audit::Trust trust;
  for (const std::string& text : vkeys_) {
    absl::StatusOr<tlog::VerifierKey> key = tlog::VerifierKey::Parse(text);
    if (!key.ok()) {
      return absl::InvalidArgumentError("--vkey: " + std::string(key.status().message()));
    }
    trust.keys.push_back(*std::move(key));
  }
  if (!policy_.empty()) {
    const absl::StatusOr<std::string> text = audit::ReadWholeFile(policy_, tlog::kPolicyBytesMax);
    if (!text.ok()) {
      return text.status();
    }
    absl::StatusOr<tlog::Policy> policy = tlog::Policy::Parse(*text);
    if (!policy.ok()) {
      return absl::InvalidArgumentError(policy_ + ": " + std::string(policy.status().message()));
    }
    trust.policy = *std::move(policy);
  }
  return trust;
}

}  // namespace escrow::verify
