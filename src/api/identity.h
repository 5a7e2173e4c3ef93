#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "core/state.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"
#include "grpcpp/support/status.h"

namespace grpc {
class CallbackServerContext;
}

namespace escrow::api {

// How many of something there are at a time. Any thread.
class BoundedCount {
 public:
  // Takes a place. False when `max` are taken.
  [[nodiscard]] bool Take(std::size_t max) {
    if (count_.fetch_add(1) < max) {
      return true;
    }
    Give();
    return false;
  }
  void Give() { count_.fetch_sub(1); }

 private:
  std::atomic<std::size_t> count_ = 0;
};

// A caller that has proved who it is. Shared by the directory and the caller's calls; immutable but for its counters.
struct Identity {
  std::string credential;  // resource name
  v1::Principal principal;
  // Set when the credential is revoked; long calls look at it between messages.
  std::atomic<bool> revoked = false;
  // Commands of this credential on their way through the engine.
  std::atomic<std::uint32_t> commands_in_flight = 0;
  // Its reads and its streams. Bounded for each, so that one caller leaves room for the others.
  BoundedCount reads;
  BoundedCount streams;
};

// CredentialDirectory: from a proof to the principal that it proves. API keys and certificates are separate spaces: the
// bytes of a certificate are public and must never pass as a key.
//
// Filled from the machine's state at start, and then by every durable command about credentials before its reply leaves
// (write_call.h), so that a key works, and stops to work, with the reply that says so.
//
// Threading: any thread.
class CredentialDirectory {
 public:
  // Adds all credentials of the state that count.
  void Load(const core::State& state);

  // Follows a command that was accepted and is durable; all but those about credentials are ignored.
  void Follow(const v1::Command& command);

  // Who presents this. Null when nobody does, or no more.
  [[nodiscard]] std::shared_ptr<Identity> FindApiKey(std::string_view key) const;
  [[nodiscard]] std::shared_ptr<Identity> FindCertificate(std::string_view der) const;

 private:
  void Add(const v1::Credential& credential);
  void Revoke(const std::string& name);
  [[nodiscard]] std::shared_ptr<Identity> Find(const std::string& proof) const;

  mutable std::shared_mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Identity>> by_proof_;  // kind of proof and SHA-256
  absl::flat_hash_map<std::string, std::string> proof_by_name_;           // of those in by_proof_
};

// The DER bytes of the first certificate in PEM text; empty when there is none.
[[nodiscard]] std::string DerFromPem(std::string_view pem);

// Who calls: the key in `authorization: Bearer <key>` when that is sent, else the client certificate of the connection.
// UNAUTHENTICATED when neither proves anything; a key that does not count is never made up for by a certificate.
[[nodiscard]] grpc::Status Authenticate(const grpc::CallbackServerContext& context,
                                        const CredentialDirectory& directory, std::shared_ptr<Identity>& identity);

}  // namespace escrow::api
