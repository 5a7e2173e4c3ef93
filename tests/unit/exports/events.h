#pragma once

#include <initializer_list>
#include <string>

#include "escrow/v1/event.pb.h"

// Events written by hand.
namespace escrow::audit::exports::test {

struct HandPosting {
  v1::AccountKind account;
  std::int64_t minor_units;
  const char* party = "";
  std::uint32_t milestone = 0;
};

// A deposit, of platform "shop", made on the `sequence`-th day after 2026-11-19.
inline v1::Event HandEvent(std::uint64_t sequence, const char* agreement, const char* currency,
                           std::initializer_list<HandPosting> postings) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_log_time()->set_seconds(1'795'046'400 + static_cast<std::int64_t>(sequence) * 86'400);
  event.set_platform("platforms/shop");
  event.set_agreement_id(agreement);
  event.set_currency_code(currency);
  event.mutable_deposit_recorded();
  for (const HandPosting& hand : postings) {
    v1::Posting& posting = *event.add_postings();
    posting.set_account(hand.account);
    posting.set_minor_units(hand.minor_units);
    posting.set_party_id(hand.party);
    posting.set_milestone_index(hand.milestone);
  }
  return event;
}

}  // namespace escrow::audit::exports::test
