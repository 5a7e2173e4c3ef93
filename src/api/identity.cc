#include "api/identity.h"

#include <mutex>

#include "absl/strings/escaping.h"
#include "api/refusal.h"
#include "api/render.h"
#include "core/names.h"
#include "crypto/sha256.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/server_context.h"

namespace escrow::api {
namespace {

// First byte of a proof in the directory.
constexpr char kApiKey = 'k';
constexpr char kCertificate = 'c';

std::string Proof(char kind, std::string_view sha256) {
  std::string proof(1, kind);
  proof += sha256;
  return proof;
}

std::string Sha256Text(std::string_view data) {
  const crypto::Digest digest = crypto::Sha256Of(data);
  return {digest.begin(), digest.end()};
}

std::string ProofOf(const v1::Credential& credential) {
  return credential.has_certificate_sha256() ? Proof(kCertificate, credential.certificate_sha256())
                                             : Proof(kApiKey, credential.api_key_sha256());
}

}  // namespace

void CredentialDirectory::Load(const core::State& state) {
  for (std::uint32_t i = 0; i < state.credential_count(); ++i) {
    v1::Credential credential;
    Render(state, core::CredentialSlot{i}, credential);
    if (!credential.revoked()) {
      Add(credential);
    }
  }
}

void CredentialDirectory::Follow(const v1::Command& command) {
  if (command.has_create_credential()) {
    v1::Credential credential = command.create_credential().credential();
    credential.set_name(core::CredentialName(command.create_credential().credential_id()));
    Add(credential);
  } else if (command.has_revoke_credential()) {
    Revoke(command.revoke_credential().name());
  }
}

void CredentialDirectory::Add(const v1::Credential& credential) {
  auto identity = std::make_shared<Identity>();
  identity->credential = credential.name();
  identity->principal = credential.principal();
  const std::string proof = ProofOf(credential);
  const std::unique_lock lock(mutex_);
  by_proof_[proof] = std::move(identity);
  proof_by_name_[credential.name()] = proof;
}

void CredentialDirectory::Revoke(const std::string& name) {
  const std::unique_lock lock(mutex_);
  const auto proof = proof_by_name_.find(name);
  if (proof == proof_by_name_.end()) {
    return;
  }
  const auto held = by_proof_.find(proof->second);
  held->second->revoked = true;
  by_proof_.erase(held);
  proof_by_name_.erase(proof);
}

std::shared_ptr<Identity> CredentialDirectory::Find(const std::string& proof) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_proof_.find(proof);
  return found == by_proof_.end() ? nullptr : found->second;
}

std::shared_ptr<Identity> CredentialDirectory::FindApiKey(std::string_view key) const {
  return Find(Proof(kApiKey, Sha256Text(key)));
}

std::shared_ptr<Identity> CredentialDirectory::FindCertificate(std::string_view der) const {
  return Find(Proof(kCertificate, Sha256Text(der)));
}

std::string DerFromPem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return {};
  }
  const std::string_view base64 = pem.substr(begin + kBegin.size(), end - begin - kBegin.size());
  std::string der;
  return absl::Base64Unescape({base64.data(), base64.size()}, &der) ? der : std::string();
}

grpc::Status Authenticate(const grpc::CallbackServerContext& context, const CredentialDirectory& directory,
                          std::shared_ptr<Identity>& identity) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto header = context.client_metadata().find("authorization");
  if (header != context.client_metadata().end()) {
    const std::string_view value(header->second.data(), header->second.size());
    identity = value.starts_with(kBearer) ? directory.FindApiKey(value.substr(kBearer.size())) : nullptr;
  } else {
    const auto certificates = context.auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    if (!certificates.empty()) {
      identity = directory.FindCertificate(DerFromPem({certificates[0].data(), certificates[0].size()}));
    }
  }
  return identity ? grpc::Status::OK : Refuse(v1::REASON_UNAUTHENTICATED);
}

}  // namespace escrow::api
