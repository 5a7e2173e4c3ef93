#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/save_extent.h"
#include "core/state.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrow/v1/platform.pb.h"
#include "escrow/v1/reason.pb.h"
#include "google/protobuf/arena.h"

namespace escrow::core {

// A command with who asks it. Borrowed: both must outlive the call. `command` has passed no check but parsing; `actor`
// has been authenticated.
struct Request {
  const v1::Command* command = nullptr;
  const v1::Principal* actor = nullptr;
};

// What became of a request. A refusal is data, not an error.
struct Outcome {
  // REASON_UNSPECIFIED when accepted or repeated.
  v1::Reason reason = v1::REASON_UNSPECIFIED;
  // The variables of the message of a refusal, in a fixed order.
  std::vector<std::pair<std::string, std::string>> variables;
  // Resource name of what was created or changed; empty when refused.
  std::string name;
  // First and last event of the request. 0 when it made none: a refusal that does not burn its id, and a dry run.
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  // The request id was used before, by the command whose first event is first_sequence. Nothing was done. The caller
  // must compare that event's command with this one: only if they are equal is this a repetition (see
  // engine/requests.h).
  bool repeated = false;

  [[nodiscard]] bool accepted() const { return reason == v1::REASON_UNSPECIFIED && !repeated; }
};

// The events that calls of the machine made, in order, until Clear. An event refers to its request's command and actor
// and does not copy them, so a request must live until then.
//
// All events of a buffer lie in one arena that Clear empties at once: an event of a command has a dozen small parts,
// and copying and freeing them one by one took a quarter of the core's instructions (docs/PERFORMANCE.md).
class EventBuffer {
 public:
  // An event takes about so many bytes of memory, with its parts.
  static constexpr std::size_t kEventBytes = 1'024;

  // Clear keeps the memory of so many; the default is what almost every command needs.
  explicit EventBuffer(std::size_t events = 16);
  EventBuffer(const EventBuffer&) = delete;
  EventBuffer& operator=(const EventBuffer&) = delete;

  // An empty event at the end.
  [[nodiscard]] v1::Event& Add();
  // Makes an event of this buffer the first of a request.
  static void Refer(v1::Event& event, const Request& request);
  void Clear();
  // Drops the events from `size` on. REQUIRES: size <= this->size().
  void Truncate(std::size_t size);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const v1::Event& operator[](std::size_t index) const { return *events_[index]; }
  // Asks for the memory of an event that another thread has parsed, but for long strings, which lie elsewhere.
  void Prefetch(std::size_t index) const;
  [[nodiscard]] v1::Event& back() { return *events_[size_ - 1]; }

 private:
  const std::unique_ptr<char[]> first_block_;  // what Clear keeps
  google::protobuf::Arena arena_;
  std::vector<v1::Event*> events_;  // the first size_ are in use, the others may be used again
  std::size_t size_ = 0;
};

// What changes memory and time alone.
struct MachineOptions {
  std::size_t agreements_open_max = kAgreementsOpenMax;  // see core/agreement_table.h
};

// Machine: the deterministic state machine of escrow. State plus Decide plus Apply.
//
// Equal calls in equal order give equal events and equal state, on every machine and in every build: it uses no clock,
// no thread, no randomness, no I/O, no floating point and no unordered iteration. A call validates completely before it
// changes anything; after the first event has been applied it cannot fail.
//
// Threading: not thread-safe; the sequencer's thread owns it. Ownership: owns its state.
// Limits: core/limits.h. Sources of the rules: design.md §2-§3; requirement ids stand at the rules.
class Machine {
 public:
  explicit Machine(const MachineOptions& options = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Makes the first event of a log. REQUIRES: no event has been applied.
  void Begin(std::string_view log_id, base::Time log_time, EventBuffer& events);

  // Executes one request at `log_time`, which must be later than that of the call before. Appends what happened to
  // `events`, applied and complete with sequence numbers: first the timers of the command's agreement that are due,
  // then the command and what it causes. With validate_only set in the command nothing changes, and the events are
  // those that would be.
  Outcome Execute(const Request& request, base::Time log_time, EventBuffer& events);

  // The same for 1 to kBatchCommandsMax requests, all or none. When one is refused, the state is as before, its outcome
  // has the reason and all others have BATCH_ABORTED; if that refusal burns its id, all ids of the batch are burnt.
  // validate_only of single commands is refused here with INVALID_FIELD.
  std::vector<Outcome> ExecuteAtomic(std::span<const Request> requests, base::Time log_time, EventBuffer& events);

  // Expires timers that are due at `log_time`, or in a sandbox at its clock; at most `max` of them, earliest first.
  // Returns how many. Call it again while it returns max.
  std::size_t Expire(base::Time log_time, std::size_t max, EventBuffer& events);

  // When Expire has work next: the earliest deadline of production platforms; the time 0 when a sandbox has a timer
  // that is due; nothing when no timer runs.
  [[nodiscard]] std::optional<base::Time> NextDeadline() const;

  // Replays one event: the same code as live execution runs. REQUIRES: event.sequence() == last_sequence() + 1. The
  // event comes from a log that was verified; one that contradicts the state aborts the process.
  void Apply(const v1::Event& event);

  // Says that an event will be applied some announcements from now. Changes nothing but how soon (core/announce.h).
  void Announce(const v1::Event& event);

  [[nodiscard]] std::uint64_t last_sequence() const;
  // The time of the last event; the next call must be later.
  [[nodiscard]] base::Time last_log_time() const;
  [[nodiscard]] const State& state() const;

  // Looks up the first event of the request with this id, 0 when there is none. `request_id` is a UUID; anything else
  // is not found.
  [[nodiscard]] std::uint64_t FindRequest(const v1::Principal& actor, std::string_view request_id) const;

  // The canonical encoding of the whole state: equal states give equal bytes, in every build. It serves as snapshot
  // and, hashed, as digest. `sink` is called with pieces of about 1 MiB in order; the pieces' borders have no meaning.
  void Save(const std::function<void(std::string_view)>& sink) const;
  // The same while the machine goes on: begins to save the state as it is now, or what has changed since the last
  // BeginSave or Load, and writes it a part at a time between other calls, about `bytes` of it each time. True when
  // that was the last part. REQUIRES of BeginSave: no save is under way.
  void BeginSave(SaveExtent extent);
  [[nodiscard]] bool ContinueSave(std::size_t bytes, const std::function<void(std::string_view)>& sink);
  // Replaces the state by a saved one: a whole save, and the saves of changes that followed it, each beginning where
  // the one before it began. False, with an unspecified state, when the bytes are not that. REQUIRES: no save is under
  // way.
  [[nodiscard]] bool Load(std::span<const std::string_view> saves);
  [[nodiscard]] bool Load(std::string_view whole) { return Load(std::span(&whole, 1)); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace escrow::core
