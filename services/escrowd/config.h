#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/server.h"
#include "engine/engine.h"
#include "tlog/policy.h"

namespace escrow::daemon {

// What strangers may check.
struct PublishConfig {
  bool enabled = true;
  std::string origin;           // empty: escrowd/ and the id of the log
  std::string signing_key;      // file; empty: in data_dir
  std::string last_checkpoint;  // file; empty: in data_dir
  std::string policy;           // file; empty: no witness is asked
  // What the file says. It names a URL of each witness that the quorum needs.
  std::optional<tlog::Policy> witnesses;
};

// The log over HTTP, for strangers.
struct HttpConfig {
  std::string listen;            // empty: not served
  std::string entries = "none";  // what they may see of the entries: "none" or "all"
};

// escrowd as a witness of other logs.
struct WitnessConfig {
  std::string name;  // of its key; empty: no witness
  std::string logs;  // file: a C2SP tlog-policy whose log lines say which
};

// The configuration of escrowd. deploy/escrowd.toml documents every key with unit, range and default.
struct Config {
  std::string data_dir = "/var/lib/escrowd";
  std::string anchor_file;        // empty: in data_dir
  std::string anchor = "second";  // how often it is written: "second" or "group"
  std::string vault_key_file;     // empty: there is no vault
  std::string vault_dir;          // empty: "vault" in data_dir
  std::chrono::seconds drain_time{10};
  std::string shared_core = "auto";  // "auto" or "off"; see shared_core.h
  api::ServerOptions server;         // with the contents of the TLS files
  engine::EngineOptions engine;
  PublishConfig publish;
  HttpConfig http;
  WitnessConfig witness;
  std::string log_level = "info";
  std::string log_format = "json";
};

// What the command line says instead of the file. Empty: nothing.
struct Overrides {
  std::string data_dir;
  std::string listen;
};

// Reads the configuration file and the files that it names; without a path, the defaults. INVALID_ARGUMENT names file,
// line, key and what is allowed.
[[nodiscard]] absl::StatusOr<Config> LoadConfig(const std::string& path, const Overrides& overrides);

}  // namespace escrow::daemon
