#include "edge/witness_site.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "publish/witness_files.h"
#include "support/manual_clock.h"
#include "support/temp_folder.h"
#include "tlog/add_checkpoint.h"
#include "tlog/merkle.h"
#include "tlog/note.h"

namespace escrow::edge {
namespace {

using tlog::SignatureType;
using tlog::SignerKey;

constexpr char kOrigin[] = "example.com/log";

class WitnessSiteTest : public testing::Test {
 protected:
  WitnessSiteTest() { clock_.Set(base::Time{1'700'000'000 * base::kNsPerSecond}); }

  // A request to cosign the log of one entry, which no proof is needed for.
  [[nodiscard]] std::string Request(std::uint64_t old_size) const {
    tlog::TreeHasher hasher;
    tlog::AddCheckpointRequest request;
    request.old_size = old_size;
    request.checkpoint =
        tlog::SignCheckpoint({.origin = kOrigin, .size = 1, .root = hasher.Leaf("entry"), .extensions = {}}, log_);
    return tlog::FormatAddCheckpoint(request);
  }
  [[nodiscard]] HttpResponse Ask(const std::string& method, const std::string& target, const std::string& body = "") {
    return site_.Answer({.method = method, .target = target, .body = body});
  }

  test::TempFolder folder_;
  publish::WitnessFiles store_{folder_.path()};
  const SignerKey log_ = SignerKey::Generate(kOrigin, SignatureType::kEd25519);
  const tlog::Witness witness_{SignerKey::Generate("example.com/witness", SignatureType::kCosignature),
                               {{kOrigin, {log_.verifier()}}}};
  test::ManualClock clock_;
  std::string warned_;
  WitnessSite site_{{.witness = witness_,
                     .store = store_,
                     .clock = clock_,
                     .origins = {kOrigin},
                     .warn = [this](std::string_view reason) { warned_ = reason; }}};
};

TEST_F(WitnessSiteTest, ACheckpointIsCosignedOnceAndShownToMonitors) {
  const std::string monitoring = "/witness/" + tlog::MonitoringPath(kOrigin);
  EXPECT_EQ(Ask("GET", monitoring).status, 404U);
  const HttpResponse cosigned = Ask("POST", "/witness/add-checkpoint", Request(0));
  ASSERT_EQ(cosigned.status, 200U) << cosigned.body;
  const auto request = tlog::ParseAddCheckpoint(Request(0));
  const std::vector<tlog::VerifierKey> trusted{witness_.verifier()};
  EXPECT_TRUE(tlog::ReadCosignatures(cosigned.body, request->checkpoint, trusted).ok());

  const HttpResponse again = Ask("POST", "/witness/add-checkpoint", Request(0));
  EXPECT_EQ(again.status, 409U);
  EXPECT_EQ(again.content_type, "text/x.tlog.size");
  EXPECT_EQ(again.body, "1\n");

  const HttpResponse shown = Ask("GET", monitoring);
  ASSERT_EQ(shown.status, 200U);
  const auto note = tlog::ParseNote(shown.body);
  ASSERT_TRUE(note.ok());
  EXPECT_TRUE(tlog::VerifyNote(*note, std::vector<tlog::VerifierKey>{log_.verifier(), witness_.verifier()}).ok());
  EXPECT_EQ(note->signatures.size(), 2U);
}

TEST_F(WitnessSiteTest, WhatItDoesNotKnowIsRefused) {
  EXPECT_EQ(Ask("POST", "/witness/add-checkpoint", "nonsense").status, 400U);
  EXPECT_EQ(Ask("GET", "/witness/add-checkpoint").status, 405U);
  EXPECT_EQ(Ask("GET", "/witness/" + tlog::MonitoringPath("example.com/other")).status, 404U);
  EXPECT_EQ(Ask("POST", "/witness/" + tlog::MonitoringPath(kOrigin)).status, 405U);
  EXPECT_EQ(warned_, "");
}

TEST_F(WitnessSiteTest, ADiskThatFailsIsToldToTheOperator) {
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(Ask("POST", "/witness/add-checkpoint", Request(0)).status, 500U);
  EXPECT_NE(warned_, "");
}

}  // namespace
}  // namespace escrow::edge
