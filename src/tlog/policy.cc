#include "tlog/policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "base/assert.h"
#include "tlog/fields.h"
#include "tlog/note.h"

namespace escrow::tlog {
namespace {

constexpr std::string_view kNone = "none";

// What stands between spaces and tabs.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      return words;
    }
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    words.push_back(word);
    line.remove_prefix(word.size());
  }
}

bool Allowed(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte == '\t' || byte == '\n' || (byte >= 0x20 && byte != 0x7f);
}

absl::StatusOr<VerifierKey> ParseKey(std::string_view text, SignatureType type, const char* whose) {
  absl::StatusOr<VerifierKey> key = VerifierKey::Parse(text);
  if (key.ok() && key->type() != type) {
    return Malformed(std::string("the key of a ") + whose + " must be of type " +
                     (type == SignatureType::kCosignature ? "0x04" : "0x01"));
  }
  return key;
}

}  // namespace

// Reads a policy line by line; each line's status is without its number.
class Policy::Parser {
 public:
  absl::Status Line(std::string_view line) {
    const std::vector<std::string_view> words = Words(line);
    if (words.empty() || words[0].starts_with('#')) {
      return absl::OkStatus();
    }
    if (words[0] == "log") {
      return LogLine(words);
    }
    if (words[0] == "witness") {
      return WitnessLine(words);
    }
    if (words[0] == "group") {
      return GroupLine(words);
    }
    if (words[0] == "quorum") {
      return QuorumLine(words);
    }
    return Malformed(Quoted(words[0]) + " is none of log, witness, group and quorum");
  }

  absl::StatusOr<Policy> Finish() && {
    if (!has_quorum_) {
      return Malformed("the policy has no quorum line");
    }
    return std::move(policy_);
  }

 private:
  absl::Status LogLine(const std::vector<std::string_view>& words) {
    if (words.size() != 2 && words.size() != 3) {
      return Malformed("the form is: log <vkey> [<url>]");
    }
    const absl::StatusOr<VerifierKey> key = ParseKey(words[1], SignatureType::kEd25519, "log");
    if (!key.ok()) {
      return key.status();
    }
    if (!log_keys_.insert(key->public_key()).second) {
      return Malformed("the policy has this log's key already");
    }
    if (policy_.logs_.size() == kPolicyItemsMax) {
      return TooMany("logs");
    }
    policy_.logs_.push_back({.key = *key, .url = UrlAt(words, 2)});
    return absl::OkStatus();
  }

  absl::Status WitnessLine(const std::vector<std::string_view>& words) {
    if (words.size() != 3 && words.size() != 4) {
      return Malformed("the form is: witness <name> <vkey> [<url>]");
    }
    if (const absl::Status good = CheckNewName(words[1]); !good.ok()) {
      return good;
    }
    const absl::StatusOr<VerifierKey> key = ParseKey(words[2], SignatureType::kCosignature, "witness");
    if (!key.ok()) {
      return key.status();
    }
    if (!witness_keys_.insert(key->public_key()).second) {
      return Malformed("the policy has this witness's key already");
    }
    if (policy_.witnesses_.size() == kPolicyItemsMax) {
      return TooMany("witnesses");
    }
    policy_.items_.push_back(
        {.name = std::string(words[1]), .witness = policy_.witnesses_.size(), .threshold = 1, .members = {}});
    policy_.witnesses_.push_back({.name = std::string(words[1]), .key = *key, .url = UrlAt(words, 3)});
    return absl::OkStatus();
  }

  absl::Status GroupLine(const std::vector<std::string_view>& words) {
    if (words.size() < 4) {
      return Malformed("the form is: group <name> all|any|<k> <name>...");
    }
    if (const absl::Status good = CheckNewName(words[1]); !good.ok()) {
      return good;
    }
    const std::size_t count = words.size() - 3;
    const std::optional<std::uint64_t> threshold = words[2] == "all"   ? count
                                                   : words[2] == "any" ? 1
                                                                       : ParseNumber(words[2]);
    if (!threshold.has_value() || *threshold == 0 || *threshold > count) {
      return Malformed("a group of " + std::to_string(count) + " cannot need " + Quoted(words[2]) + " of them");
    }
    if (policy_.items_.size() - policy_.witnesses_.size() == kPolicyItemsMax) {
      return TooMany("groups");
    }
    Item group{.name = std::string(words[1]), .witness = std::nullopt, .threshold = *threshold, .members = {}};
    for (std::size_t i = 3; i < words.size(); ++i) {
      const absl::StatusOr<std::size_t> member = Find(words[i]);
      if (!member.ok()) {
        return member.status();
      }
      if (!members_.insert(*member).second) {
        return Malformed(Quoted(words[i]) + " is in a group already");
      }
      group.members.push_back(*member);
    }
    policy_.items_.push_back(std::move(group));
    return absl::OkStatus();
  }

  absl::Status QuorumLine(const std::vector<std::string_view>& words) {
    if (words.size() != 2) {
      return Malformed("the form is: quorum <name>|none");
    }
    if (has_quorum_) {
      return Malformed("the policy has a quorum already");
    }
    has_quorum_ = true;
    if (words[1] == kNone) {
      return absl::OkStatus();
    }
    const absl::StatusOr<std::size_t> item = Find(words[1]);
    if (!item.ok()) {
      return item.status();
    }
    policy_.quorum_ = *item;
    return absl::OkStatus();
  }

