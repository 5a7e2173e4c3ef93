#include "api/page.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"
#include "api/refusal.h"
#include "base/assert.h"
#include "crypto/sha256.h"

namespace escrow::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct TokenBytes {
  std::uint64_t position;
  std::uint64_t binding;
};
static_assert(sizeof(TokenBytes) == 16);

const FieldDescriptor& Field(const Message& request, const char* name) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
  ESCROW_ASSERT(field != nullptr);
  return *field;
}

// Of the method and all arguments but those about pages.
std::uint64_t BindingOf(std::string_view method, const Message& request) {
  const std::unique_ptr<Message> arguments(request.New());
  arguments->CopyFrom(request);
  arguments->GetReflection()->ClearField(arguments.get(), &Field(request, "page_size"));
  arguments->GetReflection()->ClearField(arguments.get(), &Field(request, "page_token"));
  std::string text(method);
  text.push_back('\0');
  text += arguments->SerializeAsString();
  const crypto::Digest digest = crypto::Sha256Of(text);
  std::uint64_t binding = 0;
  std::memcpy(&binding, digest.data(), sizeof(binding));
  return binding;
}

}  // namespace

grpc::Status ParsePage(std::string_view method, const Message& request, Page& page) {
  const std::int32_t size = request.GetReflection()->GetInt32(request, &Field(request, "page_size"));
  if (size < 0) {
    return Refuse(v1::REASON_INVALID_FIELD, {{"field", "page_size"}, {"value", std::to_string(size)}});
  }
  page.size = size == 0 ? kPageSizeDefault : std::min(static_cast<std::size_t>(size), kPageSizeMax);
  page.binding = BindingOf(method, request);
  page.position = 0;
  const std::string token = request.GetReflection()->GetString(request, &Field(request, "page_token"));
  if (token.empty()) {
    return grpc::Status::OK;
  }
  std::string bytes;
  TokenBytes parts{};
  if (absl::WebSafeBase64Unescape(token, &bytes) && bytes.size() == sizeof(parts)) {
    std::memcpy(&parts, bytes.data(), sizeof(parts));
  }
  if (parts.position == 0 || parts.binding != page.binding) {
    return Refuse(v1::REASON_PAGE_TOKEN_INVALID, {{"method", std::string(method)}});
  }
  page.position = parts.position;
  return grpc::Status::OK;
}

std::string NextToken(const Page& page, std::uint64_t position) {
  ESCROW_ASSERT(position != 0);
  const TokenBytes parts{.position = position, .binding = page.binding};
  char bytes[sizeof(parts)];
  std::memcpy(bytes, &parts, sizeof(parts));
  return absl::WebSafeBase64Escape({bytes, sizeof(bytes)});
}

}  // namespace escrow::api
