#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "engine/engine.h"
#include "journal/memory/memory_journal.h"
#include "support/engine_client.h"
#include "support/manual_clock.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {

// An engine on a journal in memory.
class Workshop {
 public:
  Workshop() {
    engine::EngineOptions options;
    options.disk_free_bytes_min = 0;
    engine_ = engine::Engine::Open(options, journal_, clock_, [](std::uint64_t, std::uint64_t) {}).value();
  }

  void Execute(const v1::Principal& actor, std::vector<v1::Command> commands) {
    const escrow::test::Answer answer = escrow::test::Send(*engine_, actor, std::move(commands)).get();
    ESCROW_ASSERT(answer.refusal == v1::REASON_UNSPECIFIED);
    clock_.Advance(1);
  }

  [[nodiscard]] Entries Finish() {
    engine_.reset();
    Entries entries;
    const absl::Status read = journal_.Read(1, [&entries](std::uint64_t, std::string_view event) {
      entries.emplace_back(event);
      return true;
    });
    ESCROW_ASSERT(read.ok());
    return entries;
  }

 private:
  journal::MemoryJournal journal_;
  escrow::test::ManualClock clock_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace escrow::audit::test
