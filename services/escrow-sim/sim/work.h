#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"

// What clients ask for and are told.
namespace escrow::sim {

// Commands that one caller sends together. Immutable once it is sent.
struct Work {
  std::vector<v1::Command> commands;
  v1::Principal actor;
  bool atomic = false;
};
using WorkPointer = std::shared_ptr<const Work>;

// The answer to one attempt to send it.
struct Reply {
  std::uint64_t attempt = 0;
  std::vector<core::Outcome> outcomes;
  std::vector<base::Time> log_times;
  std::vector<std::vector<std::string>> events;
};

// What a query saw: the state at a position of the log, as a text.
struct Sight {
  std::uint64_t sequence = 0;
  std::string state;
};

// What the engine has answered, in its order.
using Mailbox = std::vector<std::variant<Reply, Sight>>;

// An attempt on its way through the engine. Its reply goes to `mailbox`, which must outlive it.
class Attempt final : public engine::Submission {
 public:
  Attempt(std::uint64_t number, WorkPointer work, Mailbox& mailbox)
      : number_(number), work_(std::move(work)), mailbox_(mailbox) {
    for (const v1::Command& command : work_->commands) {
      requests.push_back({.command = &command, .actor = &work_->actor});
    }
    atomic = work_->atomic;
    want_events = true;
    events_.resize(requests.size());
  }

  void AddEvent(std::size_t index, std::string_view bytes) override { events_[index].emplace_back(bytes); }

  void Done() override {
    mailbox_.emplace_back(Reply{.attempt = number_,
                                .outcomes = {outcomes.begin(), outcomes.end()},
                                .log_times = {log_times.begin(), log_times.end()},
                                .events = std::move(events_)});
  }

 private:
  const std::uint64_t number_;
  const WorkPointer work_;
  Mailbox& mailbox_;
  std::vector<std::vector<std::string>> events_;  // of each request
};

// The request id of a command; empty when it has no payload. `payload` is the request message.
[[nodiscard]] const google::protobuf::Message* PayloadOf(const v1::Command& command);
[[nodiscard]] std::string RequestIdOf(const v1::Command& command);
[[nodiscard]] bool IsDryRun(const v1::Command& command);
// Sets a string or bool field of the payload, if it has one of this name.
void SetField(v1::Command& command, const std::string& field, const std::string& value);
void SetDryRun(v1::Command& command, bool dry_run);
// Who asks, as a text: the operator, a platform's or a party's name.
[[nodiscard]] std::string CallerOf(const v1::Principal& actor);

}  // namespace escrow::sim
