#include "audit/chain.h"

#include "audit/text.h"

namespace escrow::audit {
namespace {

std::string Numbers(std::uint64_t found, std::uint64_t expected) {
  return std::to_string(found) + " and must be " + std::to_string(expected);
}

}  // namespace

Complaint Chain::Take(const v1::Event& event) {
  if (event.sequence() != sequence_ + 1) {
    return "sequence is " + Numbers(event.sequence(), sequence_ + 1);
  }
  ++sequence_;
  if (event.has_log_created() != (sequence_ == 1)) {
    return sequence_ == 1 ? "the log does not begin with log_created" : "log_created stands in the middle of the log";
  }
  if (sequence_ == 1) {
    log_id_ = event.log_created().log_id();
  }
  if (Complaint wrong = CheckTime(event)) {
    return wrong;
  }
  if (Complaint wrong = CheckCause(event)) {
    return wrong;
  }
  if (Complaint wrong = CheckPrevious(event)) {
    return wrong;
  }
  return CheckReferences(event);
}

Complaint Chain::CheckTime(const v1::Event& event) {
  const Nanos log_time = NanosOf(event.log_time());
  if (log_time < log_time_) {
    return "log_time is before that of the event before it";
  }
  log_time_ = log_time;
  return {};
}

Complaint Chain::CheckCause(const v1::Event& event) {
  if (event.cause_sequence() == 0) {
    cause_ = {.sequence = event.sequence(),
              .log_time = log_time_,
              .platform = event.platform(),
              .agreement_id = event.agreement_id()};
    return {};
  }
  if (event.cause_sequence() != cause_.sequence) {
    return "cause_sequence is " + Numbers(event.cause_sequence(), cause_.sequence);
  }
  if (log_time_ != cause_.log_time) {
    return "log_time differs from that of event " + std::to_string(cause_.sequence) + ", which caused it";
  }
  return event.platform() == cause_.platform && event.agreement_id() == cause_.agreement_id
             ? Complaint()
             : "the event is about another agreement than event " + std::to_string(cause_.sequence) +
                   ", which caused it";
}

Complaint Chain::CheckPrevious(const v1::Event& event) {
  std::uint64_t* last = nullptr;
  const std::string payout = PayoutNameOf(event);
  if (!event.agreement_id().empty()) {
    last = &last_of_agreement_[KeyOf(event.platform(), event.agreement_id())];
  } else if (!payout.empty()) {
    last = &last_of_payout_[payout];
  }
  const std::uint64_t expected = last == nullptr ? 0 : *last;
  if (event.previous_sequence() != expected) {
    return "previous_sequence is " + Numbers(event.previous_sequence(), expected);
  }
  if (last != nullptr) {
    *last = event.sequence();
  }
  return {};
}

Complaint Chain::CheckReferences(const v1::Event& event) {
  for (const std::uint64_t sequence : event.milestone_released().confirmation_sequences()) {
    if (sequence == 0 || sequence >= event.sequence()) {
      return "confirmation_sequences names event " + std::to_string(sequence) + ", which is not before it";
    }
  }
  return event.confirmation_deemed().start_sequence() < event.sequence()
             ? Complaint()
             : "start_sequence names an event that is not before it";
}

}  // namespace escrow::audit
