#include "engine/thread_core.h"

#include <algorithm>
#include <utility>

#include "base/cores.h"

namespace escrow::engine {
namespace {

// From so many commands on a submission is a batch: executing them takes longer than waking a thread.
constexpr std::size_t kBatchCommandsMin = 16;

// So many commands of one kind, not counting as many of the other, change the place: some tens of milliseconds of full
// load. Changing it costs some microseconds.
constexpr std::size_t kBatchedMax = 4'096;

}  // namespace

ThreadCore::ThreadCore(std::optional<std::size_t> shared, std::function<bool()> wanted)
    : shared_(shared), wanted_(std::move(wanted)) {}

void ThreadCore::Note(std::size_t commands) {
  if (!shared_) {
    return;
  }
  batched_ = commands < kBatchCommandsMin ? batched_ - std::min(batched_, commands)
                                          : std::min(batched_ + commands, kBatchedMax);
  if (!stays_ && batched_ == 0 && wanted_()) {
    others_ = base::CoresOfThread();
    base::KeepThreadOn({*shared_});
    stays_ = true;
  } else if (stays_ && (batched_ == kBatchedMax || !wanted_())) {
    base::KeepThreadOn(others_);
    stays_ = false;
  }
}

}  // namespace escrow::engine
