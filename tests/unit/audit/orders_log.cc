// Orders of the generator as a log; apart from logs.cc, because it needs the command line's library.

#include "escrowctl/orders/generator.h"
#include "escrowctl/orders/plan.h"
#include "escrowctl/orders/run.h"
#include "support/commands.h"
#include "unit/audit/logs.h"
#include "unit/audit/workshop.h"

namespace escrow::audit::test {

Entries OrdersLog(std::size_t count) {
  const orders::Dataset dataset = orders::ReadDataset(orders::Generate(count, 1)).value();
  const orders::Plan plan = orders::MakePlan(dataset);
  const std::string name = "platforms/orders";
  v1::Command platform = escrow::test::CreatePlatform(1, "orders", /*sandbox=*/true);
  auto& begin = *platform.mutable_create_platform()->mutable_platform()->mutable_initial_clock_time();
  begin.set_seconds(plan.begin.ns / base::kNsPerSecond);
  Workshop workshop;
  workshop.Execute(escrow::test::Operator(), {platform});
  orders::CommandSource source(plan, name);
  constexpr std::size_t kBatch = 512;
  for (std::vector<orders::PlannedCommand> planned = source.Next(kBatch); !planned.empty();
       planned = source.Next(kBatch)) {
    std::vector<v1::Command> commands;
    for (orders::PlannedCommand& command : planned) {
      commands.push_back(std::move(command.command));
    }
    workshop.Execute(escrow::test::PlatformPrincipal("orders"), std::move(commands));
  }
  return workshop.Finish();
}

}  // namespace escrow::audit::test
