#include "audit/key_history.h"

#include <algorithm>

namespace escrow::audit {

Complaint KeyHistory::Take(const v1::Event& event) {
  const v1::RotateSigningKeyRequest& request = event.command().rotate_signing_key();
  absl::StatusOr<tlog::Handover> handover = tlog::ParseHandover(request.handover());
  if (!handover.ok()) {
    return std::string(handover.status().message());
  }
  if (handover->next.Format() != request.verifier_key()) {
    return "the handover is to " + handover->next.Format() + ", the command names " + request.verifier_key();
  }
  const auto of_this_name = [&](const tlog::Handover& before) { return before.next.name() == handover->next.name(); };
  const auto before = std::find_if(handovers_.rbegin(), handovers_.rend(), of_this_name);
  if (before != handovers_.rend()) {  // a log that goes on under another name begins with another key
    if (const absl::Status status = tlog::CheckHandover(*handover, before->next); !status.ok()) {
      return std::string(status.message());
    }
  }
  handovers_.push_back(*std::move(handover));
  return {};
}

tlog::VerifierKey KeyHistory::Follow(const tlog::VerifierKey& key, const tlog::Note& note) const {
  const auto made_by = [&note](const tlog::VerifierKey& known) {
    return std::ranges::any_of(note.signatures, [&](const tlog::NoteSignature& line) { return known.Made(line); });
  };
  tlog::VerifierKey last = key;
  for (const tlog::Handover& handover : handovers_) {
    if (made_by(last)) {
      return last;
    }
    if (tlog::CheckHandover(handover, last).ok()) {
      last = handover.next;
    }
  }
  return made_by(last) ? last : key;
}

Trust KeyHistory::Follow(const Trust& trust, const tlog::SignedCheckpoint& checkpoint) const {
  Trust followed = trust;
  for (tlog::VerifierKey& key : followed.keys) {
    key = Follow(key, checkpoint.note);
  }
  if (followed.policy) {
    for (std::size_t i = 0; i < followed.policy->logs().size(); ++i) {
      followed.policy->SetLogKey(i, Follow(followed.policy->logs()[i].key, checkpoint.note));
    }
  }
  return followed;
}

}  // namespace escrow::audit
