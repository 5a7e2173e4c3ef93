#include "journal/damage.h"

#include "absl/strings/str_cat.h"

namespace escrow::journal {
namespace {

absl::Status Refusal(std::uint64_t first_bad, const std::string& what, const char* runbook) {
  return absl::DataLossError(
      absl::StrCat(what, "; first bad position: event ", first_bad, "; see deploy/runbooks/", runbook));
}

}  // namespace

absl::Status Damaged(std::uint64_t first_bad, const std::string& what) {
  return Refusal(first_bad, what, "damaged-log.md");
}

absl::Status RolledBack(std::uint64_t first_bad, const std::string& what) {
  return Refusal(first_bad, what, "rollback-refused.md");
}

}  // namespace escrow::journal
