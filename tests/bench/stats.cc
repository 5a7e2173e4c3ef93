#include "bench/stats.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "google/protobuf/util/json_util.h"

namespace escrow::bench {

std::int64_t Percentile(std::vector<std::int64_t>& samples, double fraction) {
  ESCROW_ASSERT(!samples.empty() && fraction > 0 && fraction <= 1);
  std::sort(samples.begin(), samples.end());
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(samples.size())));
  return samples[std::max<std::size_t>(rank, 1) - 1];
}

void Result::Set(const std::string& name, const std::map<std::string, double>& values) {
  google::protobuf::Struct& table = *(*fields_.mutable_fields())[name].mutable_struct_value();
  for (const auto& [key, value] : values) {
    (*table.mutable_fields())[key].set_number_value(value);
  }
}

void Result::Add(const std::string& list, const Result& item) {
  google::protobuf::Value& value = (*fields_.mutable_fields())[list];
  *value.mutable_list_value()->add_values()->mutable_struct_value() = item.fields_;
}

void Result::SetLatency(std::vector<std::int64_t>& latencies_ns) {
  Set("p50_us", static_cast<double>(Percentile(latencies_ns, 0.5)) / 1e3);
  Set("p99_us", static_cast<double>(Percentile(latencies_ns, 0.99)) / 1e3);
  Set("p999_us", static_cast<double>(Percentile(latencies_ns, 0.999)) / 1e3);
}

std::string Result::Json() const {
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(fields_, &text);
  ESCROW_ASSERT(status.ok());
  return text;
}

}  // namespace escrow::bench
