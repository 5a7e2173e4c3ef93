#include "api/filter.h"

#include <array>
#include <span>

#include "api/refusal.h"

namespace escrow::api {
namespace {

// A key of a filter and its value, when the text has it.
struct Term {
  std::string_view key;
  std::optional<std::string_view> value;
};

grpc::Status Invalid(std::string_view term) { return Refuse(v1::REASON_FILTER_INVALID, {{"term", Shown(term)}}); }

// Reads all terms of `text` into those of the language.
grpc::Status Parse(std::string_view text, std::span<Term> language) {
  constexpr std::string_view kAnd = " AND ";
  while (!text.empty()) {
    const std::size_t end = text.find(kAnd);
    const std::string_view term = text.substr(0, end);
    const std::size_t equals = term.find('=');
    Term* known = nullptr;
    for (Term& candidate : language) {
      if (equals != std::string_view::npos && term.substr(0, equals) == candidate.key && !candidate.value) {
        known = &candidate;
      }
    }
    const bool joined_to_nothing = end != std::string_view::npos && end + kAnd.size() == text.size();
    if (known == nullptr || equals + 1 == term.size() || joined_to_nothing) {
      return Invalid(term);
    }
    known->value = term.substr(equals + 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kAnd.size());
  }
  return grpc::Status::OK;
}

std::string StateName(std::string_view word) { return "STATE_" + std::string(word); }

}  // namespace

grpc::Status ParseAgreementFilter(const std::string& text, AgreementFilter& filter) {
  std::array<Term, 2> terms = {Term{"state", {}}, Term{"party", {}}};
  const grpc::Status status = Parse(text, terms);
  if (!status.ok()) {
    return status;
  }
  if (const auto& word = terms[0].value) {
    v1::Agreement::State state = v1::Agreement::STATE_UNSPECIFIED;
    if (!v1::Agreement::State_Parse(StateName(*word), &state) || state == v1::Agreement::STATE_UNSPECIFIED) {
      return Invalid(*word);
    }
    filter.state = state;
  }
  filter.party = terms[1].value.value_or(std::string_view());
  return grpc::Status::OK;
}

grpc::Status ParsePayoutFilter(const std::string& text, std::optional<v1::Payout::State>& state) {
  std::array<Term, 1> terms = {Term{"state", {}}};
  const grpc::Status status = Parse(text, terms);
  if (!status.ok() || !terms[0].value) {
    return status;
  }
  v1::Payout::State parsed = v1::Payout::STATE_UNSPECIFIED;
  if (!v1::Payout::State_Parse(StateName(*terms[0].value), &parsed) || parsed == v1::Payout::STATE_UNSPECIFIED) {
    return Invalid(*terms[0].value);
  }
  state = parsed;
  return grpc::Status::OK;
}

}  // namespace escrow::api
