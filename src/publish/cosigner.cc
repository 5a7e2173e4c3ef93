#include "publish/cosigner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace escrow::publish {
namespace {

std::uint64_t SizeOf(const SharedCheckpoint& checkpoint) { return checkpoint->checkpoint.size; }

}  // namespace

Cosigner::Cosigner(Witnessing witnessing, const PublicLog& log) : witnessing_(std::move(witnessing)) {
  ESCROW_ASSERT(witnessing_.connections.size() <= kAskedWitnessesMax);
  for (auto& [place, connection] : witnessing_.connections) {
    parties_.push_back(std::make_unique<Party>(witnessing_.policy.witnesses()[place], std::move(connection), log));
  }
  for (const std::unique_ptr<Party>& party : parties_) {
    threads_.emplace_back([this, &asked = *party](const std::stop_token& stop) { Run(asked, stop); });
    pthread_setname_np(threads_.back().native_handle(), "escrow-cosign");
  }
}

Cosigner::~Cosigner() {
  for (std::jthread& thread : threads_) {
    thread.request_stop();  // of all, before the first one is waited for
  }
}

void Cosigner::Submit(SharedCheckpoint newest) {
  const std::lock_guard lock(mutex_);
  newest_ = std::move(newest);
  Settle();
}

Cosigner::Progress Cosigner::progress() const {
  const std::lock_guard lock(mutex_);
  return {.newest = asked_ == newest_ ? answered_ : newest_, .cosigned = cosigned_};
}

void Cosigner::Await(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return asked_ == newest_ && (newest_ == nullptr || RoundIsOver()); });
}

void Cosigner::Run(Party& party, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (AwaitTurn(lock, party, stop)) {
    const SharedCheckpoint asked = asked_;
    party.busy = true;
    lock.unlock();
    absl::StatusOr<tlog::NoteSignature> answer = party.witness.Ask(*asked, stop);
    lock.lock();
    party.busy = false;
    if (stop.stop_requested()) {
      return;  // the call was cut, perhaps
    }
    Take(party, *asked, std::move(answer));
  }
}

bool Cosigner::AwaitTurn(std::unique_lock<std::mutex>& lock, const Party& party, const std::stop_token& stop) {
  const auto may_ask = [&] { return MayAsk(party, Clock::now()); };
  while (!stop.stop_requested() && !may_ask()) {
    if (party.not_before > Clock::now()) {
      changed_.wait_until(lock, stop, party.not_before, may_ask);
    } else {
      changed_.wait(lock, stop, may_ask);
    }
  }
  return !stop.stop_requested();
}

bool Cosigner::MayAsk(const Party& party, Clock::time_point now) const {
  return asked_ != nullptr && !party.busy && now >= party.not_before && party.cosigned_size != SizeOf(asked_);
}

bool Cosigner::RoundIsOver() const {
  if (cosigned_ != nullptr && SizeOf(cosigned_) == SizeOf(asked_)) {
    return true;
  }
  const Clock::time_point now = Clock::now();
  return std::none_of(parties_.begin(), parties_.end(),
                      [&](const std::unique_ptr<Party>& party) { return party->busy || MayAsk(*party, now); });
}

void Cosigner::Take(Party& party, const tlog::SignedCheckpoint& asked, absl::StatusOr<tlog::NoteSignature> answer) {
  if (answer.ok()) {
    party.cosigned_size = asked.checkpoint.size;
    party.pause = std::chrono::milliseconds(0);
    Collect(asked, *answer);
  } else {
    party.pause = std::clamp(2 * party.pause, witnessing_.pause_min, witnessing_.pause_max);
    party.not_before = Clock::now() + party.pause;
  }
  if (party.told != answer.status().code()) {
    party.told = answer.status().code();
    witnessing_.on_witness(party.name, answer.status());
  }
  Settle();
}

void Cosigner::Collect(const tlog::SignedCheckpoint& asked, const tlog::NoteSignature& cosignature) {
  // Late for what is asked for now, it may still be in time for the one that has its quorum.
  for (SharedCheckpoint* kept : {&answered_, &cosigned_}) {
    if (*kept != nullptr && SizeOf(*kept) == asked.checkpoint.size) {
      auto more = std::make_shared<tlog::SignedCheckpoint>(**kept);
      more->note.signatures.push_back(cosignature);
      *kept = std::move(more);
    }
  }
}

void Cosigner::Settle() {
  if (asked_ != nullptr) {
    Judge();
  }
  if (asked_ != newest_ && (asked_ == nullptr || RoundIsOver())) {
    asked_ = newest_;
    answered_ = newest_;
    Judge();
  }
  changed_.notify_all();
}

void Cosigner::Judge() {
  const absl::Status quorum = witnessing_.policy.Check(*answered_).status();
  if (quorum.ok()) {
    cosigned_ = answered_;
  }
  if (RoundIsOver() && told_quorum_ != quorum.ok()) {
    told_quorum_ = quorum.ok();
    witnessing_.on_quorum(quorum);
  }
}

}  // namespace escrow::publish
