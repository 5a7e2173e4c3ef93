#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// The sequential specification of one agreement: what each call has to answer when calls come one after the other.
//
// It is written from the contract (proto/escrow/v1, docs/API.md) and shares nothing with the server: no code, no
// sequence numbers, no times. It knows one kind of agreement: EUR, a buyer and a seller, two milestones that are funded
// one after the other, each released when the seller has confirmed SHIPMENT and the buyer RECEIPT, or in parts by the
// buyer's will; and the platform acts for both.
namespace escrow::test {

inline constexpr std::array<std::int64_t, 2> kMilestoneAmounts = {6'000, 4'000};

enum class Kind : std::uint8_t {
  kCreate,
  kDeposit,
  kConfirm,
  kRelease,
  kRefund,
  kCancel,
  kGet,           // GetAgreement
  kListDeposits,  // ListDeposits
  kGetRequest,    // GetRequest
};

// Bits of Input::who.
inline constexpr std::uint8_t kSeller = 1;  // his confirmation is SHIPMENT
inline constexpr std::uint8_t kBuyer = 2;   // his confirmation is RECEIPT

// A call. What a kind does not need is 0.
struct Input {
  std::uint32_t agreement = 0;
  Kind kind = Kind::kGet;
  std::uint32_t request = 0;  // its request id, or the one asked for
  std::uint8_t milestone = 0;
  std::uint8_t who = 0;      // confirms, or consents to cancel
  std::uint8_t deposit = 0;  // id of the payment
  std::int64_t amount = 0;   // of a deposit, or a part of a milestone; 0: the whole
  friend bool operator==(const Input&, const Input&) = default;

  [[nodiscard]] bool reads() const { return kind >= Kind::kGet; }
};

enum class Stand : std::uint8_t { kPending, kFunded, kReleased, kRefunded, kCancelled };

struct Step {
  Stand stand = Stand::kPending;
  std::int64_t held = 0;
  std::int64_t released = 0;
  std::int64_t refunded = 0;
  friend bool operator==(const Step&, const Step&) = default;
};

// What GetAgreement shows.
struct View {
  std::string state{};
  std::int64_t deposited = 0;
  std::int64_t released = 0;
  std::int64_t refunded = 0;
  std::int64_t unallocated = 0;
  std::uint8_t consents = 0;
  std::array<Step, 2> steps{};
  friend bool operator==(const View&, const View&) = default;
};

// An answer.
struct Output {
  std::string reason = "OK";
  bool repeated = false;                 // of a write, and of GetRequest
  View view{};                           // of GetAgreement
  std::vector<std::uint8_t> deposits{};  // of ListDeposits
  friend bool operator==(const Output&, const Output&) = default;
};

// What is known of an agreement.
struct State {
  // A request id that has had its effect, or was burnt.
  struct Past {
    Input body;
    std::string refusal;  // empty: accepted
    friend bool operator==(const Past&, const Past&) = default;
  };

  bool created = false;
  View view;
  std::array<std::uint8_t, 2> confirmed{};  // by milestone, bits of who
  std::vector<std::uint8_t> deposits;
  std::map<std::uint32_t, Past> requests;
  friend bool operator==(const State&, const State&) = default;
};

[[nodiscard]] std::size_t HashOf(const State& state);

// Carries out a call on `state` and gives its answer.
[[nodiscard]] Output Apply(const Input& input, State& state);

// For the messages of a test that fails.
[[nodiscard]] std::string Text(const Input& input);
[[nodiscard]] std::string Text(const Output& output);

}  // namespace escrow::test
