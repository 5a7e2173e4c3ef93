#include "linearizability/recorder.h"

#include <array>

#include "base/assert.h"
#include "escrow/v1/agreement_service.grpc.pb.h"
#include "escrow/v1/command_service.grpc.pb.h"
#include "support/commands.h"

namespace escrow::test {
namespace {

constexpr std::uint32_t kAgreementsAtATime = 4;
constexpr std::chrono::microseconds kPatient = std::chrono::seconds(30);
constexpr std::chrono::microseconds kImpatient = std::chrono::microseconds(700);  // about as long as a call takes

std::string AgreementId(const Input& input) { return "a" + std::to_string(input.agreement); }
std::string AgreementName(const Input& input) { return "platforms/shop/agreements/" + AgreementId(input); }
std::string PartyName(std::uint8_t who) {
  return who == kBuyer ? "platforms/shop/parties/buyer" : "platforms/shop/parties/seller";
}

// The agreement that model.h knows.
v1::CreateAgreementRequest CreateRequest(const Input& input) {
  v1::CreateAgreementRequest request = CreateParcel(input.request, "shop", AgreementId(input)).create_agreement();
  v1::Agreement& agreement = *request.mutable_agreement();
  agreement.mutable_policies()->set_funding(v1::Policies::FUNDING_PER_MILESTONE);
  agreement.mutable_policies()->set_partial_release(v1::Policies::PARTIAL_RELEASE_ALLOW);
  v1::Milestone& first = *agreement.mutable_milestones(0);
  for (v1::Condition& condition : *first.mutable_release_when()->mutable_all_of()->mutable_conditions()) {
    condition.mutable_confirmation()->clear_deemed_after();  // no clock in the model
  }
  *agreement.add_milestones() = first;
  for (int i = 0; i < agreement.milestones_size(); ++i) {
    v1::Milestone& milestone = *agreement.mutable_milestones(i);
    milestone.set_milestone_id("m" + std::to_string(i));
    milestone.mutable_amount()->set_minor_units(kMilestoneAmounts[static_cast<std::size_t>(i)]);
  }
  return request;
}

template <class Request>
Request Named(const Input& input) {
  Request request;
  request.set_request_id(RequestId(input.request));
  request.set_name(AgreementName(input));
  return request;
}

// Release or refund.
template <class Request>
Request Move(const Input& input, std::uint8_t who) {
  auto request = Named<Request>(input);
  request.set_milestone_id("m" + std::to_string(input.milestone));
  request.set_party(PartyName(who));
  if (input.amount != 0) {
    request.mutable_amount()->set_currency_code("EUR");
    request.mutable_amount()->set_minor_units(input.amount);
  }
  return request;
}

v1::RecordDepositRequest DepositRequest(const Input& input) {
  auto request = Named<v1::RecordDepositRequest>(input);
  request.set_deposit_id("d" + std::to_string(input.deposit));
  request.mutable_amount()->set_currency_code("EUR");
  request.mutable_amount()->set_minor_units(input.amount);
  return request;
}

v1::ConfirmMilestoneRequest ConfirmRequest(const Input& input) {
  auto request = Named<v1::ConfirmMilestoneRequest>(input);
  request.set_milestone_id("m" + std::to_string(input.milestone));
  request.set_party(PartyName(input.who));
  request.set_kind(input.who == kBuyer ? v1::CONFIRMATION_KIND_RECEIPT : v1::CONFIRMATION_KIND_SHIPMENT);
  return request;
}

v1::CancelAgreementRequest CancelRequest(const Input& input) {
  auto request = Named<v1::CancelAgreementRequest>(input);
  for (const std::uint8_t who : {kBuyer, kSeller}) {
    if ((input.who & who) != 0) {
      request.add_parties(PartyName(who));
    }
  }
  return request;
}

Stand StandOf(v1::Milestone::State state) {
  switch (state) {
    case v1::Milestone::STATE_PENDING:
      return Stand::kPending;
    case v1::Milestone::STATE_FUNDED:
      return Stand::kFunded;
    case v1::Milestone::STATE_RELEASED:
      return Stand::kReleased;
    case v1::Milestone::STATE_REFUNDED:
      return Stand::kRefunded;
    default:
      ESCROW_ASSERT(state == v1::Milestone::STATE_CANCELLED);
      return Stand::kCancelled;
  }
}

View ViewOf(const v1::Agreement& agreement) {
  View view;
  view.state = v1::Agreement::State_Name(agreement.state()).substr(std::string("STATE_").size());
  view.deposited = agreement.totals().deposited();
  view.released = agreement.totals().released();
  view.refunded = agreement.totals().refunded();
  view.unallocated = agreement.totals().unallocated();
  for (const std::string& party : agreement.cancellation_consents()) {
    view.consents |= party == PartyName(kBuyer) ? kBuyer : kSeller;
  }
  ESCROW_ASSERT(static_cast<std::size_t>(agreement.milestones_size()) == view.steps.size());
  for (std::size_t i = 0; i < view.steps.size(); ++i) {
    const v1::Milestone& milestone = agreement.milestones(static_cast<int>(i));
    view.steps[i] = {.stand = StandOf(milestone.state()),
                     .held = milestone.held().minor_units(),
                     .released = milestone.released().minor_units(),
                     .refunded = milestone.refunded().minor_units()};
  }
  return view;
}

// One call over the wire.
class WireCall {
 public:
  WireCall(const Remote& remote, std::chrono::microseconds deadline)
      : agreements_(v1::AgreementService::NewStub(remote.channel())),
        commands_(v1::CommandService::NewStub(remote.channel())) {
    remote.Prepare(context_, deadline);
  }

