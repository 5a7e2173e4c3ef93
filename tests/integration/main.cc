#include <iostream>
#include <memory>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "integration/coverage.h"

namespace {

// After the last test: every method of the contract was called, with TLS and without, and every reason came back. Only
// when all tests ran.
class CoverageCheck final : public testing::Environment {
 public:
  void TearDown() override {
    if (testing::GTEST_FLAG(filter) != "*") {
      return;
    }
    for (const std::string& missing : escrow::test::Coverage::Get().Missing()) {
      ADD_FAILURE() << missing;
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new CoverageCheck);
  return RUN_ALL_TESTS();
}
