#include "config.h"

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "api/listen_address.h"
#include "edge/witness_client.h"
#include "publish/cosigner.h"
#include "tlog/key.h"
#include "toml_reader.h"

namespace escrow::daemon {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

void ReadFile(TomlReader& reader, std::string_view key, const std::string& path, std::string& contents) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  contents = text.str();
  if (!file || contents.empty()) {
    reader.Refuse(key, "cannot read the file " + path);
  }
}

void ReadTls(TomlReader& reader, api::ServerOptions& server) {
  std::string certificate;
  std::string key;
  std::string client_ca;
  bool require = false;
  reader.Text("tls.certificate", certificate);
  reader.Text("tls.key", key);
  reader.Text("tls.client_ca", client_ca);
  reader.Boolean("tls.require_client_certificate", require);
  if (certificate.empty() && key.empty()) {
    if (!client_ca.empty() || require) {
      reader.Refuse(client_ca.empty() ? "tls.require_client_certificate" : "tls.client_ca",
                    "needs tls.certificate and tls.key");
    }
    return;
  }
  if (certificate.empty() || key.empty()) {
    reader.Refuse(certificate.empty() ? "tls.key" : "tls.certificate", "tls.certificate and tls.key go together");
    return;
  }
  if (require && client_ca.empty()) {
    reader.Refuse("tls.require_client_certificate", "needs tls.client_ca");
  }
  api::TlsOptions& tls = server.tls.emplace();
  tls.require_client_certificate = require;
  ReadFile(reader, "tls.certificate", certificate, tls.certificate_chain);
  ReadFile(reader, "tls.key", key, tls.private_key);
  if (!client_ca.empty()) {
    ReadFile(reader, "tls.client_ca", client_ca, tls.client_ca);
  }
}

