#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "google/protobuf/struct.pb.h"

// Small tools of the benchmarks: time, percentiles, and a result as one line of JSON.
namespace escrow::bench {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The smallest of `samples` that at least `fraction` of them do not exceed (nearest rank). Sorts them. REQUIRES: not
// empty; 0 < fraction <= 1.
[[nodiscard]] std::int64_t Percentile(std::vector<std::int64_t>& samples, double fraction);

// What a run found: numbers by name, tables of numbers, and lists of such results.
class Result {
 public:
  void Set(const std::string& name, double value) { (*fields_.mutable_fields())[name].set_number_value(value); }
  void Set(const std::string& name, const std::map<std::string, double>& values);
  void Add(const std::string& list, const Result& item);
  // p50, p99 and p999 of latencies in nanoseconds, as microseconds under these names. Sorts them.
  void SetLatency(std::vector<std::int64_t>& latencies_ns);

  [[nodiscard]] std::string Json() const;

 private:
  google::protobuf::Struct fields_;
};

}  // namespace escrow::bench
