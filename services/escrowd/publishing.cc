#include "publishing.h"

#include <string>
#include <utility>

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

// The configured origin, or one that no other log has.
absl::StatusOr<std::string> OriginOf(const Config& config, engine::Engine& engine) {
  if (!config.publish.origin.empty()) {
    return config.publish.origin;
  }
  std::string log_id;
  const v1::Reason refusal =
      engine.QueryAndWait([&log_id](const core::Machine& machine, base::Time) { log_id = machine.state().log_id(); });
  if (refusal != v1::REASON_UNSPECIFIED) {
    return absl::UnavailableError("the engine does not answer: " + v1::Reason_Name(refusal));
  }
  return "escrowd/" + log_id;
}

absl::StatusOr<std::unique_ptr<publish::Publisher>> Start(const Config& config, engine::Engine& engine) {
  const absl::StatusOr<std::string> origin = OriginOf(config, engine);
  if (!origin.ok()) {
    return origin.status();
  }
  absl::StatusOr<std::unique_ptr<publish::Signer>> signer =
      publish::Signer::Open({.key = InDataDir(config, config.publish.signing_key, "signing.key"),
                             .last = InDataDir(config, config.publish.last_checkpoint, "last-checkpoint")},
                            *origin);
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
