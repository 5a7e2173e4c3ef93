#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/domain_world.h"
#include "escrow/v1/event.pb.h"

// What an event that moves money must say: fact and postings, worked out from the state before it. Pure.
namespace escrow::audit {

inline constexpr std::uint32_t kRulesVersion = 1;  // the rules that this verifier knows

void Book(v1::AccountKind account, std::int64_t minor_units, v1::Event& event);
void BookParty(v1::AccountKind account, const std::string& party_id, std::int64_t minor_units, v1::Event& event);
void BookCustody(std::size_t milestone, std::int64_t minor_units, v1::Event& event);

// Custody to the payees and fees: each line in proportion to what it has still to get. REQUIRES: 0 < amount <= held.
void FillRelease(const AgreementNow& agreement, std::size_t milestone, std::int64_t amount, v1::MoveCause cause,
                 v1::Event& event);
// Custody back to the buyer. REQUIRES: 0 < amount <= held.
void FillRefund(const AgreementNow& agreement, std::size_t milestone, std::int64_t amount, v1::MoveCause cause,
                v1::Event& event);
// Unallocated money back to the buyer; the postings alone.
void BookReturn(const AgreementNow& agreement, std::int64_t amount, v1::Event& event);
// From an account on its way out; the postings alone. `party_id` is empty for fees.
void BookPayout(v1::AccountKind source, const std::string& party_id, std::int64_t amount, v1::Event& event);

}  // namespace escrow::audit
