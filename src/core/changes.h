#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/mutant.h"
#include "core/state_impl.h"

// What has changed in the state since a moment, for a save of no more than that. For the .cc files of the core's state
// only.
namespace escrow::core {

// Positions in a table. Cost: a bit for each position up to the highest.
class PositionSet {
 public:
  void Insert(std::uint32_t position) {
    const std::size_t word = position / kBits;
    if (word >= words_.size()) {
      words_.resize(word + 1);
    }
    words_[word] |= std::uint64_t{1} << (position % kBits);
  }
  // Those below `end`, in order.
  [[nodiscard]] std::vector<std::uint32_t> Below(std::uint32_t end) const {
    std::vector<std::uint32_t> positions;
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t rest = words_[word]; rest != 0; rest &= rest - 1) {
        const auto position =
            static_cast<std::uint32_t>(word * kBits) + static_cast<std::uint32_t>(std::countr_zero(rest));
        if (position >= end) {
          return positions;
        }
        positions.push_back(position);
      }
    }
    return positions;
  }

 private:
  static constexpr std::size_t kBits = 64;
  std::vector<std::uint64_t> words_;
};

// The entities of one table that were there at the moment, and which of them may have changed since. Those from `count`
// on are new.
struct PartChanges {
  std::uint32_t count = 0;
  PositionSet changed = {};
};

struct Changes {
  // Since before the first event: all that there is is new.
  Changes() = default;
  // Since now.
  explicit Changes(const State::Impl& state)
      : since_sequence(state.last_sequence),
        platforms{.count = state.platforms.size()},
        parties{.count = state.parties.size()},
        terms{.count = static_cast<std::uint32_t>(state.terms.size())},
        agreements{.count = state.agreements.size()},
        payouts{.count = state.payouts.size()},
        credentials{.count = state.credentials.size()},
        requests{.count = state.requests.size()} {}

  void Note(PlatformSlot slot) { platforms.changed.Insert(Index(slot)); }
  void Note(PartySlot slot) { parties.changed.Insert(Index(slot)); }
  void Note(AgreementSlot slot) {
    if (!ESCROW_MUTANT(ChangeNotNoted)) {
      agreements.changed.Insert(Index(slot));
    }
  }
  void Note(PayoutSlot slot) { payouts.changed.Insert(Index(slot)); }
  void Note(CredentialSlot slot) { credentials.changed.Insert(Index(slot)); }

  std::uint64_t since_sequence = 0;
  PartChanges platforms;
  PartChanges parties;
  PartChanges terms;  // never change, as requests
  PartChanges agreements;
  PartChanges payouts;
  PartChanges credentials;
  PartChanges requests;
};

}  // namespace escrow::core
