#include "core/agreement_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace escrow::core {
namespace {

// More than an event opens, so that the table comes to rest; few, so that no command waits.
constexpr int kLooksPerRest = 4;

}  // namespace

void AgreementTable::Announce(const ScopedId& id) {
  constexpr std::size_t kStep = kAnnouncedAhead / 3;
  const auto before = [this](std::size_t calls) -> Announced& {
    return announced_[(announced_count_ + kAnnouncedAhead - calls) % kAnnouncedAhead];
  };
  const KeyIndex<AgreementBox>& index = boxes_.index();
  Announced& first = before(0);
  first = {.half_hash = KeyIndex<AgreementBox>::HalfHash(id), .position = std::nullopt};
  index.Prefetch(first.half_hash);
  Announced& second = before(kStep);
  second.position = index.Candidate(second.half_hash);
  if (second.position) {
    __builtin_prefetch(&boxes_.entities()[*second.position]);
  }
  const Announced& third = before(2 * kStep);
  if (third.position && *third.position < size()) {
    boxes_.entities()[*third.position].Prefetch();
  }
  ++announced_count_;
}

Agreement& AgreementTable::Open(AgreementSlot slot) {
  AgreementBox& box = boxes_.at(slot);
  if (!box.open()) {
    opened_.push_back(slot);
  }
  return box.Use();
}

AgreementSlot AgreementTable::Add(Agreement agreement) {
  const AgreementSlot slot = boxes_.Add(AgreementBox(std::move(agreement)));
  opened_.push_back(slot);
  return slot;
}

void AgreementTable::AddPacked(const Agreement& agreement, std::string_view encoded) {
  boxes_.entities().emplace_back(agreement, encoded);
}

void AgreementTable::RemoveLast() {
  last_ = nullptr;
  const AgreementSlot last{size() - 1};
  if (boxes_.at(last).open()) {
    const auto found = std::find(opened_.rbegin(), opened_.rend(), last);  // what is taken back was opened just now
    ESCROW_ASSERT(found != opened_.rend());
    opened_.erase(std::next(found).base());
  }
  boxes_.RemoveLast();
}

void AgreementTable::Clear() {
  last_ = nullptr;
  boxes_.Clear();
  opened_.clear();
}

void AgreementTable::Rest() {
  last_ = nullptr;
  for (int look = 0; look < kLooksPerRest && opened_.size() > open_max_; ++look) {
    const AgreementSlot slot = opened_.front();
    opened_.pop_front();
    if (boxes_.at(slot).TakeUsed()) {
      opened_.push_back(slot);
    } else {
      boxes_.at(slot).Pack(writer_);
    }
  }
}

}  // namespace escrow::core
