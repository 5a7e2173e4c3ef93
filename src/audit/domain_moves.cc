#include "audit/domain_moves.h"

#include "audit/domain_shares.h"

namespace escrow::audit {

void Book(v1::AccountKind account, std::int64_t minor_units, v1::Event& event) {
  v1::Posting& posting = *event.add_postings();
  posting.set_account(account);
  posting.set_minor_units(minor_units);
}

void BookParty(v1::AccountKind account, const std::string& party_id, std::int64_t minor_units, v1::Event& event) {
  Book(account, minor_units, event);
  event.mutable_postings()->rbegin()->set_party_id(party_id);
}

void BookCustody(std::size_t milestone, std::int64_t minor_units, v1::Event& event) {
  Book(v1::ACCOUNT_KIND_CUSTODY, minor_units, event);
  event.mutable_postings()->rbegin()->set_milestone_index(static_cast<std::uint32_t>(milestone));
}

void FillRelease(const AgreementNow& agreement, std::size_t index, std::int64_t amount, v1::MoveCause cause,
                 v1::Event& event) {
  const MilestoneNow& milestone = agreement.milestones[index];
  v1::MilestoneReleased& fact = *event.mutable_milestone_released();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_minor_units(amount);
  fact.set_cause(cause);
  fact.set_rules_version(kRulesVersion);
  fact.set_final(amount == milestone.held);
  for (const std::uint64_t sequence : milestone.met_by) {
    if (sequence != 0) {
      fact.add_confirmation_sequences(sequence);
    }
  }
  std::vector<std::int64_t> open;
  for (const ShareLine& line : milestone.lines) {
    open.push_back(line.amount - line.released);
  }
  const std::vector<std::int64_t> shares = Share(amount, open, agreement.policies.rounding(), Bound::kWeight);
  BookCustody(index, -amount, event);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const ShareLine& line = milestone.lines[i];
    if (shares[i] == 0) {
      continue;
    }
    if (line.account == v1::ACCOUNT_KIND_PAYABLE) {
      BookParty(line.account, line.party_id, shares[i], event);
    } else {
      Book(line.account, shares[i], event);
    }
  }
}

void FillRefund(const AgreementNow& agreement, std::size_t index, std::int64_t amount, v1::MoveCause cause,
                v1::Event& event) {
  v1::MilestoneRefunded& fact = *event.mutable_milestone_refunded();
  fact.set_milestone_index(static_cast<std::uint32_t>(index));
  fact.set_minor_units(amount);
  fact.set_cause(cause);
  fact.set_final(amount == agreement.milestones[index].held);
  BookCustody(index, -amount, event);
  BookParty(v1::ACCOUNT_KIND_REFUNDABLE, agreement.buyer_id, amount, event);
}

void BookReturn(const AgreementNow& agreement, std::int64_t amount, v1::Event& event) {
  Book(v1::ACCOUNT_KIND_UNALLOCATED, -amount, event);
  BookParty(v1::ACCOUNT_KIND_REFUNDABLE, agreement.buyer_id, amount, event);
}

void BookPayout(v1::AccountKind source, const std::string& party_id, std::int64_t amount, v1::Event& event) {
  if (party_id.empty()) {
    Book(source, -amount, event);
  } else {
    BookParty(source, party_id, -amount, event);
  }
  Book(v1::ACCOUNT_KIND_IN_TRANSIT, amount, event);
}

}  // namespace escrow::audit
