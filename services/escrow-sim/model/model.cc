#include "model/model.h"

#include <algorithm>

#include "base/assert.h"
#include "model/decide.h"
#include "model/form.h"
#include "model/names.h"
#include "model/settle.h"

namespace escrow::model {
namespace {

// What a command is about, as it says itself.
struct Target {
  enum class Kind { kNothing, kPlatform, kParty, kAgreement, kPayout, kCredential };
  Kind kind = Kind::kNothing;
  std::string platform;
  std::string id;
};

std::optional<Target> InPlatform(const std::string& name) {
  const std::optional<std::string> platform = ReadTopName(name, "platforms");
  return platform ? std::optional(Target{.kind = Target::Kind::kPlatform, .platform = *platform, .id = ""})
                  : std::nullopt;
}

std::optional<Target> Within(const std::string& text, Target::Kind kind) {
  const char* collection = kind == Target::Kind::kPayout  ? "payouts"
                           : kind == Target::Kind::kParty ? "parties"
                                                          : "agreements";
  const std::optional<Name> name = ReadName(text, collection);
  return name ? std::optional(Target{.kind = kind, .platform = name->platform, .id = name->id}) : std::nullopt;
}

// Nothing when the name that the command gives is none.
std::optional<Target> TargetOf(const v1::Command& command) {
  using Kind = Target::Kind;
  switch (command.payload_case()) {
    case v1::Command::kCreatePlatform:
    case v1::Command::kCreateCredential:
    case v1::Command::kRotateSigningKey:
      return Target{};
    case v1::Command::kCreateParty:
      return InPlatform(command.create_party().parent());
    case v1::Command::kCreateAgreement:
      return InPlatform(command.create_agreement().parent());
    case v1::Command::kRequestPayout:
      return InPlatform(command.request_payout().parent());
    case v1::Command::kAdvanceClock:
      return InPlatform(command.advance_clock().name());
    case v1::Command::kRevokeCredential: {
      const std::optional<std::string> id = ReadTopName(command.revoke_credential().name(), "credentials");
      return id ? std::optional(Target{.kind = Kind::kCredential, .platform = "", .id = *id}) : std::nullopt;
    }
    case v1::Command::kAcceptAgreement:
      return Within(command.accept_agreement().name(), Kind::kAgreement);
    case v1::Command::kCancelAgreement:
      return Within(command.cancel_agreement().name(), Kind::kAgreement);
    case v1::Command::kRecordDeposit:
      return Within(command.record_deposit().name(), Kind::kAgreement);
    case v1::Command::kConfirmMilestone:
      return Within(command.confirm_milestone().name(), Kind::kAgreement);
    case v1::Command::kReleaseMilestone:
      return Within(command.release_milestone().name(), Kind::kAgreement);
    case v1::Command::kRefundMilestone:
      return Within(command.refund_milestone().name(), Kind::kAgreement);
    case v1::Command::kSendPayout:
      return Within(command.send_payout().name(), Kind::kPayout);
    case v1::Command::kSettlePayout:
      return Within(command.settle_payout().name(), Kind::kPayout);
    case v1::Command::kFailPayout:
      return Within(command.fail_payout().name(), Kind::kPayout);
    case v1::Command::kReturnPayout:
      return Within(command.return_payout().name(), Kind::kPayout);
    case v1::Command::kCommitRecord:
      return Within(command.commit_record().parent(), Kind::kParty);
    case v1::Command::kEraseSubject:
      return Within(command.erase_subject().name(), Kind::kParty);
    case v1::Command::kPlaceLegalHold:
      return Within(command.place_legal_hold().name(), Kind::kParty);
    case v1::Command::kReleaseLegalHold:
      return Within(command.release_legal_hold().name(), Kind::kParty);
    case v1::Command::PAYLOAD_NOT_SET:
      break;
  }
  return std::nullopt;
}

// A string field of the payload; empty when it has none of this name.
std::string FieldOf(const v1::Command& command, const std::string& name) {
  const auto* payload =
      command.GetReflection()->GetOneofFieldDescriptor(command, command.GetDescriptor()->FindOneofByName("payload"));
  const google::protobuf::Message& request = command.GetReflection()->GetMessage(command, payload);
  const auto* field = request.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : request.GetReflection()->GetString(request, field);
}

// docs/API.md, "Who may do what".
bool IsPermitted(const World& world, const v1::Command& command, const v1::Principal& actor, const Target& target) {
  using C = v1::Command;
  const C::PayloadCase what = command.payload_case();
  const auto is = [what](std::initializer_list<C::PayloadCase> list) {
    return std::find(list.begin(), list.end(), what) != list.end();
  };
  const bool at_the_bank = is({C::kRecordDeposit, C::kSendPayout, C::kSettlePayout, C::kFailPayout, C::kReturnPayout});
  const bool for_a_party =
      is({C::kAcceptAgreement, C::kCancelAgreement, C::kConfirmMilestone, C::kReleaseMilestone, C::kRefundMilestone});
  switch (actor.kind()) {
    case v1::Principal::KIND_OPERATOR:
      return !for_a_party && !is({C::kCreateParty, C::kCreateAgreement, C::kCommitRecord});
    case v1::Principal::KIND_PLATFORM: {
      const std::string own = *ReadTopName(actor.platform(), "platforms");
      const bool on_own = target.platform.empty() || target.platform == own;
      return on_own && !is({C::kCreatePlatform, C::kRotateSigningKey}) &&
             (!at_the_bank || world.platforms.at(own).rail_access);
    }
    case v1::Principal::KIND_PARTY:
      return (for_a_party || what == C::kRequestPayout) &&
             ReadName(actor.party(), "parties")->platform == target.platform;
    default:
      return false;
  }
}

v1::Reason CheckExists(const World& world, const Target& target) {
  const Key key{target.platform, target.id};
  if (target.kind == Target::Kind::kCredential) {
    return world.credentials.count(target.id) == 1 ? v1::REASON_UNSPECIFIED : v1::REASON_CREDENTIAL_NOT_FOUND;
  }
  if (target.kind != Target::Kind::kNothing && world.platforms.count(target.platform) == 0) {
    return v1::REASON_PLATFORM_NOT_FOUND;
  }
  if (target.kind == Target::Kind::kParty && world.parties.count(key) == 0) {
    return v1::REASON_PARTY_NOT_FOUND;
  }
  if (target.kind == Target::Kind::kAgreement && world.agreements.count(key) == 0) {
    return v1::REASON_AGREEMENT_NOT_FOUND;
  }
  if (target.kind == Target::Kind::kPayout && world.payouts.count(key) == 0) {
    return v1::REASON_PAYOUT_NOT_FOUND;
  }
  return v1::REASON_UNSPECIFIED;
}

// Whether the command could ever be carried out, in some state.
bool IsConceivable(const v1::Command& command) {
  if (!command.has_create_agreement()) {
    return true;
  }
  v1::AgreementCreated unused;
  const std::optional<std::string> platform = ReadTopName(command.create_agreement().parent(), "platforms");
  return platform && CheckContract(command.create_agreement().agreement(), *platform, unused) == v1::REASON_UNSPECIFIED;
}

}  // namespace

bool Burns(v1::Reason reason) {
  switch (reason) {
    case v1::REASON_TIME_IN_FUTURE:
    case v1::REASON_PLATFORM_NOT_FOUND:
    case v1::REASON_PARTY_NOT_FOUND:
    case v1::REASON_AGREEMENT_NOT_FOUND:
    case v1::REASON_PAYOUT_NOT_FOUND:
    case v1::REASON_CREDENTIAL_NOT_FOUND:
    case v1::REASON_AGREEMENT_NOT_ACTIVE:
    case v1::REASON_MILESTONE_NOT_FUNDED:
    case v1::REASON_MILESTONE_NOT_OPEN:
    case v1::REASON_INSUFFICIENT_FUNDS:
    case v1::REASON_PAYOUT_WRONG_STATE:
    case v1::REASON_ETAG_MISMATCH:
    case v1::REASON_LEGAL_HOLD:
    case v1::REASON_LEGAL_HOLD_NOT_FOUND:
      return true;
    default:
      return false;
  }
}

std::string Model::WhoIs(const v1::Principal& actor) const {
  if (actor.kind() == v1::Principal::KIND_OPERATOR) {
    return "operator";
  }
  if (actor.kind() == v1::Principal::KIND_PLATFORM) {
    const std::optional<std::string> id = ReadTopName(actor.platform(), "platforms");
    return id && world_.platforms.count(*id) == 1 ? actor.platform() : "";
  }
  if (actor.kind() == v1::Principal::KIND_PARTY) {
    const std::optional<Name> name = ReadName(actor.party(), "parties");
    return name && world_.parties.count({name->platform, name->id}) == 1 ? actor.party() : "";
  }
  return "";  // an auditor asks for nothing
}

Nanos Model::Now(const std::string& platform, Nanos log_time) const {
  const auto found = world_.platforms.find(platform);
  return found != world_.platforms.end() && found->second.sandbox ? found->second.clock : log_time;
}

std::optional<Key> Model::AgreementOf(const v1::Command& command) const {
  const std::optional<Target> target = TargetOf(command);
  if (!target) {
    return std::nullopt;
  }
  Key key{target->platform, target->id};
  if (target->kind == Target::Kind::kPayout) {
    const auto payout = world_.payouts.find(key);
    key.second = payout == world_.payouts.end() ? "" : payout->second.agreement;
  } else if (target->kind != Target::Kind::kAgreement) {
    return std::nullopt;
  }
  return world_.agreements.count(key) == 1 ? std::optional(key) : std::nullopt;
}

Prediction Model::Execute(const v1::Command& command, const v1::Principal& actor, Nanos log_time,
                          std::uint64_t sequence) {
  Prediction prediction;
  const auto refuse = [&prediction](v1::Reason reason) {
    prediction.reason = reason;
    return prediction;
  };
  if (command.payload_case() == v1::Command::PAYLOAD_NOT_SET) {
    return refuse(v1::REASON_EMPTY_COMMAND);
  }
  const std::string request_id = FieldOf(command, "request_id");
  if (!IsUuid(request_id)) {
    return refuse(v1::REASON_INVALID_REQUEST_ID);
  }
  const std::optional<Target> target = TargetOf(command);
  if (!target) {
    return refuse(v1::REASON_INVALID_NAME);
  }
  const std::string who = WhoIs(actor);
  if (who.empty() || !IsPermitted(world_, command, actor, *target)) {
    return refuse(v1::REASON_PERMISSION_DENIED);
  }
  if (world_.requests.count({who, request_id}) == 1) {
    prediction.repeated = true;
    return prediction;
  }
  v1::Reason wrong = CheckForm(command);
  if (wrong == v1::REASON_UNSPECIFIED) {
    wrong = CheckExists(world_, *target);
  }
  const std::optional<Key> agreement = AgreementOf(command);
  prediction.looked = wrong == v1::REASON_UNSPECIFIED && agreement;
  if (prediction.looked) {
    const std::string etag = FieldOf(command, "etag");
    const std::string present = "\"" + std::to_string(world_.agreements.at(*agreement).last_sequence) + "\"";
    wrong = etag.empty() || etag == present ? v1::REASON_UNSPECIFIED : v1::REASON_ETAG_MISMATCH;
  }
  const Nanos now = Now(target->platform, log_time);
  if (wrong == v1::REASON_UNSPECIFIED) {
    wrong = Carry(world_,
                  {.command = command,
                   .actor = actor,
                   .log_time = log_time,
                   .now = now,
                   .sequence = sequence,
                   .agreement = agreement},
                  prediction.events);
  }
  if (wrong != v1::REASON_UNSPECIFIED) {
    if (Burns(wrong)) {
      world_.requests.emplace(who, request_id);
    }
    return refuse(wrong);
  }
  world_.requests.emplace(who, request_id);
  std::optional<Key> changed = agreement;
  if (command.has_create_agreement()) {
    changed = Key{target->platform, command.create_agreement().agreement_id()};
  }
  if (changed) {
    world_.agreements.at(*changed).updated = now;
    Settle(world_, *changed, now, prediction.events);
  }
  return prediction;
}

void Model::Burn(const v1::Command& command, const v1::Principal& actor) {
  world_.requests.emplace(WhoIs(actor), FieldOf(command, "request_id"));
}

bool Model::CanBurn(const v1::Command& command, const v1::Principal& actor) const {
  if (command.payload_case() == v1::Command::PAYLOAD_NOT_SET || !IsUuid(FieldOf(command, "request_id"))) {
    return false;
  }
  const std::optional<Target> target = TargetOf(command);
  const std::string who = WhoIs(actor);
  return target && !who.empty() && IsPermitted(world_, command, actor, *target) &&
         world_.requests.count({who, FieldOf(command, "request_id")}) == 0 &&
         CheckForm(command) == v1::REASON_UNSPECIFIED && IsConceivable(command);
}

std::vector<Alarm> Model::AlarmsOf(const Key& agreement) const {
  return model::AlarmsOf(world_.agreements.at(agreement));
}

std::optional<Alarm> Model::NextAlarm(const Key& agreement) const {
  const std::vector<Alarm> alarms = AlarmsOf(agreement);
  const auto first = std::min_element(alarms.begin(), alarms.end());
  return first == alarms.end() ? std::nullopt : std::optional(*first);
}

std::optional<Alarm> Model::DueAlarm(const Key& agreement, Nanos log_time) const {
  const std::optional<Alarm> next = NextAlarm(agreement);
  return next && next->at <= Now(agreement.first, log_time) ? next : std::nullopt;
}

std::vector<v1::Event> Model::Expire(const Key& agreement, std::uint64_t sequence) {
  const std::optional<Alarm> next = NextAlarm(agreement);
  ESCROW_ASSERT(next.has_value());
  std::vector<v1::Event> events;
  GoOff(world_, agreement, *next, sequence, events);
  return events;
}

void Model::Learn(const v1::Event& event) {
  if (event.agreement_id().empty()) {
    return;
  }
  const std::string platform = *ReadTopName(event.platform(), "platforms");
  Agreement& agreement = world_.agreements.at({platform, event.agreement_id()});
  agreement.last_sequence = event.sequence();
  if (event.has_agreement_activated()) {
    agreement.activated->sequence = event.sequence();
  } else if (event.has_milestone_funded()) {
    agreement.milestones[event.milestone_funded().milestone_index()].funded->sequence = event.sequence();
  } else if (event.has_payout_requested()) {
    const v1::PayoutRequested& fact = event.payout_requested();
    world_.payouts[{platform, fact.payout_id()}] = {.source = fact.source(),
                                                    .party = fact.party_id(),
                                                    .agreement = event.agreement_id(),
                                                    .currency = event.currency_code(),
                                                    .amount = fact.minor_units()};
  }
}

}  // namespace escrow::model
