#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "escrow/v1/command.pb.h"

namespace escrow::test {

// What a caller of the engine gets.
struct Answer {
  v1::Reason refusal = v1::REASON_UNSPECIFIED;  // of Submit
  std::vector<core::Outcome> outcomes;
  std::vector<base::Time> log_times;
  std::vector<std::vector<std::string>> events;
};

struct CallOptions {
  bool atomic = false;
  bool want_events = false;
};

// A submission that owns its commands and keeps the answer as a future.
class Call final : public engine::Submission {
 public:
  Call(const v1::Principal& actor, std::vector<v1::Command> commands, const CallOptions& options)
      : actor_(actor), commands_(std::move(commands)) {
    for (const v1::Command& command : commands_) {
      requests.push_back({.command = &command, .actor = &actor_});
    }
    atomic = options.atomic;
    want_events = options.want_events;
    events_.resize(want_events ? requests.size() : 0);
  }
  void AddEvent(std::size_t index, std::string_view bytes) override { events_[index].emplace_back(bytes); }
  void Done() override {
    answer_.set_value({.outcomes = {outcomes.begin(), outcomes.end()},
                       .log_times = {log_times.begin(), log_times.end()},
                       .events = std::move(events_)});
  }
  [[nodiscard]] std::future<Answer> answer() { return answer_.get_future(); }

 private:
  const v1::Principal actor_;
  const std::vector<v1::Command> commands_;
  std::vector<std::vector<std::string>> events_;  // of each request
  std::promise<Answer> answer_;
};

// Gives commands to the engine; the future has the answer, also when they are not taken.
inline std::future<Answer> Send(engine::Engine& engine, const v1::Principal& actor, std::vector<v1::Command> commands,
                                const CallOptions& options = {}) {
  auto call = std::make_unique<Call>(actor, std::move(commands), options);
  std::future<Answer> answer = call->answer();
  std::unique_ptr<engine::Submission> submission = std::move(call);
  const v1::Reason refusal = engine.Submit(submission);
  if (refusal == v1::REASON_UNSPECIFIED) {
    return answer;
  }
  std::promise<Answer> refused;
  refused.set_value({.refusal = refusal, .outcomes = {}, .log_times = {}, .events = {}});
  return refused.get_future();
}

// One command, executed. Its outcome has OVERLOADED and the like when it was not taken.
inline core::Outcome Execute(engine::Engine& engine, const v1::Principal& actor, const v1::Command& command) {
  const Answer answer = Send(engine, actor, {command}).get();
  if (answer.refusal != v1::REASON_UNSPECIFIED) {
    core::Outcome outcome;
    outcome.reason = answer.refusal;
    return outcome;
  }
  return answer.outcomes.at(0);
}

}  // namespace escrow::test