  [[nodiscard]] absl::StatusOr<std::size_t> Find(std::string_view name) const {
    const auto found =
        std::find_if(policy_.items_.begin(), policy_.items_.end(), [&](const Item& item) { return item.name == name; });
    if (found == policy_.items_.end()) {
      return Malformed(Quoted(name) + " is no witness or group of a line before");
    }
    return static_cast<std::size_t>(found - policy_.items_.begin());
  }

  [[nodiscard]] absl::Status CheckNewName(std::string_view name) const {
    return name == kNone || Find(name).ok() ? Malformed("the name " + Quoted(name) + " is taken") : absl::OkStatus();
  }

  static absl::Status TooMany(const char* what) {
    return Malformed("there are more than " + std::to_string(kPolicyItemsMax) + " " + what);
  }

  static std::string UrlAt(const std::vector<std::string_view>& words, std::size_t at) {
    return at < words.size() ? std::string(words[at]) : std::string();
  }

  Policy policy_;
  bool has_quorum_ = false;
  std::set<crypto::Ed25519PublicKey> log_keys_;
  std::set<crypto::Ed25519PublicKey> witness_keys_;
  std::set<std::size_t> members_;  // of any group
};

absl::StatusOr<Policy> Policy::Parse(std::string_view text) {
  if (text.size() > kPolicyBytesMax) {
    return Malformed("the policy has " + std::to_string(text.size()) + " bytes, more than " +
                     std::to_string(kPolicyBytesMax));
  }
  Parser parser;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string where = "the policy's line " + std::to_string(number) + ": ";
    const std::optional<std::string_view> line = TakeLine(text);
    if (!line.has_value()) {
      return Malformed(where + "it does not end in a newline, so it may have been cut");
    }
    if (!std::all_of(line->begin(), line->end(), Allowed)) {
      return Malformed(where + "it has a control character");
    }
    const absl::Status read = parser.Line(*line);
    if (!read.ok()) {
      return Malformed(where + std::string(read.message()));
    }
  }
  return std::move(parser).Finish();
}

void Policy::SetLogKey(std::size_t log, VerifierKey key) {
  ESCROW_ASSERT(log < logs_.size() && key.name() == logs_[log].key.name());
  logs_[log].key = std::move(key);
}

absl::StatusOr<Policy::Verdict> Policy::Check(const SignedCheckpoint& checkpoint) const {
  const std::string& origin = checkpoint.checkpoint.origin;
  std::vector<VerifierKey> keys;
  std::vector<std::size_t> logs;  // whose keys come first
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    if (logs_[i].key.name() == origin) {
      keys.push_back(logs_[i].key);
      logs.push_back(i);
    }
  }
  if (logs.empty()) {
    return absl::UnauthenticatedError("the log " + Quoted(origin) + " is not in the policy");
  }
  for (const Witness& witness : witnesses_) {
    keys.push_back(witness.key);
  }
  const absl::StatusOr<std::vector<VerifiedSignature>> signatures = VerifyNote(checkpoint.note, keys);
  if (!signatures.ok()) {
    return signatures.status();
  }
  std::optional<std::size_t> signer;
  Verdict verdict;
  for (const VerifiedSignature& signature : *signatures) {
    if (signature.key >= logs.size()) {
      verdict.cosigned.push_back(
          {.witness = signature.key - logs.size(), .time_seconds = signature.time_seconds.value()});
    } else if (!signer.has_value()) {
      signer = logs[signature.key];
    }
  }
  if (!signer.has_value()) {
    return absl::UnauthenticatedError("the log " + Quoted(origin) + " has not signed");
  }
  verdict.log = *signer;
  std::sort(verdict.cosigned.begin(), verdict.cosigned.end(),
            [](const Cosigned& a, const Cosigned& b) { return a.witness < b.witness; });
  if (absl::Status quorum = CheckQuorum(verdict.cosigned); !quorum.ok()) {
    return quorum;
  }
  return verdict;
}

absl::Status Policy::CheckQuorum(const std::vector<Cosigned>& cosigned) const {
  const std::vector<bool> reached = Reached(cosigned);
  if (quorum_.has_value() && !reached[*quorum_]) {
    return absl::FailedPreconditionError("the quorum is not reached: it needs " + Missing(*quorum_, reached));
  }
  return absl::OkStatus();
}

std::vector<bool> Policy::Reached(const std::vector<Cosigned>& cosigned) const {
  std::vector<bool> reached(items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    if (item.witness.has_value()) {
      reached[i] = std::any_of(cosigned.begin(), cosigned.end(),
                               [&](const Cosigned& by) { return by.witness == *item.witness; });
    } else {
      const auto count =
          std::count_if(item.members.begin(), item.members.end(), [&](std::size_t member) { return reached[member]; });
      reached[i] = static_cast<std::size_t>(count) >= item.threshold;
    }
  }
  return reached;
}

std::string Policy::Missing(std::size_t item, const std::vector<bool>& reached) const {
  const Item& missing = items_[item];
  std::string text = Quoted(missing.name);
  if (missing.witness.has_value()) {
    return text;
  }
  std::size_t have = 0;
  std::string without;
  for (const std::size_t member : missing.members) {
    if (reached[member]) {
      ++have;
    } else {
      without.append(without.empty() ? "" : ", ").append(Missing(member, reached));
    }
  }
  return text.append(" (has ")
      .append(std::to_string(have))
      .append(" of the ")
      .append(std::to_string(missing.threshold))
      .append(" that it needs, without ")
      .append(without)
      .append(")");
}

}  // namespace escrow::tlog
