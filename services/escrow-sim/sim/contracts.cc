#include "sim/contracts.h"

#include <algorithm>

namespace escrow::sim {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kAmountMax = 1'000'000'000'000'000;

std::string PartyName(const std::string& platform, const std::string& id) {
  return "platforms/" + platform + "/parties/" + id;
}

void Join(v1::Agreement& agreement, v1::Role role, const std::string& platform, const std::string& party) {
  v1::Participant& participant = *agreement.add_participants();
  participant.set_role(role);
  participant.set_party(PartyName(platform, party));
}

// 0 to `last`: a policy, or unset.
template <class Enum>
Enum RandomPolicy(Random& random, Enum last) {
  return static_cast<Enum>(random.Between(0, static_cast<std::int64_t>(last)));
}

class Builder {
 public:
  Builder(Random& random, std::string platform, base::Time now)
      : random_(random), platform_(std::move(platform)), now_(now) {}

  v1::Agreement Build() {
    agreement_.set_currency_code(random_.Pick<std::string>({"EUR", "EUR", "JPY", "BHD"}));
    AddParticipants();
    const std::int64_t count = random_.Between(1, 4);
    if (count == 1 && random_.OneIn(4)) {
      AddSpot();
    } else {
      for (int i = 0; i < count; ++i) {
        AddMilestone(i);
      }
    }
    SetPolicies();
    return std::move(agreement_);
  }

 private:
  void AddParticipants() {
    Join(agreement_, v1::ROLE_BUYER, platform_, random_.OneIn(4) ? "buyer2" : "buyer");
    Join(agreement_, v1::ROLE_SELLER, platform_, "seller");
    Join(agreement_, v1::ROLE_CARRIER, platform_, random_.OneIn(3) ? "seller" : "carrier");
    Join(agreement_, v1::ROLE_INSPECTOR, platform_, random_.OneIn(4) ? "buyer" : "inspector");
    second_ = random_.OneIn(2) ? "seller2" : "partner";
    Join(agreement_, second_ == "partner" || random_.OneIn(3) ? v1::ROLE_PARTNER : v1::ROLE_SELLER, platform_, second_);
    if (random_.OneIn(4)) {
      Join(agreement_, v1::ROLE_ARBITER, platform_, "arbiter");
    }
  }

