#include "sim/state_text.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace escrow::sim {
namespace {

using base::Wide;

// Lines in the order of their text, so that the two need not agree about order.
class Lines {
 public:
  template <class... Parts>
  void Add(const Parts&... parts) {
    line_.clear();
    (Append(parts), ...);
    lines_.push_back(line_);
  }
  [[nodiscard]] std::string Join() {
    std::sort(lines_.begin(), lines_.end());
    std::string text;
    for (const std::string& line : lines_) {
      text += line;
      text += '\n';
    }
    return text;
  }

 private:
  void Append(const std::string& part) { line_.append(part).append(" "); }
  void Append(const char* part) { line_.append(part).append(" "); }
  template <class Integer>
    requires std::is_integral_v<Integer> || std::is_enum_v<Integer> || std::is_same_v<Integer, Wide>
  void Append(Integer part) {
    // Sums of a simulation stay within 64 bits.
    line_.append(std::to_string(static_cast<std::int64_t>(part))).append(" ");
  }

  std::string line_;
  std::vector<std::string> lines_;
};

constexpr Wide kNothing = 0;

// That a funding deadline was missed matters as long as the milestone could still be funded.
const char* Missed(v1::Milestone::State state, bool funding_missed) {
  return state == v1::Milestone::STATE_PENDING && funding_missed ? "missed" : "";
}

void AddTimers(Lines& lines, const std::string& name, const core::State& state, const core::Agreement& agreement) {
  for (const core::Timer& timer : agreement.timers) {
    lines.Add("alarm", name, timer.deadline.ns, static_cast<int>(timer.kind), timer.milestone,
              timer.kind == core::TimerKind::kDeemed ? timer.index : 0);
  }
  for (const core::ScheduledPayout& due : agreement.scheduled_payouts) {
    lines.Add("due", name, due.due.ns, due.source, state.party(due.party).id, due.amount);
  }
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const core::Milestone& milestone = agreement.milestones[i];
    std::string met;
    for (std::size_t j = 0; j < milestone.met_by.size(); ++j) {
      met += milestone.met_by[j] != 0 ? std::to_string(j) + "@" + std::to_string(milestone.met_by[j]) + "," : "";
    }
    lines.Add("milestone", name, i, milestone.state, milestone.required, milestone.held, milestone.released,
              milestone.refunded, Missed(milestone.state, milestone.funding_missed), met);
  }
}

void AddTimers(Lines& lines, const std::string& name, const model::Model& model, const model::Key& key) {
  const model::Agreement& agreement = model.world().agreements.at(key);
  for (const model::Alarm& alarm : model.AlarmsOf(key)) {
    if (alarm.kind != model::AlarmKind::kPayout) {
      lines.Add("alarm", name, alarm.at, static_cast<int>(alarm.kind) + 1, alarm.milestone, alarm.requirement);
    }
  }
  for (const model::Due& due : agreement.dues) {
    lines.Add("due", name, due.at, due.source, due.party, due.amount);
  }
  for (std::size_t i = 0; i < agreement.milestones.size(); ++i) {
    const model::Milestone& milestone = agreement.milestones[i];
    std::string met;
    for (const auto& [requirement, sequence] : milestone.met) {
      met += std::to_string(requirement) + "@" + std::to_string(sequence) + ",";
    }
    lines.Add("milestone", name, i, milestone.state, milestone.required, milestone.held, milestone.released,
              milestone.refunded, Missed(milestone.state, milestone.funding_missed), met);
  }
}

}  // namespace

std::string StateText(const core::State& state) {
  Lines lines;
  for (std::uint32_t p = 0; p < state.platform_count(); ++p) {
    const core::PlatformSlot slot{p};
    const core::Platform& platform = state.platform(slot);
    lines.Add("platform", platform.id, platform.sandbox, platform.sandbox ? platform.clock.ns : 0,
              platform.rail_access);
    for (const core::LedgerTotals& totals : state.totals_of(slot)) {
      for (std::size_t kind = 1; kind < core::kAccountKinds; ++kind) {
        if (totals.by_kind[kind] != 0) {
          lines.Add("total", platform.id, std::string(totals.currency.code()), kind, totals.by_kind[kind]);
        }
      }
    }
    for (const core::PartySlot party_slot : state.parties_of(slot)) {
      const core::Party& party = state.party(party_slot);
      lines.Add("party", platform.id, party.id, party.erased);
      for (std::size_t i = 0; i < party.records.size(); ++i) {
        lines.Add("record", platform.id, party.id, i, party.records[i].id, party.records[i].commitment);
      }
      for (const core::LegalHold& hold : party.legal_holds) {
        lines.Add("hold", platform.id, party.id, hold.id, hold.reference, hold.end ? hold.end->ns : 0, hold.by_operator,
                  hold.released);
      }
      for (const core::PartyBalance& balance : party.balances) {
        if (balance.payable != 0 || balance.refundable != 0) {
          lines.Add("balance", platform.id, party.id, std::string(balance.currency.code()), balance.payable,
                    balance.refundable, balance.payable_scheduled, balance.refundable_scheduled);
        }
      }
    }
    for (const core::AgreementSlot agreement_slot : state.agreements_of(slot)) {
      const core::Agreement& agreement = state.agreement(agreement_slot);
      const std::string name = platform.id + "/" + agreement.id;
      lines.Add("agreement", name, agreement.state, agreement.last_sequence, agreement.deposited, agreement.released,
                agreement.refunded, agreement.fees, agreement.unallocated, agreement.unallocated_late,
                agreement.reversed, agreement.debt, agreement.deposit_ids.size(), agreement.update_time.ns);
      AddTimers(lines, name, state, agreement);
    }
    for (const core::PayoutSlot payout_slot : state.payouts_of(slot)) {
      const core::Payout& payout = state.payout(payout_slot);
      lines.Add("payout", platform.id, payout.id, payout.source, payout.party ? state.party(*payout.party).id : "",
                std::string(payout.currency.code()), payout.amount, payout.state);
    }
  }
  for (std::uint32_t c = 0; c < state.credential_count(); ++c) {
    const core::Credential& credential = state.credential(core::CredentialSlot{c});
    lines.Add("credential", credential.id, credential.kind, credential.sha256, credential.revoked);
  }
  return lines.Join();
}