  // The answer; nothing when there was none.
  std::optional<Output> Run(const Input& input) {
    Output output;
    const grpc::Status status = input.reads() ? Read(input, output) : Write(input, output);
    output.reason = ReasonOf(status);
    return output.reason.empty() ? std::nullopt : std::optional(output);
  }

 private:
  grpc::Status Read(const Input& input, Output& output) {
    if (input.kind == Kind::kGet) {
      v1::GetAgreementRequest request;
      request.set_name(AgreementName(input));
      v1::Agreement agreement;
      const grpc::Status status = agreements_->GetAgreement(&context_, request, &agreement);
      output.view = status.ok() ? ViewOf(agreement) : View();
      return status;
    }
    if (input.kind == Kind::kListDeposits) {
      v1::ListDepositsRequest request;
      request.set_parent(AgreementName(input));
      v1::ListDepositsResponse response;
      const grpc::Status status = agreements_->ListDeposits(&context_, request, &response);
      ESCROW_ASSERT(response.next_page_token().empty());
      for (const v1::Deposit& deposit : response.deposits()) {
        const std::string number = deposit.name().substr(deposit.name().rfind('/') + 2);
        output.deposits.push_back(static_cast<std::uint8_t>(std::stoi(number)));
      }
      return status;
    }
    v1::GetRequestRequest request;
    request.set_request_id(RequestId(input.request));
    v1::CommandReply reply;
    const grpc::Status status = commands_->GetRequest(&context_, request, &reply);
    output.repeated = reply.repeated_request();
    return status;
  }

  grpc::Status Write(const Input& input, Output& output) {
    v1::CommandReply reply;
    const grpc::Status status = Write(input, reply);
    output.repeated = reply.repeated_request();
    return status;
  }

