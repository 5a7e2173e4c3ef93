#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "core/agreement_box.h"
#include "core/announce.h"
#include "core/state.h"
#include "core/table.h"

namespace escrow::core {

// AgreementTable: the agreements by slot, found by id. Those in use are open, the others packed (core/agreement_box.h):
// of all that live, few are in somebody's hands at a time.
//
// References to an agreement stay valid until Rest.
class AgreementTable {
 public:
  // So many stay open.
  explicit AgreementTable(std::size_t open_max) : open_max_(open_max) {}

  [[nodiscard]] std::uint32_t size() const { return boxes_.size(); }
  [[nodiscard]] std::optional<AgreementSlot> Find(const ScopedId& id) const { return boxes_.Find(id); }

  // Says that an agreement will be looked for and opened about kAnnouncedAhead calls from now, and asks for the memory
  // that this will need, step by step, as each step must have come before the next: its place in the index, its box,
  // what it is packed as.
  void Announce(const ScopedId& id);

  // Opens it. Mostly it is the one that was asked for before: a command does so some thirty times.
  [[nodiscard]] Agreement& at(AgreementSlot slot) {
    if (last_ == nullptr || last_slot_ != slot) {
      last_ = &Open(slot);
      last_slot_ = slot;
    }
    return *last_;
  }
  // Does not; see AgreementBox::Peek.
  [[nodiscard]] const Agreement& Peek(AgreementSlot slot, Agreement& scratch) const {
    return boxes_.at(slot).Peek(scratch);
  }
  [[nodiscard]] AgreementBox& box(AgreementSlot slot) { return boxes_.at(slot); }
  [[nodiscard]] std::deque<AgreementBox>& boxes() { return boxes_.entities(); }

  // REQUIRES: none has this id.
  AgreementSlot Add(Agreement agreement);
  // Adds a packed one, which is not found by its id before Reindex.
  void AddPacked(const Agreement& agreement, std::string_view encoded);
  // False when two have one id.
  [[nodiscard]] bool Reindex() { return boxes_.Reindex(); }
  void RemoveLast();
  void Clear();

  // Packs a few of those that have not been used for longest, while too many are open.
  void Rest();

 private:
  // One that was announced.
  struct Announced {
    std::uint32_t half_hash = 0;
    std::optional<std::uint32_t> position;
  };

  [[nodiscard]] Agreement& Open(AgreementSlot slot);

  const std::size_t open_max_;
  Table<AgreementBox, AgreementSlot> boxes_;
  std::deque<AgreementSlot> opened_;  // the open ones, in the order in which they were opened or last found used
  Agreement* last_ = nullptr;         // that was asked for last since Rest; null: none
  AgreementSlot last_slot_{};
  std::array<Announced, kAnnouncedAhead> announced_;
  std::size_t announced_count_ = 0;
  Writer writer_;  // keeps its memory from one Rest to the next
};

}  // namespace escrow::core