void ReadServer(TomlReader& reader, api::ServerOptions& server) {
  std::size_t memory_mebibytes = server.memory_bytes_max >> 20;
  reader.Integer("server.reader_threads", 1, 64, server.reader_threads);
  reader.Integer("server.reads_waiting_max", 1, kMillion, server.reads_waiting_max);
  reader.Integer("server.event_streams_max", 1, 100'000, server.event_streams_max);
  reader.Integer("server.inflight_per_credential_max", 1'024, kMillion, server.inflight_per_credential_max);
  std::size_t handshake_seconds = static_cast<std::size_t>(server.handshake_time.count()) / 1'000;
  std::size_t idle_seconds = static_cast<std::size_t>(server.idle_time.count()) / 1'000;
  reader.Integer("server.reads_per_credential_max", 1, kMillion, server.reads_per_credential_max);
  reader.Integer("server.streams_per_credential_max", 1, 100'000, server.streams_per_credential_max);
  reader.Integer("server.connections_max", 1, 100'000, server.connections_max);
  reader.Integer("server.handshake_seconds", 1, 300, handshake_seconds);
  reader.Integer("server.idle_seconds", 1, 86'400, idle_seconds);
  server.handshake_time = std::chrono::seconds(handshake_seconds);
  server.idle_time = std::chrono::seconds(idle_seconds);
  reader.Integer("server.streams_per_connection_max", 1, 100'000, server.streams_per_connection_max);
  reader.Integer("server.memory_mebibytes_max", 64, 65'536, memory_mebibytes);
  server.memory_bytes_max = memory_mebibytes << 20;
}

void ReadEngine(TomlReader& reader, engine::EngineOptions& engine) {
  std::size_t snapshot_events = engine.snapshot_events;
  std::size_t free_mebibytes = engine.disk_free_bytes_min >> 20;
  reader.Integer("engine.inflight_commands_max", 1'024, kMillion, engine.inflight_commands_max);
  reader.Integer("engine.inflight_queries_max", 1, kMillion, engine.inflight_queries_max);
  reader.Integer("engine.group_events_max", 1, kMillion, engine.group_events_max);
  reader.Integer("engine.group_bytes_max", 4'096, 256 << 20, engine.group_bytes_max);
  reader.Integer("engine.snapshot_events", 1'000, 1'000 * kMillion, snapshot_events);
  reader.Integer("engine.disk_free_mebibytes_min", 16, 1 << 24, free_mebibytes);
  reader.Integer("engine.expire_max", 1, 100'000, engine.expire_max);
  engine.snapshot_events = snapshot_events;
  engine.disk_free_bytes_min = static_cast<std::uint64_t>(free_mebibytes) << 20;
}

// Whether these witnesses can be asked, and are enough.
absl::Status CheckAskable(const tlog::Policy& policy) {
  std::vector<tlog::Policy::Cosigned> asked;
  for (std::size_t i = 0; i < policy.witnesses().size(); ++i) {
    const std::string& url = policy.witnesses()[i].url;
    if (url.empty()) {
      continue;
    }
    if (absl::Status status = edge::CheckWitnessUrl(url); !status.ok()) {
      return status;
    }
    asked.push_back({.witness = i, .time_seconds = 0});
  }
  if (asked.empty()) {
    return absl::InvalidArgumentError("no witness has a URL, so none can be asked");
  }
  if (asked.size() > publish::kAskedWitnessesMax) {
    return absl::InvalidArgumentError("more than " + std::to_string(publish::kAskedWitnessesMax) +
                                      " witnesses have a URL");
  }
  const absl::Status quorum = policy.CheckQuorum(asked);
  return quorum.ok()
             ? quorum
             : absl::InvalidArgumentError("the witnesses with a URL are not enough: " + std::string(quorum.message()));
}

void ReadPolicy(TomlReader& reader, PublishConfig& publish) {
  constexpr std::string_view kKey = "publish.policy";
  reader.Text(kKey, publish.policy);
  if (publish.policy.empty()) {
    return;
  }
  std::string text;
  ReadFile(reader, kKey, publish.policy, text);
  if (text.empty()) {
    return;  // refused already
  }
  absl::StatusOr<tlog::Policy> policy = tlog::Policy::Parse(text);
  const absl::Status status = policy.ok() ? CheckAskable(*policy) : policy.status();
  if (!status.ok()) {
    reader.Refuse(kKey, publish.policy + ": " + std::string(status.message()));
    return;
  }
  publish.witnesses = *std::move(policy);
}

void ReadPublish(TomlReader& reader, PublishConfig& publish) {
  reader.Boolean("publish.enabled", publish.enabled);
  reader.Text("publish.origin", publish.origin);
  reader.Text("publish.signing_key", publish.signing_key);
  reader.Text("publish.last_checkpoint", publish.last_checkpoint);
  ReadPolicy(reader, publish);
  if (!publish.origin.empty() && !tlog::ValidKeyName(publish.origin)) {
    reader.Refuse("publish.origin", "must be a name without spaces and plus signs, at most 255 bytes");
  }
}

void ReadHttp(TomlReader& reader, HttpConfig& http) {
  reader.Text("http.listen", http.listen);
  reader.Choice("http.entries", {"none", "all"}, http.entries);
  if (!http.listen.empty() && !api::ParseListenAddress(http.listen).ok()) {
    reader.Refuse("http.listen", "must be HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
  }
}

void ReadWitness(TomlReader& reader, const HttpConfig& http, WitnessConfig& witness) {
  reader.Text("witness.name", witness.name);
  reader.Text("witness.logs", witness.logs);
  if (witness.name.empty() != witness.logs.empty()) {
    reader.Refuse(witness.name.empty() ? "witness.name" : "witness.logs", "witness.name and witness.logs go together");
  } else if (!witness.name.empty() && http.listen.empty()) {
    reader.Refuse("witness.name", "needs http.listen");
  } else if (!witness.name.empty() && !tlog::ValidKeyName(witness.name)) {
    reader.Refuse("witness.name", "must be a name without spaces and plus signs, at most 255 bytes");
  }
}

// What is wrong with the listen address; empty when nothing is.
std::string ListenFault(const api::ServerOptions& server) {
  const absl::StatusOr<api::ListenAddress> address = api::ParseListenAddress(server.listen);
  if (!address.ok()) {
    return "must be HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535";
  }
  const bool open = !address->loopback && !server.tls;
  return open ? "must be a loopback address (127.0.0.1, [::1], localhost) unless tls is set" : "";
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path, const Overrides& overrides) {
  Config config;
  std::size_t drain_seconds = static_cast<std::size_t>(config.drain_time.count());
  TomlReader reader(path);
  reader.Text("listen", config.server.listen);
  reader.Text("data_dir", config.data_dir);
  reader.Text("anchor_file", config.anchor_file);
  reader.Choice("anchor", {"second", "group"}, config.anchor);
  reader.Integer("drain_seconds", 0, 300, drain_seconds);
  config.drain_time = std::chrono::seconds(drain_seconds);
  reader.Choice("shared_core", {"auto", "off"}, config.shared_core);
  reader.Text("vault.key_file", config.vault_key_file);
  reader.Text("vault.dir", config.vault_dir);
  ReadTls(reader, config.server);
  ReadServer(reader, config.server);
  ReadEngine(reader, config.engine);
  ReadPublish(reader, config.publish);
  ReadHttp(reader, config.http);
  ReadWitness(reader, config.http, config.witness);
  reader.Choice("log.level", {"debug", "info", "warn", "error"}, config.log_level);
  reader.Choice("log.format", {"json", "text"}, config.log_format);
  if (!overrides.listen.empty()) {
    config.server.listen = overrides.listen;
  }
  if (!overrides.data_dir.empty()) {
    config.data_dir = overrides.data_dir;
  }
  if (config.vault_dir.empty()) {
    config.vault_dir = config.data_dir + "/vault";
  }
  const std::string listen_fault = ListenFault(config.server);
  if (!listen_fault.empty() && overrides.listen.empty()) {
    reader.Refuse("listen", listen_fault);
  }
  if (config.data_dir.empty()) {
    reader.Refuse("data_dir", "must be the path of a folder");
  }
  if (const absl::Status status = reader.Finish(); !status.ok()) {
    return status;
  }
  if (!listen_fault.empty()) {
    return absl::InvalidArgumentError("--listen: " + listen_fault);
  }
  return config;
}

}  // namespace escrow::daemon
