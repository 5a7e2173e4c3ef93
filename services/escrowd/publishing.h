#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "config.h"
#include "engine/engine.h"
#include "publish/publisher.h"
#include "publish/signer.h"

namespace escrow::daemon {

// Where the configuration keeps what signs.
[[nodiscard]] publish::Signer::Files SigningFilesOf(const Config& config);

// Starts to publish the log of `engine` as the configuration says; null when it says not to. With `accept_rollback`, a
// log whose history is not the one that was signed is served all the same, but nothing is published: null, and a line
// in the operator's log. Errors: DATA_LOSS, FAILED_PRECONDITION: the log or the signing key are not what they should
// be; others: input or output.
[[nodiscard]] absl::StatusOr<std::unique_ptr<publish::Publisher>> StartPublisher(const Config& config,
                                                                                 engine::Engine& engine,
                                                                                 bool accept_rollback);

}  // namespace escrow::daemon
