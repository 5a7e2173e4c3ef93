#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/sha256.h"

// Time-stamps of somebody whose clock others believe (RFC 3161): a request names a hash, and the reply, signed by a
// time-stamping authority, says when that hash was there.
//
// Threading: pure functions; any thread.
namespace escrow::crypto {

inline constexpr std::size_t kTimestampReplyBytesMax = std::size_t{1} << 20;

// A request (RFC 3161 section 2.4.1, DER) for a SHA-256 digest, which asks for the authority's certificate. `nonce`, at
// most 20 bytes, comes back in the reply and binds it to this request. Equal arguments give equal bytes.
[[nodiscard]] std::string MakeTimestampRequest(const Digest& digest, std::string_view nonce);

// The digest that a request names. InvalidArgument when it is no request, or not one for SHA-256.
[[nodiscard]] absl::StatusOr<Digest> DigestOfTimestampRequest(std::string_view request);

struct Timestamp {
  std::string time;      // "2026-11-20T10:00:00Z"
  bool checked = false;  // its signature, see below
};

// A reply (section 2.4.2) to a request: that it was granted, names the request's digest and brings back its nonce; and
// with `authorities`, certificates in PEM, that it was signed by a time-stamping authority whose certificate one of
// them vouches for at the time that it states. Errors: InvalidArgument when there is no certificate in `authorities`;
// DataLoss when the reply is none, to something else, or wrongly signed. REQUIRES: MakeTimestampRequest made `request`.
[[nodiscard]] absl::StatusOr<Timestamp> CheckTimestampReply(std::string_view reply, std::string_view request,
                                                            const std::optional<std::string>& authorities);

}  // namespace escrow::crypto