std::string StateText(const model::Model& model) {
  const model::World& world = model.world();
  Lines lines;
  for (const auto& [id, platform] : world.platforms) {
    lines.Add("platform", id, platform.sandbox, platform.sandbox ? platform.clock : 0, platform.rail_access);
  }
  std::map<std::tuple<std::string, std::string, int>, Wide> totals;
  struct Balance {
    Wide payable = 0;
    Wide refundable = 0;
    Wide payable_scheduled = 0;
    Wide refundable_scheduled = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Balance> balances;
  for (const auto& [account, balance] : world.book) {
    const auto& [platform, currency, kind, whose] = account;
    totals[{platform, currency, kind}] += balance;
    if (kind == v1::ACCOUNT_KIND_PAYABLE) {
      balances[{platform, whose, currency}].payable += balance;
    } else if (kind == v1::ACCOUNT_KIND_REFUNDABLE) {
      balances[{platform, whose, currency}].refundable += balance;
    }
  }
  for (const auto& [key, agreement] : world.agreements) {
    for (const model::Due& due : agreement.dues) {
      Balance& balance = balances[{key.first, due.party, agreement.contract->text.currency_code()}];
      (due.source == v1::ACCOUNT_KIND_PAYABLE ? balance.payable_scheduled : balance.refundable_scheduled) += due.amount;
    }
    const std::string name = key.first + "/" + key.second;
    lines.Add("agreement", name, agreement.state, agreement.last_sequence, agreement.deposited, agreement.released,
              agreement.refunded, agreement.fees, agreement.unallocated, agreement.late, kNothing, kNothing,
              agreement.deposits.size(), agreement.updated);
    AddTimers(lines, name, model, key);
  }
  for (const auto& [account, total] : totals) {
    if (total != 0) {
      lines.Add("total", std::get<0>(account), std::get<1>(account), std::get<2>(account), total);
    }
  }
  for (const auto& [key, party] : world.parties) {
    lines.Add("party", key.first, key.second, party.erased);
    for (std::size_t i = 0; i < party.records.size(); ++i) {
      lines.Add("record", key.first, key.second, i, party.records[i].first, party.records[i].second);
    }
    for (const auto& [id, hold] : party.holds) {
      lines.Add("hold", key.first, key.second, id, hold.reference, hold.end.value_or(0), hold.by_operator,
                hold.released);
    }
  }
  for (const auto& [account, balance] : balances) {
    if (balance.payable != 0 || balance.refundable != 0) {
      lines.Add("balance", std::get<0>(account), std::get<1>(account), std::get<2>(account), balance.payable,
                balance.refundable, balance.payable_scheduled, balance.refundable_scheduled);
    }
  }
  for (const auto& [key, payout] : world.payouts) {
    lines.Add("payout", key.first, key.second, payout.source, payout.party, payout.currency, payout.amount,
              payout.state);
  }
  for (const auto& [id, credential] : world.credentials) {
    lines.Add("credential", id, credential.principal.kind(), credential.proof, credential.revoked);
  }
  return lines.Join();
}

std::string Difference(const std::string& one, const std::string& other) {
  std::istringstream lines_one(one);
  std::istringstream lines_other(other);
  std::set<std::string> all_one;
  std::set<std::string> all_other;
  for (std::string line; std::getline(lines_one, line);) {
    all_one.insert(line);
  }
  for (std::string line; std::getline(lines_other, line);) {
    all_other.insert(line);
  }
  std::string text;
  for (const std::string& line : all_one) {
    text += all_other.count(line) == 0 ? "\n  machine: " + line : "";
  }
  for (const std::string& line : all_other) {
    text += all_one.count(line) == 0 ? "\n  model:   " + line : "";
  }
  return text;
}

}  // namespace escrow::sim
