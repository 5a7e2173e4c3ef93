#include "escrowctl/orders/model.h"

#include <algorithm>

#include "base/assert.h"

namespace escrow::orders {
namespace {

class Model {
 public:
  explicit Model(const AgreementPlan& agreement) : agreement_(agreement), deadline_(agreement.deadline) {}

  // Lets the timers expire that are due at `now`: the deadline while nothing was delivered, silence after that.
  void MoveTo(base::Time now) {
    if (Open() && !delivered_ && deadline_ && *deadline_ <= now) {
      state_ = v1::Agreement::STATE_EXPIRED;
    }
    if (Open() && delivered_ && !received_ && deemed_at_ <= now) {
      received_ = true;
      Settle();
    }
  }

  // The policy by which the service must refuse the action; nothing when it must not.
  std::optional<Policy> Do(const Action& action) {
    if (action.kind == ActionKind::kCreate) {
      return std::nullopt;
    }
    if (action.kind == ActionKind::kDeposit) {  // money that is there is booked in every state
      paid_ += agreement_.deposits[action.deposit].minor_units;
      funded_ = funded_ || paid_ + agreement_.tolerance >= agreement_.required();
      Settle();
      return std::nullopt;
    }
    if (!Open() || (action.kind == ActionKind::kReceipt && (received_ || ReceiptMilestoneEnded()))) {
      return Refusal(action.kind);
    }
    switch (action.kind) {
      case ActionKind::kShipment:
        shipped_ = true;
        break;
      case ActionKind::kDelivery:
        delivered_ = true;
        deemed_at_ = base::AddSeconds(action.time, kDeemedSeconds);
        break;
      case ActionKind::kReceipt:
        received_ = true;
        break;
      case ActionKind::kCancel:
        state_ = v1::Agreement::STATE_CANCELLED;
        break;
      case ActionKind::kCreate:
      case ActionKind::kDeposit:
        break;
    }
    Settle();
    return std::nullopt;
  }

  [[nodiscard]] v1::Agreement::State state() const { return state_; }

 private:
  [[nodiscard]] bool Open() const { return state_ == v1::Agreement::STATE_ACTIVE; }
  [[nodiscard]] bool HasCarrierMilestone() const { return !agreement_.freight.empty(); }
  [[nodiscard]] bool ReceiptMilestoneEnded() const {
    return funded_ && delivered_ && received_ && (HasCarrierMilestone() || shipped_);
  }

  void Settle() {
    if (Open() && ReceiptMilestoneEnded() && shipped_) {
      state_ = v1::Agreement::STATE_SETTLED;
    }
  }

  [[nodiscard]] Policy Refusal(ActionKind kind) const {
    if (state_ == v1::Agreement::STATE_EXPIRED) {
      return Policy::kAfterDeadline;
    }
    if (state_ == v1::Agreement::STATE_CANCELLED) {
      return Policy::kAfterCancellation;
    }
    return kind == ActionKind::kCancel ? Policy::kCancelledTooLate : Policy::kReceiptAfterSilence;
  }

  const AgreementPlan& agreement_;
  std::optional<base::Time> deadline_;
  v1::Agreement::State state_ = v1::Agreement::STATE_ACTIVE;
  std::int64_t paid_ = 0;
  bool funded_ = false;
  bool shipped_ = false;
  bool delivered_ = false;
  base::Time deemed_at_;  // when silence counts as receipt
  bool received_ = false;
};

}  // namespace

void Predict(AgreementPlan& agreement, std::vector<Action>& actions, base::Time end) {
  Model model(agreement);
  for (Action& action : actions) {
    ESCROW_ASSERT(action.time <= end);
    model.MoveTo(action.time);
    action.refused_by = model.Do(action);
  }
  model.MoveTo(end);
  agreement.expected = model.state();
}

}  // namespace escrow::orders
