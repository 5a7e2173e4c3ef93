#pragma once

#include <vector>

#include "audit/complaint.h"
#include "audit/domain_world.h"
#include "escrow/v1/command.pb.h"
#include "escrow/v1/event.pb.h"

// A new agreement: whether it has the form that proto/escrow/v1/agreement.proto and policy.proto ask for, and what the
// rules make of it. Pure.
namespace escrow::audit {

// Fills the fact that creates the agreement: its policies with defaults and the schedules of its milestones. Wrong: a
// form that the rules refuse. REQUIRES: `platform_id` is that of the platform that it is created on.
[[nodiscard]] Complaint FillCreated(const v1::Agreement& agreement, const std::string& platform_id, const World& world,
                                    v1::AgreementCreated& fact);

// The agreement as it begins. REQUIRES: FillCreated found nothing wrong and filled `fact`.
[[nodiscard]] AgreementNow BeginAgreement(const v1::CreateAgreementRequest& request, const v1::AgreementCreated& fact,
                                          const std::string& platform_id);

// Adds the confirmations that a condition asks for, depth first: ConfirmationDeemed.requirement_index is a position in
// them. They point into the condition.
void AddRequirements(const v1::Condition& condition, std::vector<const v1::Requirement*>& requirements);

// Whether an amount is 1 to 10^15 of this currency.
[[nodiscard]] bool IsAmountIn(const std::string& currency, const v1::Amount& amount);

}  // namespace escrow::audit
