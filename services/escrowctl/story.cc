#include "escrowctl/story.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <vector>

#include "escrow/v1/agreement_service.pb.h"
#include "escrow/v1/command_reply.pb.h"
#include "escrow/v1/event_service.pb.h"
#include "escrow/v1/payout_service.pb.h"
#include "escrowctl/sandbox.h"
#include "escrowctl/timeline.h"
#include "escrowctl/values.h"
#include "escrowctl/views.h"

namespace escrow::ctl {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kPriceMinorUnits = 12'000;
constexpr std::int32_t kFeeBasisPoints = 500;
constexpr base::Time kBegin{1'772'442'000 * base::kNsPerSecond};  // 2026-03-02 09:00:00Z
constexpr std::chrono::milliseconds kPause{100};
// How long to wait for what the service does by itself after the clock has moved.
constexpr std::chrono::milliseconds kPollEvery{5};
constexpr int kPollsMax = 2'000;

constexpr char kAgreementId[] = "parcel-1";
constexpr char kMilestoneId[] = "parcel";

class Story {
 public:
  Story(Client& op, bool pace, std::ostream& out) : op_(op), pace_(pace), out_(out), timeline_(out, {kMilestoneId}) {}

  absl::Status Tell(const std::string& platform_id) {
    absl::StatusOr<Sandbox> sandbox = CreateSandbox(op_, platform_id, kBegin);
    if (!sandbox.ok()) {
      return sandbox.status();
    }
    sandbox_ = *std::move(sandbox);
    agreement_ = sandbox_.name + "/agreements/" + kAgreementId;
    out_ << fmt::format("A parcel for {} on the sandbox {}. Its clock moves only when it is told to.\n\n",
                        FormatAmount(kPriceMinorUnits, "EUR"), sandbox_.name);
    timeline_.PrintHeader();
    using Step = absl::Status (Story::*)();
    for (const Step step :
         {&Story::Agree, &Story::Pay, &Story::Ship, &Story::Deliver, &Story::StaySilent, &Story::PayOut}) {
      if (absl::Status status = (this->*step)(); !status.ok()) {
        return status;
      }
    }
    out_ << "\nAnd this is what `escrowctl agreement show " << agreement_ << "` says:\n\n";
    return ShowAgreement(*sandbox_.platform, agreement_, {.out = out_, .json = false});
  }

 private:
  absl::Status Agree() {
    Say("Ada buys from Bazaar. Neither has to go first: the money waits with us.");
    for (const char* party : {"ada", "bazaar", "swiftpost"}) {
      v1::CreatePartyRequest request;
      request.set_parent(sandbox_.name);
      request.set_party_id(party);
      if (absl::Status status = Do(request); !status.ok()) {
        return status;
      }
    }
    v1::CreateAgreementRequest request;
    request.set_parent(sandbox_.name);
    request.set_agreement_id(kAgreementId);
    FillTerms(*request.mutable_agreement());
    if (absl::Status status = Do(request); !status.ok()) {
      return status;
    }
    return PrintUntil(v1::Event::kAgreementActivated);
  }

  absl::Status Pay() {
    Say("Ada pays. The money goes into custody, not to Bazaar.");
    v1::RecordDepositRequest request;
    request.set_name(agreement_);
    request.set_deposit_id("bank-4711");
    request.mutable_amount()->set_currency_code("EUR");
    request.mutable_amount()->set_minor_units(kPriceMinorUnits);
    request.set_payment_method(v1::PAYMENT_METHOD_TRANSFER_BANK);
    if (absl::Status status = Do(request); !status.ok()) {
      return status;
    }
    return PrintUntil(v1::Event::kMilestoneFunded);
  }

  absl::Status Ship() {
    Say("The next morning, Bazaar hands the parcel to the carrier.");
    if (absl::Status status = MoveClock(kDay); !status.ok()) {
      return status;
    }
    return Confirm(v1::CONFIRMATION_KIND_SHIPMENT, v1::ROLE_SELLER, "bazaar");
  }

  absl::Status Deliver() {
    Say("Two days later, the carrier delivers it. Now Ada has seven days to complain.");
    if (absl::Status status = MoveClock(2 * kDay + 5 * kHour); !status.ok()) {
      return status;
    }
    return Confirm(v1::CONFIRMATION_KIND_DELIVERY, v1::ROLE_CARRIER, "swiftpost");
  }

  absl::Status StaySilent() {
    Say("Ada stays silent. After seven days her silence is consent, and the money moves.");
    if (absl::Status status = MoveClock(7 * kDay); !status.ok()) {
      return status;
    }
    return PrintUntil(v1::Event::kAgreementClosed);
  }

  absl::Status PayOut() {
    Say("A day later the payout is due. The bank takes it, and it arrives.");
    if (absl::Status status = MoveClock(kDay); !status.ok()) {
      return status;
    }
    if (absl::Status status = PrintUntil(v1::Event::kPayoutRequested); !status.ok()) {
      return status;
    }
    v1::SendPayoutRequest send;
    send.set_name(sandbox_.name + "/payouts/" + payout_id_);
    send.set_rail_reference("SEPA-0001");
    if (absl::Status status = Do(send); !status.ok()) {
      return status;
    }
    v1::SettlePayoutRequest settle;
    settle.set_name(send.name());
    if (absl::Status status = Do(settle); !status.ok()) {
      return status;
    }
    return PrintUntil(v1::Event::kPayoutSettled);
  }

  void FillTerms(v1::Agreement& agreement) const {
    agreement.set_currency_code("EUR");
    const auto participant = [&](v1::Role role, const char* party) {
      agreement.add_participants()->set_role(role);
      agreement.mutable_participants()->rbegin()->set_party(Party(party));
    };
    participant(v1::ROLE_BUYER, "ada");
    participant(v1::ROLE_SELLER, "bazaar");
    participant(v1::ROLE_CARRIER, "swiftpost");

    v1::Milestone& milestone = *agreement.add_milestones();
    milestone.set_milestone_id(kMilestoneId);
    milestone.mutable_amount()->set_currency_code("EUR");
    milestone.mutable_amount()->set_minor_units(kPriceMinorUnits);
    milestone.add_payees()->set_party(Party("bazaar"));
    milestone.mutable_payees(0)->set_remainder(true);
    milestone.add_fees()->set_beneficiary(v1::Fee::BENEFICIARY_PLATFORM);
    milestone.mutable_fees(0)->set_basis_points(kFeeBasisPoints);
    const auto require = [&](v1::ConfirmationKind kind, v1::Role role) {
      auto* requirement = milestone.mutable_release_when()->mutable_all_of()->add_conditions()->mutable_confirmation();
      requirement->set_kind(kind);
      requirement->set_role(role);
      return requirement;
    };
    require(v1::CONFIRMATION_KIND_SHIPMENT, v1::ROLE_SELLER);
    require(v1::CONFIRMATION_KIND_DELIVERY, v1::ROLE_CARRIER);
    v1::Timer& deemed = *require(v1::CONFIRMATION_KIND_RECEIPT, v1::ROLE_BUYER)->mutable_deemed_after();
    deemed.set_start(v1::Timer::START_CONFIRMATION_RECORDED);
    deemed.set_confirmation_kind(v1::CONFIRMATION_KIND_DELIVERY);
    deemed.mutable_duration()->set_seconds(7 * kDay);
    milestone.mutable_delivery_deadline()->set_start(v1::Timer::START_MILESTONE_FUNDED);
    milestone.mutable_delivery_deadline()->mutable_duration()->set_seconds(14 * kDay);
    milestone.set_delivery_deadline_met_by(v1::CONFIRMATION_KIND_DELIVERY);
    agreement.mutable_policies()->set_payout(v1::Policies::PAYOUT_AUTOMATIC);
    agreement.mutable_policies()->mutable_payout_delay()->set_seconds(kDay);
  }

  [[nodiscard]] std::string Party(const char* id) const { return sandbox_.name + "/parties/" + id; }

  void Say(const char* sentence) {
    out_ << "\n" << sentence << '\n';
    if (pace_) {
      out_.flush();
      std::this_thread::sleep_for(kPause);
    }
  }

  // Sends a command of the platform with a fresh request id.
  template <class Request>
  absl::Status Do(Request& request) {
    request.set_request_id(NewRequestId());
    v1::CommandReply reply;
    return sandbox_.platform->Call(request, reply);
  }

  absl::Status Confirm(v1::ConfirmationKind kind, v1::Role role, const char* party) {
    v1::ConfirmMilestoneRequest request;
    request.set_name(agreement_);
    request.set_milestone_id(kMilestoneId);
    request.set_kind(kind);
    request.set_role(role);
    request.set_party(Party(party));
    if (absl::Status status = Do(request); !status.ok()) {
      return status;
    }
    return PrintUntil(v1::Event::kConfirmationRecorded);
  }

  absl::Status MoveClock(std::int64_t seconds) {
    now_ = base::AddSeconds(now_, seconds);
    v1::AdvanceClockRequest request;
    request.set_name(sandbox_.name);
    *request.mutable_clock_time() = ToTimestamp(now_);
    return Do(request);
  }

  // Prints what the log has since the last time, up to and with the next fact of this kind and what follows it by then.
  // Timers expire right after the clock has moved, so it may take a moment.
  absl::Status PrintUntil(v1::Event::FactCase fact) {
    bool seen = false;
    for (int poll = 0; poll < kPollsMax && !seen; ++poll) {
      v1::ListEventsRequest request;
      request.mutable_event_filter()->set_platform(sandbox_.name);
      request.set_start_sequence(next_sequence_);
      v1::ListEventsResponse response;
      if (absl::Status status = sandbox_.platform->CallAllPages(request, response); !status.ok()) {
        return status;
      }
      for (const v1::Event& event : response.events()) {
        timeline_.Print(event);
        next_sequence_ = static_cast<std::int64_t>(event.sequence()) + 1;
        seen = seen || event.fact_case() == fact;
        if (event.has_payout_requested()) {
          payout_id_ = event.payout_requested().payout_id();
        }
      }
      if (!seen) {
        std::this_thread::sleep_for(kPollEvery);
      }
    }
    out_.flush();
    return seen ? absl::OkStatus()
                : absl::DeadlineExceededError(
                      "the service did not do what the story expects; see `escrowctl events tail`");
  }

  Client& op_;
  const bool pace_;
  std::ostream& out_;
  Timeline timeline_;
  Sandbox sandbox_;
  std::string agreement_;
  std::string payout_id_;
  base::Time now_ = kBegin;
  std::int64_t next_sequence_ = 1;
};

}  // namespace

absl::Status TellStory(Client& op, const std::string& platform_id, bool pace, std::ostream& out) {
  return Story(op, pace, out).Tell(platform_id);
}

}  // namespace escrow::ctl
