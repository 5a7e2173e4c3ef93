#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "grpcpp/support/status.h"

namespace escrow::api {

inline constexpr std::size_t kPageSizeDefault = 100;
inline constexpr std::size_t kPageSizeMax = 1'000;
// How much one page may look at and hold; a page that reaches a bound ends early and has a token.
inline constexpr std::size_t kPageScanMax = 10'000;
inline constexpr std::size_t kPageBytesMax = 2 << 20;

// A page that was asked for (AIP-158). `position` is where it starts, 0 for the first page; its meaning is the
// method's. A token is opaque, belongs to one method with one set of arguments, and gives no right to anything.
struct Page {
  std::size_t size = kPageSizeDefault;
  std::uint64_t position = 0;
  std::uint64_t binding = 0;  // what ties tokens to the method and its arguments
};

// Reads page_size and page_token of a List request. INVALID_FIELD, PAGE_TOKEN_INVALID.
[[nodiscard]] grpc::Status ParsePage(std::string_view method, const google::protobuf::Message& request, Page& page);

// The token of the page that starts at `position`, which must not be 0.
[[nodiscard]] std::string NextToken(const Page& page, std::uint64_t position);

}  // namespace escrow::api