  std::int64_t RandomAmount() {
    switch (random_.Between(0, 9)) {
      case 0:
        return 1;
      case 1:
        return random_.Between(kAmountMax / 8, kAmountMax / 5);
      default:
        return random_.Between(1, random_.OneIn(2) ? 30 : 20'000);
    }
  }

  v1::Milestone& NewMilestone(int position) {
    v1::Milestone& milestone = *agreement_.add_milestones();
    milestone.set_milestone_id("m" + std::to_string(position));
    milestone.mutable_amount()->set_currency_code(agreement_.currency_code());
    milestone.mutable_amount()->set_minor_units(RandomAmount());
    AddPayees(milestone);
    AddFees(milestone);
    return milestone;
  }

  void AddPayees(v1::Milestone& milestone) {
    const std::int64_t amount = milestone.amount().minor_units();
    v1::Payee& first = *milestone.add_payees();
    first.set_party(PartyName(platform_, "seller"));
    const std::int64_t form = random_.Between(0, 3);
    if (form == 0 || amount == 1) {
      first.set_remainder(true);
      return;
    }
    v1::Payee& second = *milestone.add_payees();
    second.set_party(PartyName(platform_, second_));
    if (form == 1) {
      first.set_basis_points(static_cast<std::int32_t>(random_.Between(1, 9'999)));
      second.set_basis_points(10'000 - first.basis_points());
    } else if (form == 2) {
      first.set_minor_units(random_.Between(1, amount - 1));
      second.set_minor_units(amount - first.minor_units());
    } else {
      first.set_remainder(true);
      second.set_basis_points(static_cast<std::int32_t>(random_.Between(1, 9'999)));
    }
  }

  void AddFees(v1::Milestone& milestone) {
    for (int left = static_cast<int>(random_.Between(0, 2)); left > 0; --left) {
      v1::Fee& fee = *milestone.add_fees();
      fee.set_beneficiary(random_.OneIn(2) ? v1::Fee::BENEFICIARY_PLATFORM : v1::Fee::BENEFICIARY_OPERATOR);
      if (milestone.amount().minor_units() > 100 && random_.OneIn(3)) {
        fee.set_minor_units(random_.Between(1, 40));
      } else {
        fee.set_basis_points(static_cast<std::int32_t>(random_.Between(1, 4'000)));
      }
    }
  }

  void AddSpot() {
    v1::Milestone& milestone = NewMilestone(0);
    milestone.set_release_on_funding(true);
    if (random_.OneIn(2)) {
      *milestone.mutable_funding_deadline() = RandomTimer(1);
    }
  }

  void AddMilestone(int position) {
    v1::Milestone& milestone = NewMilestone(position);
    // Everybody asks for the shipment, so that timers can start with it.
    auto& conditions = random_.OneIn(2) ? *milestone.mutable_release_when()->mutable_all_of()->mutable_conditions()
                                        : *milestone.mutable_release_when()->mutable_any_of()->mutable_conditions();
    v1::Requirement& shipment = *conditions.Add()->mutable_confirmation();
    shipment.set_kind(v1::CONFIRMATION_KIND_SHIPMENT);
    shipment.set_role(v1::ROLE_SELLER);
    if (random_.OneIn(4)) {
      shipment.add_evidence(v1::EVIDENCE_KIND_TRACKING_NUMBER);
    }
    if (random_.OneIn(4)) {
      *shipment.mutable_deemed_after() = RandomTimer(2);
    }
    FillCondition(*conditions.Add(), 2);
    for (int i = 0; i < position; ++i) {
      if (random_.OneIn(4)) {
        milestone.add_opens_after("m" + std::to_string(i));
      }
    }
    if (random_.OneIn(3)) {
      *milestone.mutable_funding_deadline() = RandomTimer(1);
    }
    if (random_.OneIn(3)) {
      *milestone.mutable_delivery_deadline() = RandomTimer(2);
      milestone.set_delivery_deadline_met_by(v1::CONFIRMATION_KIND_SHIPMENT);
    }
  }

  void FillCondition(v1::Condition& condition, int depth) {
    if (depth == 0 || random_.OneIn(3)) {
      return FillRequirement(*condition.mutable_confirmation());
    }
    switch (random_.Between(0, 2)) {
      case 0:
        FillCondition(*condition.mutable_all_of()->add_conditions(), depth - 1);
        return FillCondition(*condition.mutable_all_of()->add_conditions(), depth - 1);
      case 1:
        FillCondition(*condition.mutable_any_of()->add_conditions(), depth - 1);
        return FillCondition(*condition.mutable_any_of()->add_conditions(), depth - 1);
      default:
        condition.mutable_at_least()->set_count(static_cast<std::int32_t>(random_.Between(1, 3)));
        for (int i = 0; i < 3; ++i) {
          FillCondition(*condition.mutable_at_least()->add_conditions(), depth - 1);
        }
    }
  }

  void FillRequirement(v1::Requirement& requirement) {
    struct Form {
      v1::ConfirmationKind kind;
      v1::Role role;
    };
    const Form form = random_.Pick<Form>({{v1::CONFIRMATION_KIND_DELIVERY, v1::ROLE_CARRIER},
                                          {v1::CONFIRMATION_KIND_RECEIPT, v1::ROLE_BUYER},
                                          {v1::CONFIRMATION_KIND_RECEIPT, v1::ROLE_BUYER},
                                          {v1::CONFIRMATION_KIND_INSPECTION, v1::ROLE_INSPECTOR},
                                          {v1::CONFIRMATION_KIND_SHIPMENT, v1::ROLE_CARRIER},
                                          {v1::CONFIRMATION_KIND_HANDOVER, v1::ROLE_SELLER},
                                          {v1::CONFIRMATION_KIND_COMPLETION, v1::ROLE_PARTNER}});
    requirement.set_kind(form.kind);
    requirement.set_role(form.role == v1::ROLE_PARTNER && !HasPartner() ? v1::ROLE_BUYER : form.role);
    if (random_.OneIn(5)) {
      requirement.add_evidence(v1::EVIDENCE_KIND_SIGNATURE);
      requirement.add_evidence(v1::EVIDENCE_KIND_PHOTO);
    }
    if (random_.OneIn(2)) {
      *requirement.mutable_deemed_after() = RandomTimer(3);
    }
  }

  [[nodiscard]] bool HasPartner() const {
    return std::ranges::any_of(agreement_.participants(), [](const v1::Participant& participant) {
      return participant.role() == v1::ROLE_PARTNER;
    });
  }

  // `starts` 1: as a funding deadline may; 2: any but a shipment; 3: any.
  v1::Timer RandomTimer(int starts) {
    const std::int64_t seconds = random_.OneIn(3) ? random_.Between(1, 600) : random_.Between(1, 20) * kDay / 2;
    v1::Timer timer;
    switch (random_.Between(0, starts)) {
      case 0: {
        const base::Time at = base::AddSeconds(now_, seconds - (random_.OneIn(5) ? kDay : 0));
        timer.set_start(v1::Timer::START_FIXED_TIME);
        timer.mutable_fixed_time()->set_seconds(at.ns / base::kNsPerSecond);
        timer.mutable_fixed_time()->set_nanos(static_cast<std::int32_t>(at.ns % base::kNsPerSecond));
        return timer;
      }
      case 1:
        timer.set_start(v1::Timer::START_AGREEMENT_ACTIVATED);
        break;
      case 2:
        timer.set_start(v1::Timer::START_MILESTONE_FUNDED);
        break;
      default:
        timer.set_start(v1::Timer::START_CONFIRMATION_RECORDED);
        timer.set_confirmation_kind(v1::CONFIRMATION_KIND_SHIPMENT);
    }
    timer.mutable_duration()->set_seconds(seconds);
    return timer;
  }

  void SetPolicies() {
    using P = v1::Policies;
    P& policies = *agreement_.mutable_policies();
    policies.set_acceptance(RandomPolicy(random_, P::ACCEPTANCE_BY_PARTIES));
    policies.set_funding(RandomPolicy(random_, P::FUNDING_PER_MILESTONE));
    policies.set_partial_deposit(RandomPolicy(random_, P::PARTIAL_DEPOSIT_RETURN));
    policies.set_overfunding(RandomPolicy(random_, P::OVERFUNDING_HOLD));
    const std::int64_t last = agreement_.milestones().rbegin()->amount().minor_units();
    if (last > 1 && random_.OneIn(3)) {
      policies.set_underfunding(P::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
      policies.set_underfunding_tolerance_minor_units(random_.Between(1, last - 1));
    }
    policies.set_late_funding(RandomPolicy(random_, P::LATE_FUNDING_ACCEPT));
    policies.set_missed_milestone(RandomPolicy(random_, P::MISSED_MILESTONE_CONTINUE));
    policies.set_early_confirmation(RandomPolicy(random_, P::EARLY_CONFIRMATION_RECORD));
    policies.set_partial_release(RandomPolicy(random_, P::PARTIAL_RELEASE_ALLOW));
    policies.set_rounding(RandomPolicy(random_, P::ROUNDING_REMAINDER_TO_FIRST));
    policies.set_fee_bearer(RandomPolicy(random_, P::FEE_BEARER_BUYER));
    if (random_.OneIn(2)) {
      policies.set_payout(P::PAYOUT_AUTOMATIC);
      policies.mutable_payout_delay()->set_seconds(random_.OneIn(2) ? 0 : random_.Between(1, 5 * kDay));
    }
    policies.set_party_consent(random_.OneIn(4) ? P::PARTY_CONSENT_PARTY_MUST_ACT : P::PARTY_CONSENT_UNSPECIFIED);
    if (!random_.OneIn(5)) {
      policies.mutable_long_stop()->set_seconds(random_.OneIn(6) ? random_.Between(1, 100)
                                                                 : random_.Between(5, 60) * kDay);
    }
    policies.set_long_stop_action(RandomPolicy(random_, P::LONG_STOP_ACTION_RELEASE));
  }

  Random& random_;
  const std::string platform_;
  const base::Time now_;
  v1::Agreement agreement_;
  std::string second_;  // the second payee
};

// One way of being wrong.
using Defect = void (*)(v1::Agreement&);

v1::Milestone& First(v1::Agreement& agreement) { return *agreement.mutable_milestones(0); }

v1::Timer& FundingDeadline(v1::Agreement& agreement) {
  v1::Timer& timer = *First(agreement).mutable_funding_deadline();
  timer.Clear();
  timer.set_start(v1::Timer::START_AGREEMENT_ACTIVATED);
  timer.mutable_duration()->set_seconds(kDay);
  return timer;
}

void Deepen(v1::Agreement& agreement) {
  First(agreement).clear_release_on_funding();
  v1::Condition* condition = First(agreement).mutable_release_when();
  condition->Clear();
  for (int i = 0; i < 9; ++i) {
    condition = condition->mutable_all_of()->add_conditions();
  }
}

void MakeLarge(v1::Agreement& agreement) {
  for (v1::Milestone& milestone : *agreement.mutable_milestones()) {
    milestone.mutable_amount()->set_minor_units(kAmountMax);
    milestone.mutable_payees()->DeleteSubrange(1, milestone.payees_size() - 1);
    milestone.mutable_payees(0)->set_remainder(true);
  }
  v1::Fee& fee = *First(agreement).add_fees();
  fee.set_beneficiary(v1::Fee::BENEFICIARY_OPERATOR);
  fee.set_basis_points(1);
  agreement.mutable_policies()->set_fee_bearer(v1::Policies::FEE_BEARER_BUYER);
}

constexpr Defect kDefects[] = {
    [](v1::Agreement& a) { a.set_currency_code("XAU"); },
    [](v1::Agreement& a) { a.set_external_reference(" a space before"); },
    [](v1::Agreement& a) { a.clear_participants(); },
    [](v1::Agreement& a) { *a.add_participants() = a.participants(0); },
    [](v1::Agreement& a) { a.mutable_participants(1)->set_role(v1::ROLE_UNSPECIFIED); },
    [](v1::Agreement& a) { a.mutable_participants(1)->set_role(static_cast<v1::Role>(99)); },
    [](v1::Agreement& a) { a.mutable_participants(1)->set_party("platforms/elsewhere/parties/seller"); },
    [](v1::Agreement& a) { a.mutable_participants(1)->set_role(v1::ROLE_ARBITER); },
    [](v1::Agreement& a) { a.mutable_participants(2)->set_role(v1::ROLE_BUYER); },
    [](v1::Agreement& a) {
      *a.add_participants() = a.participants(1);
      a.mutable_participants()->rbegin()->set_role(v1::ROLE_BUYER);
    },
    [](v1::Agreement& a) {
      std::string party = a.participants(1).party();
      party.replace(party.rfind('/') + 1, std::string::npos, "nobody");
      a.mutable_participants(1)->set_party(party);
      for (v1::Milestone& milestone : *a.mutable_milestones()) {
        milestone.mutable_payees(0)->set_party(party);
      }
    },
    [](v1::Agreement& a) { a.mutable_policies()->set_funding(static_cast<v1::Policies::Funding>(9)); },
    [](v1::Agreement& a) { a.mutable_policies()->mutable_long_stop()->set_nanos(1); },
    [](v1::Agreement& a) { a.mutable_policies()->mutable_long_stop()->set_seconds(3'651 * kDay); },
    [](v1::Agreement& a) { a.mutable_policies()->set_underfunding_tolerance_minor_units(-1); },
    [](v1::Agreement& a) {
      a.mutable_policies()->set_underfunding(v1::Policies::UNDERFUNDING_ACCEPT_WITHIN_TOLERANCE);
      a.mutable_policies()->set_underfunding_tolerance_minor_units(kAmountMax);
    },
    [](v1::Agreement& a) {
      a.mutable_policies()->set_payout(v1::Policies::PAYOUT_ON_REQUEST);
      a.mutable_policies()->mutable_payout_delay()->set_seconds(1);
    },
    [](v1::Agreement& a) { a.clear_milestones(); },
    [](v1::Agreement& a) { First(a).set_milestone_id("-m0"); },
    [](v1::Agreement& a) { *a.add_milestones() = a.milestones(0); },
    [](v1::Agreement& a) { First(a).mutable_amount()->set_minor_units(0); },
    [](v1::Agreement& a) { First(a).mutable_amount()->set_minor_units(kAmountMax + 1); },
    [](v1::Agreement& a) { First(a).mutable_amount()->set_currency_code("USD"); },
    [](v1::Agreement& a) { First(a).set_release_on_funding(!First(a).release_on_funding()); },
    [](v1::Agreement& a) {
      First(a).clear_release_on_funding();
      First(a).mutable_release_when()->mutable_all_of()->clear_conditions();
    },
    [](v1::Agreement& a) {
      First(a).clear_release_on_funding();
      First(a).mutable_release_when()->mutable_confirmation()->set_kind(v1::CONFIRMATION_KIND_RECEIPT);
    },
    [](v1::Agreement& a) {
      First(a).clear_release_on_funding();
      First(a).mutable_release_when()->mutable_confirmation()->set_kind(v1::CONFIRMATION_KIND_RECEIPT);
      First(a).mutable_release_when()->mutable_confirmation()->set_role(v1::ROLE_ARBITER);
    },
    Deepen,
    [](v1::Agreement& a) { FundingDeadline(a).mutable_duration()->set_seconds(0); },
    [](v1::Agreement& a) { FundingDeadline(a).set_start(v1::Timer::START_MILESTONE_FUNDED); },
    [](v1::Agreement& a) { FundingDeadline(a).set_confirmation_kind(v1::CONFIRMATION_KIND_SHIPMENT); },
    [](v1::Agreement& a) { FundingDeadline(a).set_start(v1::Timer::START_FIXED_TIME); },
    [](v1::Agreement& a) { First(a).set_delivery_deadline_met_by(v1::CONFIRMATION_KIND_COMPLETION); },
    [](v1::Agreement& a) { First(a).add_opens_after("m9"); },
    [](v1::Agreement& a) { First(a).add_opens_after("m0"); },
    [](v1::Agreement& a) {
      First(a).add_opens_after("m0");
      First(a).add_opens_after("m0");
    },
    [](v1::Agreement& a) { First(a).clear_payees(); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->clear_share(); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->set_remainder(false); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->set_minor_units(kAmountMax); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->set_minor_units(0); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->set_basis_points(10'001); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->set_basis_points(10'000); },
    [](v1::Agreement& a) { *First(a).add_payees() = First(a).payees(0); },
    [](v1::Agreement& a) { First(a).mutable_payees(0)->set_party(a.participants(0).party()); },
    [](v1::Agreement& a) { First(a).add_fees()->set_minor_units(5); },
    [](v1::Agreement& a) { First(a).add_fees()->set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM); },
    [](v1::Agreement& a) {
      First(a).add_fees()->set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
      First(a).mutable_fees()->rbegin()->set_minor_units(First(a).amount().minor_units() + 1);
    },
    [](v1::Agreement& a) {
      while (First(a).fees_size() < 9) {
        First(a).add_fees()->set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
      }
    },
    MakeLarge,
};

}  // namespace

v1::Agreement RandomContract(Random& random, const std::string& platform, base::Time now) {
  return Builder(random, platform, now).Build();
}

void Spoil(Random& random, v1::Agreement& agreement) {
  kDefects[static_cast<std::size_t>(random.Between(0, std::ssize(kDefects) - 1))](agreement);
}

}  // namespace escrow::sim
