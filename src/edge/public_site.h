#pragma once

#include <cstdint>

#include "edge/http.h"
#include "publish/publisher.h"

namespace escrow::edge {

// What a stranger may see of the entries. Their hashes may always be seen: that is what proofs are made of.
enum class PublicEntries : std::uint8_t {
  kNone,  // 403: who takes part in an agreement gets his receipts, an auditor reads through gRPC
  kAll,
};

// PublicSite: the log for strangers, as https://c2sp.org/tlog-tiles says, so that public clients work unchanged:
//
//   /checkpoint                          the newest checkpoint; when witnesses are asked, the newest that they cosigned
//   /tile/<L>/<N>[.p/<W>]                hashes
//   /tile/entries/<N>[.p/<W>]            entries, when they are public
//
// Nothing is served that this checkpoint does not cover. Threading: any, at any time. Borrows the publisher.
class PublicSite {
 public:
  PublicSite(const publish::Publisher& publisher, PublicEntries entries) : publisher_(publisher), entries_(entries) {}

  [[nodiscard]] HttpResponse Answer(const HttpRequest& request) const;

 private:
  const publish::Publisher& publisher_;
  const PublicEntries entries_;
};

}  // namespace escrow::edge
