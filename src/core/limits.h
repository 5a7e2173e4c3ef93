#pragma once

#include <cstddef>
#include <cstdint>

// Every limit of the machine in one place. A limit is part of the rules: raising one is a new rules version.
namespace escrow::core {

inline constexpr std::int64_t kMinorUnitsMax = 1'000'000'000'000'000;  // 10^15, of one amount and of one agreement
inline constexpr std::int64_t kBasisPointsWhole = 10'000;
// An event is at most 65,535 bytes (C2SP tlog-tiles entries), so the command and the schedule in it are bounded.
inline constexpr std::size_t kCommandBytesMax = 32'768;
inline constexpr std::size_t kScheduleLinesMax = 384;  // of one agreement
inline constexpr std::size_t kMilestonesMax = 100;
inline constexpr std::size_t kParticipantsMax = 32;
inline constexpr std::size_t kPayeesMax = 32;
inline constexpr std::size_t kFeesMax = 8;
inline constexpr std::size_t kConditionNodesMax = 64;
inline constexpr std::size_t kConditionDepthMax = 8;
inline constexpr std::size_t kRequirementEvidenceMax = 4;
inline constexpr std::size_t kEvidenceMax = 16;
inline constexpr std::size_t kDepositsMax = 10'000;  // of one agreement
inline constexpr std::size_t kRecordsMax = 256;      // of one party
inline constexpr std::size_t kLegalHoldsMax = 64;    // of one party, released ones included
inline constexpr std::size_t kCommitmentBytes = 32;  // HMAC-SHA256
inline constexpr std::size_t kHoldReferenceBytesMax = 64;
inline constexpr std::size_t kVerifierKeyBytesMax = 512;
inline constexpr std::size_t kHandoverBytesMax = 4'096;  // two signatures, the names of their keys, and the key
inline constexpr std::size_t kIdBytesMax = 63;
inline constexpr std::size_t kExternalReferenceBytesMax = 128;
inline constexpr std::size_t kBankReferenceBytesMax = 64;
inline constexpr std::int64_t kTimerSecondsMax = 3'650LL * 86'400;
inline constexpr std::int64_t kPayoutDelaySecondsMax = 365LL * 86'400;
inline constexpr std::int64_t kLongStopSecondsDefault = 365LL * 86'400;
inline constexpr std::size_t kBatchCommandsMax = 1'024;
inline constexpr std::uint32_t kRulesVersion = 1;

}  // namespace escrow::core
