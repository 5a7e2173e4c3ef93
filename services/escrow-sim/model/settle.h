#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "escrow/v1/event.pb.h"
#include "model/world.h"

// What happens by itself: alarms, and what follows from the state of an agreement.
namespace escrow::model {

// Books `amount` in the event and in the book; credit positive.
void Post(World& world, v1::Event& event, v1::AccountKind kind, const std::string& whose, Wide amount);

// A new event about the agreement, by its platform's time `now`.
v1::Event& AddEvent(const Key& key, Nanos now, std::vector<v1::Event>& events);

// Moves of money of one milestone, in an event of their own that the caller has added last.
void Release(World& world, const Key& key, std::size_t index, Wide amount, v1::MoveCause cause, Nanos now,
             v1::Event& event);
void Refund(World& world, const Key& key, std::size_t index, Wide amount, v1::MoveCause cause, Nanos now,
            v1::Event& event);

// The agreement's alarms that are set.
[[nodiscard]] std::vector<Alarm> AlarmsOf(const Agreement& agreement);

// Whether all milestones that milestone `index` waits for have ended.
[[nodiscard]] bool IsOpen(const Agreement& agreement, std::size_t index);

// Everything that follows at `now`, until nothing does. Adds its events. `sequence` is that of the event before: the
// alarm or the command.
void Settle(World& world, const Key& key, Nanos now, std::vector<v1::Event>& events);

// The alarm goes off as event `sequence`, and what follows from it.
void GoOff(World& world, const Key& key, const Alarm& alarm, std::uint64_t sequence, std::vector<v1::Event>& events);

// The first participant in this role, by party id.
[[nodiscard]] std::string FirstInRole(const Agreement& agreement, v1::Role role);
// The ids of those whose acceptance and consent count: buyer and sellers.
[[nodiscard]] std::set<std::string> Deciders(const Agreement& agreement);

}  // namespace escrow::model