  grpc::Status Write(const Input& input, v1::CommandReply& reply) {
    switch (input.kind) {
      case Kind::kCreate:
        return agreements_->CreateAgreement(&context_, CreateRequest(input), &reply);
      case Kind::kDeposit:
        return agreements_->RecordDeposit(&context_, DepositRequest(input), &reply);
      case Kind::kConfirm:
        return agreements_->ConfirmMilestone(&context_, ConfirmRequest(input), &reply);
      case Kind::kRelease:
        return agreements_->ReleaseMilestone(&context_, Move<v1::ReleaseMilestoneRequest>(input, kBuyer), &reply);
      case Kind::kRefund:
        return agreements_->RefundMilestone(&context_, Move<v1::RefundMilestoneRequest>(input, kSeller), &reply);
      default:
        ESCROW_ASSERT(input.kind == Kind::kCancel);
        return agreements_->CancelAgreement(&context_, CancelRequest(input), &reply);
    }
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::AgreementService::Stub> agreements_;
  std::unique_ptr<v1::CommandService::Stub> commands_;
};

}  // namespace

Workload::Workload(std::uint64_t seed, std::uint32_t calls_per_agreement)
    : calls_per_agreement_(calls_per_agreement), random_(seed) {}

std::uint32_t Workload::agreements() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(writes_.size());
}

Input Workload::Write(std::uint32_t agreement) {
  Input input{.agreement = agreement, .request = ++requests_};
  const std::uint64_t dice = Below(100);
  const auto milestone = static_cast<std::uint8_t>(Below(2));
  if (writes_[agreement].empty() || dice < 3) {
    input.kind = Kind::kCreate;
  } else if (dice < 40) {
    input.kind = Kind::kDeposit;
    input.deposit = static_cast<std::uint8_t>(Below(40));
    input.amount = static_cast<std::int64_t>(500 + 500 * Below(8));
  } else if (dice < 62) {
    input.kind = Kind::kConfirm;
    input.milestone = milestone;
    input.who = Below(2) == 0 ? kSeller : kBuyer;
  } else if (dice < 97) {
    input.kind = dice < 85 ? Kind::kRelease : Kind::kRefund;
    input.milestone = milestone;
    input.amount = Below(8) == 0 ? 0 : static_cast<std::int64_t>(100 + 300 * Below(10));
  } else {
    input.kind = Kind::kCancel;
    input.who = Below(2) == 0 ? kSeller : kBuyer;
  }
  return input;
}

Input Workload::Next() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t group = calls_++ / (calls_per_agreement_ * kAgreementsAtATime);
  const auto agreement = static_cast<std::uint32_t>(group * kAgreementsAtATime + Below(kAgreementsAtATime));
  writes_.resize((group + 1) * kAgreementsAtATime);
  std::vector<Input>& writes = writes_[agreement];
  const std::uint64_t dice = Below(100);
  if (dice < 25) {
    return {.agreement = agreement, .kind = Kind::kGet};
  }
  if (dice < 30) {
    return {.agreement = agreement, .kind = Kind::kListDeposits};
  }
  if (dice < 45 && !writes.empty()) {
    // One of the latest writes: asked for, repeated, or its id used for something else.
    const Input& earlier = writes[writes.size() - 1 - Below(std::min<std::uint64_t>(writes.size(), 4))];
    if (dice < 33) {
      return {.agreement = agreement, .kind = Kind::kGetRequest, .request = earlier.request};
    }
    if (dice < 43) {
      return earlier;
    }
    Input other = Write(agreement);
    other.request = earlier.request;
    return other;
  }
  writes.push_back(Write(agreement));
  return writes.back();
}

bool Recorder::Call(const Remote& remote, const Input& input, std::chrono::microseconds deadline) {
  WireCall call(remote, deadline);
  const std::size_t operation = history_.Begin(client_, input);
  const std::optional<Output> output = call.Run(input);
  if (output) {
    history_.End(operation, *output);
  }
  return output.has_value();
}

void Recorder::Live(const Remote& remote, Workload& workload) {
  while (true) {
    const Input input = unanswered_ ? *unanswered_ : workload.Next();
    const bool impatient = !unanswered_ && random_() % 50 == 0;
    const bool answered = Call(remote, input, impatient ? kImpatient : kPatient);
    unanswered_ = answered || input.reads() ? std::nullopt : std::optional(input);
    if (!answered && !impatient) {
      return;
    }
    impatient_ += answered ? 0U : 1U;
  }
}

}  // namespace escrow::test
