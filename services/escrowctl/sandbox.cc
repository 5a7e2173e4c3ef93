#include "escrowctl/sandbox.h"

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrowctl/values.h"

namespace escrow::ctl {

std::string NewApiKey() { return HexOf(crypto::RandomBytes(32)); }

std::string ApiKeyHash(const std::string& api_key) {
  const crypto::Digest digest = crypto::Sha256Of(api_key);
  return std::string(digest.begin(), digest.end());
}

absl::StatusOr<Sandbox> CreateSandbox(Client& op, const std::string& platform_id, base::Time begin) {
  Sandbox sandbox{.name = "platforms/" + platform_id, .platform = nullptr};
  v1::CreatePlatformRequest platform;
  platform.set_platform_id(platform_id);
  platform.set_request_id(NewRequestId());
  platform.mutable_platform()->set_sandbox(true);
  platform.mutable_platform()->set_rail_access(v1::Platform::RAIL_ACCESS_PLATFORM);
  *platform.mutable_platform()->mutable_initial_clock_time() = ToTimestamp(begin);
  v1::CommandReply reply;
  if (absl::Status status = op.Call(platform, reply); !status.ok()) {
    return status;
  }
  const std::string api_key = NewApiKey();
  v1::CreateCredentialRequest credential;
  credential.set_credential_id(platform_id + "-key");
  credential.set_request_id(NewRequestId());
  credential.mutable_credential()->mutable_principal()->set_kind(v1::Principal::KIND_PLATFORM);
  credential.mutable_credential()->mutable_principal()->set_platform(sandbox.name);
  credential.mutable_credential()->set_api_key_sha256(ApiKeyHash(api_key));
  if (absl::Status status = op.Call(credential, reply); !status.ok()) {
    return status;
  }
  sandbox.platform = op.As(api_key);
  return sandbox;
}

}  // namespace escrow::ctl
