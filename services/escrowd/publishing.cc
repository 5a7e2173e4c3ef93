#include "publishing.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/machine.h"
#include "log.h"
#include "publish/signer.h"

namespace escrow::daemon {
namespace {

using spdlog::level::err;
using spdlog::level::info;

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
  const std::string verifier = (*signer)->verifier().Format();
  publish::PublisherOptions options;
  options.folder = config.data_dir + "/public";
  options.on_stopped = [](const absl::Status& status) {
    const std::string reason(status.message());
    Log(err, "publishing stopped", {{"reason", reason}});
  };
  absl::StatusOr<std::unique_ptr<publish::Publisher>> publisher =
      publish::Publisher::Start(options, engine.journal(), *std::move(signer));
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
