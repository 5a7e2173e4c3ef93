#include "escrowctl/orders_command.h"

#include <fmt/format.h>

#include <fstream>
#include <memory>

#include "escrowctl/console.h"
#include "escrowctl/orders/generator.h"
#include "escrowctl/orders/olist.h"
#include "escrowctl/orders/plan.h"
#include "escrowctl/orders/report.h"
#include "escrowctl/orders/run.h"

namespace escrow::ctl {
namespace {

absl::StatusOr<orders::Plan> LoadPlan(const OrdersOptions& options) {
  absl::StatusOr<orders::DatasetTexts> texts =
      options.folder.empty() ? orders::Generate(static_cast<std::size_t>(options.generate), options.seed)
                             : orders::LoadTexts(options.folder);
  if (!texts.ok()) {
    return texts.status();
  }
  const absl::StatusOr<orders::Dataset> data = orders::ReadDataset(*texts);
  if (!data.ok()) {
    return data.status();
  }
  orders::Plan plan = orders::MakePlan(*data);
  if (plan.agreements.empty()) {
    return absl::InvalidArgumentError("the data have no order that makes an agreement");
  }
  return plan;
}

// A progress bar for each kind of work, one after the other.
class Bars {
 public:
  void Update(std::string_view what, std::int64_t done, std::int64_t total) {
    if (what != what_) {
      bar_.reset();  // it erases itself before the next one draws
      what_ = what;
      bar_ = std::make_unique<ProgressBar>(what);
    }
    bar_->Update(done, total);
  }

 private:
  std::string what_;
  std::unique_ptr<ProgressBar> bar_;
};

}  // namespace

absl::Status RunOrders(Client& op, const OrdersOptions& options, Output output, bool& good) {
  const absl::StatusOr<orders::Plan> plan = LoadPlan(options);
  if (!plan.ok()) {
    return plan.status();
  }
  absl::StatusOr<orders::RunResult> result = absl::UnknownError("");
  {
    Bars bars;
    result = orders::Run(
        op, options.platform_id, *plan,
        [&](std::string_view what, std::int64_t done, std::int64_t total) { bars.Update(what, done, total); });
  }
  if (!result.ok()) {
    return result.status();
  }
  good = result->good();
  if (!options.report_file.empty()) {
    std::ofstream file(options.report_file);
    file << orders::JsonReport(*plan, *result);
    file.close();
    if (file.fail()) {
      return absl::InvalidArgumentError(fmt::format("{}: the report cannot be written", options.report_file));
    }
  }
  if (output.json) {
    output.out << orders::JsonReport(*plan, *result);
  } else {
    orders::PrintReport(*plan, *result, output.out);
  }
  return absl::OkStatus();
}

}  // namespace escrow::ctl
