#include "public_server.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "edge/public_site.h"
#include "edge/witness_site.h"
#include "log.h"
#include "publish/durable_file.h"
#include "publish/key_file.h"
#include "tlog/policy.h"

namespace escrow::daemon {
namespace {

using spdlog::level::err;
using spdlog::level::info;

absl::StatusOr<tlog::Policy> ReadLogs(const std::string& path) {
  const absl::StatusOr<std::string> text = publish::ReadFile(path, tlog::kPolicyBytesMax);
  if (!text.ok()) {
    return text.status();
  }
  absl::StatusOr<tlog::Policy> policy = tlog::Policy::Parse(*text);
  if (!policy.ok()) {
    return absl::InvalidArgumentError(path + ": " + std::string(policy.status().message()));
  }
  return policy;
}

edge::HttpResponse NotFound() { return {.status = 404, .body = "there is nothing here\n"}; }

}  // namespace

absl::Status PublicServer::StartWitness(const Config& config) {
  const absl::StatusOr<tlog::Policy> known = ReadLogs(config.witness.logs);
  if (!known.ok()) {
    return known.status();
  }
  std::map<std::string, std::vector<tlog::VerifierKey>, std::less<>> logs;
  for (const tlog::Policy::Log& log : known->logs()) {
    logs[log.key.name()].push_back(log.key);
  }
  const std::string folder = config.data_dir + "/witness";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError("cannot make the folder " + folder + ": " + error.message());
  }
  absl::StatusOr<tlog::SignerKey> key =
      publish::ReadOrMakeKey(folder + "/cosigning.key", config.witness.name, tlog::SignatureType::kCosignature);
  if (!key.ok()) {
    return key.status();
  }
  for (const auto& [origin, keys] : logs) {
    witnessed_.push_back(origin);
  }
  const std::string verifier = key->verifier().Format();
  Log(info, "witness", {{"verifier_key", verifier}, {"logs", static_cast<std::int64_t>(logs.size())}});
  witness_ = std::make_unique<tlog::Witness>(*std::move(key), std::move(logs));
  store_ = std::make_unique<publish::WitnessFiles>(folder);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PublicServer>> PublicServer::Start(const Config& config,
                                                                  const publish::Publisher* publisher,
                                                                  const base::Clock& clock) {
  if (config.http.listen.empty()) {
    return nullptr;
  }
  std::unique_ptr<PublicServer> made(new PublicServer());
  std::optional<edge::PublicSite> log;
  if (publisher != nullptr) {
    log.emplace(*publisher, config.http.entries == "all" ? edge::PublicEntries::kAll : edge::PublicEntries::kNone);
  }
  std::optional<edge::WitnessSite> witness;
  if (!config.witness.name.empty()) {
    if (absl::Status status = made->StartWitness(config); !status.ok()) {
      return status;
    }
    witness.emplace(edge::WitnessSite::Parts{
        .witness = *made->witness_,
        .store = *made->store_,
        .clock = clock,
        .origins = made->witnessed_,
        .warn = [](std::string_view reason) { Log(err, "witness failed", {{"reason", reason}}); }});
  }
  edge::HttpServerOptions options;
  options.listen = config.http.listen;
  absl::StatusOr<std::unique_ptr<edge::HttpServer>> server =
      edge::HttpServer::Start(options, [log, witness](const edge::HttpRequest& request) {
        if (witness && request.target.starts_with(edge::WitnessSite::kPrefix)) {
          return witness->Answer(request);
        }
        return log ? log->Answer(request) : NotFound();
      });
  if (!server.ok()) {
    return server.status();
  }
  made->server_ = *std::move(server);
  Log(info, "public log served", {{"listen", config.http.listen}, {"port", std::int64_t{made->server_->port()}}});
  return made;
}

}  // namespace escrow::daemon
