#include "linearizability/model.h"

#include <algorithm>

namespace escrow::test {
namespace {

constexpr std::uint8_t kBoth = kSeller | kBuyer;

bool Ended(const Step& step) { return step.stand != Stand::kPending && step.stand != Stand::kFunded; }

// Puts what is held of a step back to the buyer.
void GiveBack(View& view, Step& step, std::int64_t amount) {
  step.held -= amount;
  step.refunded += amount;
  view.refunded += amount;
}

void LetGo(View& view, Step& step, std::int64_t amount) {
  step.held -= amount;
  step.released += amount;
  view.released += amount;
}

// Everything that follows by itself from where the agreement stands.
void Follow(State& state) {
  View& view = state.view;
  if (view.state == "ACTIVE") {
    if (view.consents == kBoth) {
      for (Step& step : view.steps) {
        if (!Ended(step)) {
          step.stand = Stand::kCancelled;
          GiveBack(view, step, step.held);
        }
      }
    }
    for (std::size_t i = 0; i < view.steps.size(); ++i) {
      Step& step = view.steps[i];
      if (step.stand == Stand::kPending && view.unallocated >= kMilestoneAmounts[i]) {
        step.stand = Stand::kFunded;
        step.held = kMilestoneAmounts[i];
        view.unallocated -= step.held;
      }
      if (step.stand == Stand::kPending) {
        break;  // one after the other
      }
      if (step.stand == Stand::kFunded && state.confirmed[i] == kBoth) {
        step.stand = Stand::kReleased;
        LetGo(view, step, step.held);
      }
    }
    if (std::ranges::all_of(view.steps, Ended)) {
      view.state = view.consents == kBoth ? "CANCELLED" : "SETTLED";
    }
  }
  const auto pending = [](const Step& step) { return step.stand == Stand::kPending; };
  if (view.state != "ACTIVE" || std::ranges::none_of(view.steps, pending)) {
    view.refunded += view.unallocated;  // too much, or too late
    view.unallocated = 0;
  }
}

std::string Confirm(const Input& input, State& state) {
  const Stand stand = state.view.steps[input.milestone].stand;
  if (state.view.state != "ACTIVE") {
    return "AGREEMENT_CLOSED";
  }
  if (stand != Stand::kFunded) {
    return stand == Stand::kPending ? "MILESTONE_NOT_FUNDED" : "MILESTONE_ENDED";
  }
  if ((state.confirmed[input.milestone] & input.who) != 0) {
    return "ALREADY_CONFIRMED";
  }
  state.confirmed[input.milestone] |= input.who;
  return "OK";
}

// Release or refund by will.
std::string Move(const Input& input, State& state) {
  Step& step = state.view.steps[input.milestone];
  if (state.view.state != "ACTIVE") {
    return "AGREEMENT_CLOSED";
  }
  if (step.stand != Stand::kFunded) {
    return step.stand == Stand::kPending ? "MILESTONE_NOT_FUNDED" : "MILESTONE_ENDED";
  }
  const std::int64_t amount = input.amount == 0 ? step.held : input.amount;
  if (amount > step.held) {
    return "INSUFFICIENT_FUNDS";
  }
  const bool whole = amount == step.held;
  if (input.kind == Kind::kRelease) {
    LetGo(state.view, step, amount);
    step.stand = whole ? Stand::kReleased : step.stand;
  } else {
    GiveBack(state.view, step, amount);
    step.stand = whole ? Stand::kRefunded : step.stand;
  }
  return "OK";
}

std::string Deposit(const Input& input, State& state) {
  if (std::ranges::find(state.deposits, input.deposit) != state.deposits.end()) {
    return "DEPOSIT_EXISTS";
  }
  state.deposits.push_back(input.deposit);
  state.view.deposited += input.amount;
  state.view.unallocated += input.amount;
  return "OK";
}

std::string Cancel(const Input& input, State& state) {
  if (state.view.state != "ACTIVE") {
    return "AGREEMENT_CLOSED";
  }
  if ((state.view.consents & input.who) == input.who) {
    return "ALREADY_CONSENTED";
  }
  state.view.consents |= input.who;
  return "OK";
}

std::string Write(const Input& input, State& state) {
  if (input.kind == Kind::kCreate) {
    if (state.created) {
      return "AGREEMENT_EXISTS";
    }
    state.created = true;
    state.view.state = "ACTIVE";
    return "OK";
  }
  if (!state.created) {
    return "AGREEMENT_NOT_FOUND";
  }
  switch (input.kind) {
    case Kind::kDeposit:
      return Deposit(input, state);
    case Kind::kConfirm:
      return Confirm(input, state);
    case Kind::kCancel:
      return Cancel(input, state);
    default:
      return Move(input, state);
  }
}

// A refusal that another state would have turned into success burns the request id.
bool Burns(const std::string& reason) {
  return reason == "AGREEMENT_NOT_FOUND" || reason == "MILESTONE_NOT_FUNDED" || reason == "INSUFFICIENT_FUNDS";
}

Output Read(const Input& input, const State& state) {
  Output output;
  if (input.kind == Kind::kGetRequest) {
    const auto past = state.requests.find(input.request);
    if (past == state.requests.end()) {
      output.reason = "REQUEST_NOT_FOUND";
    } else if (past->second.refusal.empty()) {
      output.repeated = true;
    } else {
      output.reason = past->second.refusal;
    }
    return output;
  }
  if (!state.created) {
    output.reason = "AGREEMENT_NOT_FOUND";
  } else if (input.kind == Kind::kGet) {
    output.view = state.view;
  } else {
    output.deposits = state.deposits;
  }
  return output;
}

void Mix(std::size_t& hash, std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15U + (hash >> 31U); }

}  // namespace

Output Apply(const Input& input, State& state) {
  if (input.reads()) {
    return Read(input, state);
  }
  Output output;
  if (const auto past = state.requests.find(input.request); past != state.requests.end()) {
    if (past->second.body != input) {
      output.reason = "REQUEST_ID_REUSED";
    } else if (past->second.refusal.empty()) {
      output.repeated = true;
    } else {
      output.reason = "REQUEST_ID_BURNT";
    }
    return output;
  }
  output.reason = Write(input, state);
  if (output.reason == "OK") {
    Follow(state);
    state.requests[input.request] = {.body = input, .refusal = ""};
  } else if (Burns(output.reason)) {
    state.requests[input.request] = {.body = input, .refusal = output.reason};
  }
  return output;
}

std::size_t HashOf(const State& state) {
  std::size_t hash = state.created ? 1 : 0;
  Mix(hash, static_cast<std::uint64_t>(state.view.deposited));
  Mix(hash, static_cast<std::uint64_t>(state.view.released));
  Mix(hash, static_cast<std::uint64_t>(state.view.refunded));
  Mix(hash, state.view.consents);
  for (const Step& step : state.view.steps) {
    Mix(hash, static_cast<std::uint64_t>(step.held));
    Mix(hash, static_cast<std::uint64_t>(step.stand));
  }
  for (const std::uint8_t confirmed : state.confirmed) {
    Mix(hash, confirmed);
  }
  for (const std::uint8_t deposit : state.deposits) {
    Mix(hash, deposit);
  }
  Mix(hash, state.requests.size());
  return hash;
}

std::string Text(const Input& input) {
  constexpr std::array<const char*, 9> kNames = {"Create", "Deposit", "Confirm",      "Release",   "Refund",
                                                 "Cancel", "Get",     "ListDeposits", "GetRequest"};
  std::string text = std::string(kNames[static_cast<std::size_t>(input.kind)]) + "(";
  if (input.request != 0) {
    text += "request " + std::to_string(input.request);
  }
  switch (input.kind) {
    case Kind::kDeposit:
      text += ", deposit " + std::to_string(input.deposit) + " of " + std::to_string(input.amount);
      break;
    case Kind::kConfirm:
    case Kind::kRelease:
    case Kind::kRefund:
      text += ", milestone " + std::to_string(input.milestone) + ", amount " + std::to_string(input.amount) + ", who " +
              std::to_string(input.who);
      break;
    case Kind::kCancel:
      text += ", who " + std::to_string(input.who);
      break;
    default:
      break;
  }
  return text + ")";
}

std::string Text(const Output& output) {
  std::string text = output.reason + (output.repeated ? " (repeated)" : "");
  if (!output.view.state.empty()) {
    const View& view = output.view;
    text += " " + view.state + " deposited " + std::to_string(view.deposited) + " released " +
            std::to_string(view.released) + " refunded " + std::to_string(view.refunded) + " unallocated " +
            std::to_string(view.unallocated) + " consents " + std::to_string(view.consents);
    for (const Step& step : view.steps) {
      text += " [" + std::to_string(static_cast<int>(step.stand)) + ": " + std::to_string(step.held) + " " +
              std::to_string(step.released) + " " + std::to_string(step.refunded) + "]";
    }
  }
  for (const std::uint8_t deposit : output.deposits) {
    text += " d" + std::to_string(deposit);
  }
  return text;
}

}  // namespace escrow::test
