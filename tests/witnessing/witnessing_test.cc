#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "escrow/v1/transparency_service.grpc.pb.h"
#include "support/remote.h"
#include "support/server_process.h"
#include "support/temp_folder.h"

// Two real escrowds that cosign each other's checkpoints, and a stranger who checks with escrow-verify and a policy.
namespace escrow::test {
namespace {

struct Outcome {
  int exit = 0;
  std::string out;
};

Outcome Verify(const std::string& arguments) {
  Outcome outcome;
  std::FILE* pipe = popen((std::string(ESCROW_VERIFY) + ' ' + arguments + " 2>&1").c_str(), "r");
  std::array<char, 4096> bytes{};
  for (std::size_t count = 1; count > 0;) {
    count = std::fread(bytes.data(), 1, bytes.size(), pipe);
    outcome.out.append(bytes.data(), count);
  }
  outcome.exit = WEXITSTATUS(pclose(pipe));
  return outcome;
}

// The same until it ends so, for half a minute.
Outcome VerifyUntil(int exit, const std::string& arguments) {
  Outcome outcome;
  for (int i = 0; i < 300; ++i) {
    outcome = Verify(arguments);
    if (outcome.exit == exit) {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return outcome;
}

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// The value of a field in the first line of the log about this event, without quotes.
std::string FieldOf(const std::string& log, const std::string& event, const std::string& field) {
  const std::size_t line = log.find("\"event\":\"" + event + "\"");
  const std::string name = "\"" + field + "\":";
  const std::size_t at = line == std::string::npos ? line : log.find(name, line);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no " << event << " in " << log;
    return "";
  }
  const std::size_t begin = at + name.size() + (log[at + name.size()] == '"' ? 1 : 0);
  return log.substr(begin, log.find_first_of("\",}", begin) - begin);
}

// A log that is also a witness.
class Peer {
 public:
  // Serves for once, to learn what the others have to know of it: keys and port.
  explicit Peer(std::string name) : name_(std::move(name)) {
    Know("quorum none\n");
    Start("127.0.0.1:0", "");
    const std::string log = server_->log();
    log_key_ = FieldOf(log, "publishing", "verifier_key");
    witness_key_ = FieldOf(log, "witness", "verifier_key");
    address_ = "127.0.0.1:" + FieldOf(log, "public log served", "port");
    Stop();
  }

  // Serves where it did, has its checkpoints cosigned by `witness`, and cosigns those of `witness`.
  void Start(const Peer& witness) {
    Know("log " + witness.log_key_ + "\nquorum none\n");
    std::ofstream(policy()) << "log " + log_key_ + "\nwitness " + witness.name_ + " " + witness.witness_key_ +
                                   " http://" + witness.address_ + "/witness\nquorum " + witness.name_ + "\n";
    Start(address_, "policy = \"" + policy() + "\"\n");
  }
  void Stop() {
    EXPECT_EQ(server_->Stop(std::chrono::seconds(60)), 0) << server_->log();
    server_ = nullptr;
  }
  void Kill() { server_ = nullptr; }

  // The receipt of an event in a file, against a checkpoint that covers it.
  [[nodiscard]] std::string Receipt(std::int64_t sequence) const {
    const Remote remote(server_->address(), server_->OperatorKey());
    const auto stub = v1::TransparencyService::NewStub(remote.channel());
    v1::GetReceiptRequest request;
    request.set_sequence(sequence);
    v1::GetReceiptResponse response;
    std::string reason = "NOT_PUBLISHED";
    while (reason == "NOT_PUBLISHED") {
      grpc::ClientContext context;
      remote.Prepare(context);
      reason = ReasonOf(stub->GetReceipt(&context, request, &response));
    }
    EXPECT_EQ(reason, "OK");
    const std::string file = folder_.path() + "/receipt";
    std::ofstream(file) << response.tlog_proof();
    return file;
  }

  [[nodiscard]] ServerProcess& server() { return *server_; }
  [[nodiscard]] std::string policy() const { return folder_.path() + "/policy"; }
  [[nodiscard]] std::string by_policy() const { return " --policy " + policy(); }
  [[nodiscard]] std::string url() const { return "http://" + address_; }
  [[nodiscard]] std::string data() const { return folder_.path() + "/data"; }

 private:
  void Know(const std::string& logs) { std::ofstream(folder_.path() + "/logs") << logs; }
  void Start(const std::string& listen, const std::string& publish) {
    server_ = std::make_unique<ServerProcess>(
        folder_.path(), "[publish]\norigin = \"" + name_ + ".example/log\"\n" + publish +  //
                            "[http]\nlisten = \"" + listen + "\"\nentries = \"all\"\n" + "[witness]\nname = \"" +
                            name_ + ".example/witness\"\nlogs = \"" + folder_.path() + "/logs\"\n");
  }

  const std::string name_;
  const TempFolder folder_;
  std::string log_key_;
  std::string witness_key_;
  std::string address_;
  std::unique_ptr<ServerProcess> server_;
};

TEST(WitnessingTest, TwoLogsVouchForEachOther) {
  Peer a("a");
  Peer b("b");
  a.Start(b);
  b.Start(a);
  ASSERT_NE(SetUpShop(a.server()), "");
  for (const std::string& source : {a.url(), a.data()}) {
    const Outcome log = VerifyUntil(0, "log " + source + a.by_policy());
    EXPECT_EQ(log.exit, 0) << source << "\n" << log.out << a.server().log();
    EXPECT_EQ(CountOf(log.out, "log a.example/log"), 1) << log.out;
    EXPECT_EQ(CountOf(log.out, "witness b at "), 1) << log.out;
  }
  EXPECT_EQ(VerifyUntil(0, "log " + b.url() + b.by_policy()).exit, 0);
  EXPECT_EQ(VerifyUntil(1, "log " + b.url() + a.by_policy()).exit, 1) << "a policy is for its own log";
  const Outcome receipt = VerifyUntil(0, "receipt " + a.Receipt(2) + a.by_policy());
  EXPECT_EQ(receipt.exit, 0) << receipt.out;
  EXPECT_EQ(CountOf(receipt.out, "witness b at "), 1) << receipt.out;
}

TEST(WitnessingTest, WithoutItsQuorumALogIsNotBelievedAndGoesOn) {
  Peer a("a");
  Peer b("b");
  b.Start(a);  // first, so that a sees it there from the start
  a.Start(b);
  ASSERT_EQ(VerifyUntil(0, "log " + a.url() + a.by_policy()).exit, 0);
  b.Kill();
  ASSERT_NE(SetUpShop(a.server()), "");
  const Outcome late = VerifyUntil(1, "receipt " + a.Receipt(4) + a.by_policy());
  EXPECT_EQ(late.exit, 1) << "the event came when nobody could vouch for it";
  EXPECT_EQ(CountOf(late.out, "the quorum is not reached: it needs 'b'"), 1) << late.out;
  EXPECT_EQ(Verify("receipt " + a.Receipt(1) + a.by_policy()).exit, 0) << "of this one it was reached before";
  EXPECT_EQ(Verify("log " + a.url() + a.by_policy()).exit, 0) << "strangers are shown what was cosigned";
  const Outcome log = VerifyUntil(1, "log " + a.url() + a.by_policy());
  EXPECT_EQ(log.exit, 1) << "but not for ever";
  EXPECT_EQ(CountOf(log.out, "the quorum is not reached: it needs 'b'"), 1) << log.out;
  const std::string said = a.server().log();
  EXPECT_EQ(CountOf(said, "\"event\":\"witness unreachable\",\"witness\":\"b\""), 1) << said;
  EXPECT_EQ(CountOf(said, "\"event\":\"quorum lost\""), 1) << said;

  a.Stop();  // and b has forgotten nothing
  b.Start(a);
  a.Start(b);
  EXPECT_EQ(VerifyUntil(0, "log " + a.url() + a.by_policy()).exit, 0) << a.server().log();
  EXPECT_EQ(VerifyUntil(0, "receipt " + a.Receipt(4) + a.by_policy()).exit, 0);
  EXPECT_EQ(CountOf(a.server().log(), "\"event\":\"quorum reached\""), 1) << a.server().log();
}

}  // namespace
}  // namespace escrow::test
