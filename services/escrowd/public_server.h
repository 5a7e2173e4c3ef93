#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "config.h"
#include "edge/http_server.h"
#include "publish/publisher.h"
#include "publish/witness_files.h"
#include "tlog/witness.h"

namespace escrow::daemon {

// PublicServer: what escrowd offers to strangers over HTTP: its own log, and cosignatures of other logs.
//
// Threading: made and destroyed on one thread. Borrows publisher and clock.
class PublicServer {
 public:
  // Serves as the configuration says; null when it says not to. `publisher` is null when nothing is published.
  // Errors: UNAVAILABLE: the address cannot be had; others: the witness's files are not what they should be.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PublicServer>> Start(const Config& config,
                                                                           const publish::Publisher* publisher,
                                                                           const base::Clock& clock);

 private:
  PublicServer() = default;

  [[nodiscard]] absl::Status StartWitness(const Config& config);

  std::unique_ptr<tlog::Witness> witness_;  // null: of no log
  std::vector<std::string> witnessed_;      // origins
  std::unique_ptr<publish::WitnessFiles> store_;
  std::unique_ptr<edge::HttpServer> server_;  // uses all before it
};

}  // namespace escrow::daemon
