#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace escrow::test {

// The ErrorInfo.reason of an error, "OK", or what is wrong with it: every error of the services has exactly one
// ErrorInfo, with our domain, and its reason is in the table with this code.
[[nodiscard]] std::string ReasonOf(const grpc::Status& status);
[[nodiscard]] std::string ReasonOf(const google::rpc::Status& status);

// Coverage: which methods were called over which kind of channel, and which reasons came back. One for all tests of the
// process; main.cc looks at it after the last. Thread-safe.
class Coverage {
 public:
  static Coverage& Get();

  void Called(std::string_view method, bool tls);
  void Saw(const std::string& reason);

  // What is missing; each in words.
  [[nodiscard]] std::set<std::string> Missing() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> called_;
  std::set<std::string> reasons_;
};

}  // namespace escrow::test
