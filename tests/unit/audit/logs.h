#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"

// Logs that the real engine wrote, as entries, and what the auditor says of entries.
namespace escrow::audit::test {

using Entries = std::vector<std::string>;

// Commands with who asks, one after the other; they need not all succeed.
using Script = std::vector<std::pair<v1::Principal, v1::Command>>;

// What the engine makes of a script.
[[nodiscard]] Entries LogOf(const Script& script);

// A sandbox of a shop that sells three parcels: one with fees and automatic payouts, released; one whose receipt is
// deemed and that is paid out on request; one that is refunded in parts. `amount` is what the first one costs.
[[nodiscard]] Script ShopStory(std::int64_t amount);

// The command of this payload field, with a request id of this number and the fields in protobuf's text format.
[[nodiscard]] v1::Command TextCommand(const std::string& field, std::uint64_t number, const std::string& text);
// The commitment of a record of ann, which is 32 times "c".
[[nodiscard]] v1::Command PutRecord(std::uint64_t number, const std::string& record);
// By event: 1 log, 2 platform, 3 ann, 4 bob, 5 and 6 records, 7 the operator's hold, 8 ann's erasure is refused,
// 9 the hold is released, 10 a hold of the shop that ends in 2100, for bob, 11 ann is erased.
[[nodiscard]] Script PersonalDataStory();

// `count` orders of the generator of `escrowctl orders`, settled on a sandbox.
[[nodiscard]] Entries OrdersLog(std::size_t count);

[[nodiscard]] std::vector<v1::Event> Parse(const Entries& entries);
[[nodiscard]] Entries Serialise(const std::vector<v1::Event>& events);

// The first complaint of structure, chain and domain: "event 7: chain: ...", "the end: ..."; empty when there is none.
[[nodiscard]] std::string FirstComplaint(const Entries& entries);

}  // namespace escrow::audit::test
