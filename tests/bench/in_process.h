#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"
#include "journal/rocks/rocks_journal.h"

// The engine without a network before it.
namespace escrow::bench {

// Opens the log in `directory`, which is made when `create`. Ends the program when that is not possible.
[[nodiscard]] std::unique_ptr<journal::RocksJournal> OpenJournal(const std::string& directory, bool create);
[[nodiscard]] std::unique_ptr<engine::Engine> OpenEngine(journal::Journal& journal,
                                                         const engine::EngineOptions& options);

// Runs all chains of commands as `actor`. Each of `lanes` lanes works off one chain after the other, in batches of at
// most `batch` commands; it sends the next when the last was answered. Every command must be accepted. Returns seconds
// from the first submission to the last reply.
double RunInProcess(engine::Engine& engine, const v1::Principal& actor,
                    const std::vector<std::vector<v1::Command>>& chains, std::size_t lanes, std::size_t batch);

}  // namespace escrow::bench
