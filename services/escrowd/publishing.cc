#include "publishing.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/machine.h"
#include "edge/witness_client.h"
#include "log.h"
#include "publish/cosigner.h"
#include "publish/signer.h"

namespace escrow::daemon {
namespace {

using spdlog::level::err;
using spdlog::level::info;
using spdlog::level::warn;

std::string InDataDir(const Config& config, const std::string& configured, const char* name) {
  return configured.empty() ? config.data_dir + "/" + name : configured;
}

// What the log says about itself.
struct LogFacts {
  std::string log_id;
  std::vector<std::string> verifier_keys;  // that took over, in this order

  // The key that signs under this name; empty: the first one.
  [[nodiscard]] std::string KeyOf(const std::string& origin) const {
    const auto named = [&origin](const std::string& key) { return key.starts_with(origin + "+"); };
    const auto last = std::find_if(verifier_keys.rbegin(), verifier_keys.rend(), named);
    return last == verifier_keys.rend() ? std::string() : *last;
  }
};

absl::StatusOr<LogFacts> FactsOf(engine::Engine& engine) {
  LogFacts facts;
  const v1::Reason refusal = engine.QueryAndWait([&facts](const core::Machine& machine, base::Time) {
    facts.log_id = machine.state().log_id();
    for (const core::SigningKey& key : machine.state().signing_keys()) {
      facts.verifier_keys.push_back(key.verifier_key);
    }
  });
  if (refusal != v1::REASON_UNSPECIFIED) {
    return absl::UnavailableError("the engine does not answer: " + v1::Reason_Name(refusal));
  }
  return facts;
}

void LogWitness(const std::string& witness, const absl::Status& status) {
  const std::string reason(status.message());
  if (status.ok()) {
    Log(info, "witness answered", {{"witness", witness}});
  } else if (absl::IsDataLoss(status)) {
    Log(err, "witness contradicted", {{"witness", witness}, {"reason", reason}});
  } else {
    Log(warn, absl::IsUnavailable(status) ? "witness unreachable" : "witness refused",
        {{"witness", witness}, {"reason", reason}});
  }
}

void LogQuorum(const absl::Status& status) {
  const std::string reason(status.message());
  if (status.ok()) {
    Log(info, "quorum reached");
  } else {
    Log(warn, "quorum lost", {{"reason", reason}});
  }
}

// Whom to ask to cosign what these keys sign, the first of them for good; nothing when the configuration names nobody.
absl::StatusOr<std::optional<publish::Witnessing>> WitnessingOf(const PublishConfig& config,
                                                                const std::vector<tlog::VerifierKey>& keys) {
  if (!config.witnesses) {
    return std::nullopt;
  }
  const std::vector<tlog::Policy::Log>& logs = config.witnesses->logs();
  if (std::ranges::find_first_of(logs, keys, {}, &tlog::Policy::Log::key) == logs.end()) {
    return absl::FailedPreconditionError("publish.policy: " + config.policy +
                                         " does not name this log; its line is: log " + keys.front().Format());
  }
  publish::Witnessing witnessing{.policy = *config.witnesses, .connections = {}};
  witnessing.on_witness = &LogWitness;
  witnessing.on_quorum = &LogQuorum;
  for (std::size_t i = 0; i < witnessing.policy.witnesses().size(); ++i) {
    const std::string& url = witnessing.policy.witnesses()[i].url;
    if (url.empty()) {
      continue;
    }
    absl::StatusOr<std::unique_ptr<publish::WitnessConnection>> connection = edge::ConnectWitness(url);
    if (!connection.ok()) {
      return connection.status();
    }
    witnessing.connections.emplace(i, *std::move(connection));
  }
  return std::optional<publish::Witnessing>(std::move(witnessing));
}

absl::StatusOr<std::unique_ptr<publish::Publisher>> Start(const Config& config, engine::Engine& engine) {
  const absl::StatusOr<LogFacts> facts = FactsOf(engine);
  if (!facts.ok()) {
    return facts.status();
  }
  // Without a configured origin, one that no other log has.
  const std::string origin = config.publish.origin.empty() ? "escrowd/" + facts->log_id : config.publish.origin;
  absl::StatusOr<std::unique_ptr<publish::Signer>> signer =
      publish::Signer::Open(SigningFilesOf(config), origin, facts->KeyOf(origin));
  if (!signer.ok()) {
    return signer.status();
  }
  absl::StatusOr<std::optional<publish::Witnessing>> witnessing = WitnessingOf(config.publish, (*signer)->verifiers());
  if (!witnessing.ok()) {
    return witnessing.status();
  }
  const std::string verifier = (*signer)->verifier().Format();
  publish::PublisherOptions options;
  options.folder = config.data_dir + "/public";
  options.on_stopped = [](const absl::Status& status) {
    const std::string reason(status.message());
    Log(err, "publishing stopped", {{"reason", reason}});
  };
  absl::StatusOr<std::unique_ptr<publish::Publisher>> publisher =
      publish::Publisher::Start(options, engine.journal(), *std::move(signer), *std::move(witnessing));
  if (publisher.ok()) {
    Log(info, "publishing", {{"verifier_key", verifier}});
  }
  return publisher;
}

}  // namespace

publish::Signer::Files SigningFilesOf(const Config& config) {
  return {.key = InDataDir(config, config.publish.signing_key, "signing.key"),
          .last = InDataDir(config, config.publish.last_checkpoint, "last-checkpoint")};
}

absl::StatusOr<std::unique_ptr<publish::Publisher>> StartPublisher(const Config& config, engine::Engine& engine,
                                                                   bool accept_rollback) {
  if (!config.publish.enabled) {
    return nullptr;
  }
  absl::StatusOr<std::unique_ptr<publish::Publisher>> publisher = Start(config, engine);
  if (accept_rollback && absl::IsDataLoss(publisher.status())) {
    const std::string reason(publisher.status().message());
    Log(err, "nothing is published", {{"reason", reason}});
    return nullptr;
  }
  return publisher;
}

}  // namespace escrow::daemon
