#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "escrow/v1/command.pb.h"
#include "escrow/v1/platform.pb.h"

// What every row of deploy/bench runs, on Escrowd and, in postgres/, on PostgreSQL.
//
// One platform holds `live` live agreements, each funded and with three milestones: 30 % on shipment (the seller), 40 %
// on delivery and 30 % on receipt (both the buyer, deemed given by a timer), each opening after the one before. Every
// release pays the seller, the platform (2.5 %) and the operator (0.5 %): two accounts that every agreement touches.
// Buyers and sellers are skewed: of kParties each, the busiest takes part in a tenth of all agreements.
//
// Steady state: a lifecycle is five commands. It creates and funds a new agreement, and confirms the three milestones
// of an old one, which is thereby released and settled. As many agreements begin as end, and those that end lie
// scattered over all that live, as they do when goods take days to travel.
namespace escrow::bench {

inline constexpr char kPlatform[] = "platforms/shop";
inline constexpr char kPlatformKey[] = "bench-platform-key-0123456789abcdef";
inline constexpr std::uint64_t kParties = 10'000;
inline constexpr std::size_t kLifecycleCommands = 5;

// Which agreements live and which lifecycle does what. A value; equal ones give equal commands.
class Workload {
 public:
  // REQUIRES: live >= 4. Agreements 0 to live - 1 are those of the population.
  explicit Workload(std::uint64_t live);

  [[nodiscard]] std::uint64_t live() const { return live_; }

  // The operator's commands that make the platform and its credential; then the platform's that make the parties.
  [[nodiscard]] static std::vector<v1::Command> Founding();
  [[nodiscard]] static std::vector<v1::Command> Parties();

  // Adds the two commands that make agreement `number` and put its money into custody.
  static void AddBeginning(std::uint64_t number, std::vector<v1::Command>& commands);
  // Adds the three commands that settle agreement `number`.
  static void AddEnding(std::uint64_t number, std::vector<v1::Command>& commands);
  // Adds the commands of a lifecycle. Lifecycles may overlap when they are started in order and not more than
  // slack() of them are under way.
  void AddLifecycle(std::uint64_t lifecycle, std::vector<v1::Command>& commands) const;

  [[nodiscard]] std::uint64_t slack() const { return live_ - block_; }

  // Lifecycles first to first + count - 1 as chains of commands, `per_chain` lifecycles in each but perhaps the last. A
  // chain is to be run in order; chains are to be started in order.
  [[nodiscard]] std::vector<std::vector<v1::Command>> Chains(std::uint64_t first, std::uint64_t count,
                                                             std::uint64_t per_chain) const;

 private:
  // The agreement that a lifecycle settles.
  [[nodiscard]] std::uint64_t EndOf(std::uint64_t lifecycle) const;

  std::uint64_t live_;
  std::uint64_t block_;  // agreements are settled block by block, scattered within the block
};

// The caller of all commands but the founding ones.
[[nodiscard]] v1::Principal PlatformPrincipal();
[[nodiscard]] v1::Principal OperatorPrincipal();

}  // namespace escrow::bench
