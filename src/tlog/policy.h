#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/checkpoint.h"
#include "tlog/key.h"

// Policies (https://c2sp.org/tlog-policy): which logs a verifier believes, and how many witnesses must have cosigned.
namespace escrow::tlog {

inline constexpr std::size_t kPolicyBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kPolicyItemsMax = 256;  // of logs, of witnesses and of groups; the standard asks for 32

// Policy: a policy that was read. A value. Threading: any thread may check with one that nobody changes.
class Policy {
 public:
  struct Log {
    VerifierKey key;  // its name is the log's origin
    std::string url;  // empty when the policy names none
  };
  struct Witness {
    std::string name;  // in the policy; the key has its own
    VerifierKey key;
    std::string url;
  };
  // Who vouched for a checkpoint.
  struct Cosigned {
    std::size_t witness = 0;  // which of witnesses()
    std::uint64_t time_seconds = 0;
  };
  struct Verdict {
    std::size_t log = 0;             // which of logs() signed
    std::vector<Cosigned> cosigned;  // all witnesses of the policy that did, by the order of their lines
  };

  // Errors: InvalidArgument with line and reason.
  [[nodiscard]] static absl::StatusOr<Policy> Parse(std::string_view text);

  // The verdict on a checkpoint that one of the logs has signed and the quorum has cosigned. Errors: Unauthenticated
  // when its origin is no log of the policy, when the log has not signed, or when a signature by a known key is bad;
  // FailedPrecondition when the quorum is not reached, with who is missing.
  [[nodiscard]] absl::StatusOr<Verdict> Check(const SignedCheckpoint& checkpoint) const;

  // Another key in the place of that of a log: one that it was handed over to. REQUIRES: it has the log's name.
  void SetLogKey(std::size_t log, VerifierKey key);
  // Whether these witnesses are the quorum. FailedPrecondition with who is missing. REQUIRES: each is one of
  // witnesses().
  [[nodiscard]] absl::Status CheckQuorum(const std::vector<Cosigned>& cosigned) const;

  [[nodiscard]] const std::vector<Log>& logs() const { return logs_; }
  [[nodiscard]] const std::vector<Witness>& witnesses() const { return witnesses_; }

 private:
  // A witness or a group: what a group counts and the quorum names. In the order of their lines, so members come first.
  struct Item {
    std::string name;
    std::optional<std::size_t> witness;  // which of witnesses_; nothing: a group
    std::size_t threshold = 1;
    std::vector<std::size_t> members;  // items before this one
  };
  class Parser;

  // For each item whether it has been reached, by who has cosigned.
  [[nodiscard]] std::vector<bool> Reached(const std::vector<Cosigned>& cosigned) const;
  // An item that is not reached, with what it lacks, for an error message.
  [[nodiscard]] std::string Missing(std::size_t item, const std::vector<bool>& reached) const;

  std::vector<Log> logs_;
  std::vector<Witness> witnesses_;
  std::vector<Item> items_;
  std::optional<std::size_t> quorum_;  // which of items_; nothing: "none"
};

}  // namespace escrow::tlog
