#pragma once

#include "audit/entry_source.h"

namespace escrow::audit {

// A log that is served over HTTP as C2SP tlog-tiles lays it out: <url>/checkpoint, <url>/tile/... Certificates are
// checked, redirections are not followed, an answer may take half a minute and is no longer than its kind can be.
// InvalidArgument when the URL is neither http nor https.
[[nodiscard]] absl::StatusOr<std::unique_ptr<EntrySource>> OpenTileUrl(const std::string& url);

}  // namespace escrow::audit
