#pragma once

// Mutants: defects on purpose, to see that the checks have teeth. A test builds the core and the engine a second time
// with ESCROW_MUTANTS and switches them on one by one (tests/sim/mutants_test.cc, which says what must find each).
// Everywhere else ESCROW_MUTANT is constant false, and the compiler leaves nothing of it.

#ifdef ESCROW_MUTANTS

#include <cstdint>

// The defects: name, and what is wrong then.
#define ESCROW_MUTANT_LIST(X)                                                  \
  X(PostingDropped, "a release forgets all shares but the first")              \
  X(TotalForgotten, "refundable money is missing in the totals")               \
  X(RoleUnchecked, "anybody who takes part may release")                       \
  X(OtherPlatform, "a platform may act on another")                            \
  X(DeadlineOneLate, "a command in the nanosecond of a deadline is in time")   \
  X(TimerNotStopped, "the funding deadline runs on when the money has come")   \
  X(ReplyBeforeSync, "replies leave before their group is written")            \
  X(ReplyOvertakes, "replies overtake those that wait for a group")            \
  X(FailedAppendIgnored, "the committer goes on after a failed append")        \
  X(RootOfHalfAGroup, "a group has the root of its first half")                \
  X(RequestIdForgotten, "a moved clock does not remember its request id")      \
  X(RefusalNotBurnt, "a refusal for lack of funds leaves its id usable")       \
  X(ShareOverflows, "shares are computed in 64 bits")                          \
  X(FeeRoundedDown, "basis points are rounded down")                           \
  X(RefundBeyondHeld, "a refund may be larger than what is held")              \
  X(DepositTwice, "the same deposit may be recorded twice")                    \
  X(LateMoneyFunds, "money after a missed deadline funds all the same")        \
  X(SnapshotForgets, "a snapshot does not hold which deadlines were missed")   \
  X(ChangeNotNoted, "a snapshot of changes lacks the agreements that changed") \
  X(BatchInPart, "a failed atomic batch keeps what was done")                  \
  X(DryRunHappens, "a dry run leaves its effect")

namespace escrow::base {

enum class Mutant : std::uint8_t {
  kNone,
#define ESCROW_MUTANT_VALUE(name, what) k##name,
  ESCROW_MUTANT_LIST(ESCROW_MUTANT_VALUE)
#undef ESCROW_MUTANT_VALUE
};

// The one that is on. Set before anything runs.
inline Mutant active_mutant = Mutant::kNone;

}  // namespace escrow::base

#define ESCROW_MUTANT(name) (::escrow::base::active_mutant == ::escrow::base::Mutant::k##name)

#else

#define ESCROW_MUTANT(name) false

#endif
