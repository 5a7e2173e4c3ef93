#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "edge/http.h"
#include "tlog/witness.h"

namespace escrow::edge {

// WitnessSite: escrowd as a witness of other logs (https://c2sp.org/tlog-witness), below the path /witness:
//
//   POST /witness/add-checkpoint                    asks for a cosignature
//   GET  /witness/<hex of SHA-256(origin)>/checkpoint   the newest checkpoint that was cosigned of a log
//
// Threading: any, at any time. Borrows all; `warn` is told what the operator must look at, on the caller's thread.
class WitnessSite {
 public:
  static constexpr std::string_view kPrefix = "/witness/";

  struct Parts {
    const tlog::Witness& witness;
    tlog::WitnessStore& store;
    const base::Clock& clock;
    std::vector<std::string> origins;  // of the logs that it knows
    std::function<void(std::string_view)> warn;
  };

  explicit WitnessSite(Parts parts) : parts_(std::move(parts)) {}

  // REQUIRES: the target starts with kPrefix.
  [[nodiscard]] HttpResponse Answer(const HttpRequest& request) const;

 private:
  [[nodiscard]] HttpResponse AddCheckpoint(const std::string& body) const;
  [[nodiscard]] HttpResponse Monitor(std::string_view path) const;

  const Parts parts_;
};

}  // namespace escrow::edge
