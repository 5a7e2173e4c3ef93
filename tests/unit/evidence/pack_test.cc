// Evidence packs that are right: what is in them, and that they are always the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "audit/evidence/check.h"
#include "audit/evidence/derived.h"
#include "audit/exports/statement.h"
#include "crypto/hex.h"
#include "crypto/timestamp.h"
#include "support/commands.h"
#include "support/log_export.h"
#include "unit/evidence/shop.h"
#include "unit/exports/programs.h"

namespace escrow::audit::evidence::test {
namespace {

using exports::test::IsInstalled;
using exports::test::Ran;
using exports::test::RunShell;

std::string HashOf(const std::string& bytes) { return crypto::HexEncode(crypto::Sha256Of(bytes)); }

PackReport Check(const Files& files) { return CheckPack(files, LogTrust(), std::nullopt).value(); }

TEST(PackTest, OfEveryAgreementOfTheStoryIsRight) {
  const Shop shop;
  const std::vector<v1::Event> story = audit::test::Parse(StoryWithEvidence());
  for (const char* id : {"first", "second", "third"}) {
    const PackReport report = Check(shop.Make(id));
    EXPECT_EQ(report.wrong, std::nullopt);
    EXPECT_EQ(report.proven.agreement, AgreementName(id));
    std::vector<std::uint64_t> expected;
    for (const v1::Event& event : story) {
      if (event.agreement_id() == id) {
        expected.push_back(event.sequence());
      }
    }
    std::vector<std::uint64_t> found;
    for (const v1::Event& event : report.proven.events) {
      found.push_back(event.sequence());
    }
    EXPECT_EQ(found, expected);
  }
}

// The events of one agreement make a ledger of their own, whatever happened to it: a pack can be made of any.
TEST(PackTest, OfEveryAgreementOfManyOrdersIsRight) {
  const escrow::test::TempFolder folder;
  const audit::test::Entries entries = audit::test::OrdersLog(80);
  escrow::test::WriteLogExport(folder.path() + "/log", entries, escrow::test::LogKey());
  std::size_t packs = 0;
  for (const v1::Event& event : audit::test::Parse(entries)) {
    if (!event.has_agreement_created()) {
      continue;
    }
    const PackOrder order{
        .agreement = event.platform() + "/agreements/" + event.agreement_id(), .documents = {}, .checkpoints = {}};
    const absl::StatusOr<Files> made = MakePack(*OpenSource(folder.path() + "/log").value(), order, LogTrust());
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(Check(*made).wrong, std::nullopt);
    ++packs;
  }
  EXPECT_GE(packs, 70U);  // a few orders are refused
}

TEST(PackTest, TheFilesOfASecondParcel) {
  const Shop shop;
  const Files files = shop.Make("second", {"bill.PDF"}, {"old"});
  const std::string bill = "documents/" + HashOf(kBill) + ".pdf";
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files) {
    names.push_back(name);
  }
  // Created, activated, deposited, funded, confirmed, deemed, released, closed: one of each, so each has its receipt.
  std::vector<std::string> expected = {"README.txt",
                                       "checkpoint",
                                       "checkpoints/20",
                                       "checkpoints/20.consistency",
                                       bill,
                                       "documents.json",
                                       "events.jsonl",
                                       "manifest.json",
                                       "page.html",
                                       "postings.csv",
                                       "request.tsq",
                                       "statement.txt",
                                       "verification.txt"};
  for (const v1::Event& event : audit::test::Parse(StoryWithEvidence())) {
    if (event.agreement_id() == "second") {
      expected.push_back(ReceiptName(event.sequence()));
    }
  }
  std::ranges::sort(names);
  std::ranges::sort(expected);
  EXPECT_EQ(names, expected);
  EXPECT_EQ(files.at(bill), kBill);
  const std::string shipped = std::to_string(PositionOf("second", v1::Event::kConfirmationRecorded));
  EXPECT_EQ(files.at("documents.json"),
            "{\"documents\":[\n"
            "{\"sha256\":\"" +
                HashOf(kBill) + "\",\"kind\":\"document\",\"event\":\"" + shipped +
                "\",\"milestone\":\"parcel\",\"file\":\"" + bill + "\"},\n" + "{\"sha256\":\"" + HashOf(kPhoto) +
                "\",\"kind\":\"photo\",\"event\":\"" + shipped + "\",\"milestone\":\"parcel\",\"file\":null}\n]}\n");
  EXPECT_NE(files.at("verification.txt").find("enclosed are 1 of 2 that events name"), std::string::npos);
  EXPECT_NE(files.at("verification.txt").find("the log begins with the signed one of 20 events"), std::string::npos);
  EXPECT_EQ(files.at("README.txt").substr(0, 53), "Evidence of platforms/shop/agreements/second in the l");
  EXPECT_NE(files.at("page.html").find("<html"), std::string::npos);
}

// Statement and lines are what `report` and `export` make of the whole log.
TEST(PackTest, StatementAndLinesAreThoseOfTheWholeLog) {
  const Shop shop;
  const Files files = shop.Make("first");
  const std::uint64_t last = Check(files).proven.events.back().sequence();
  const std::string through = " --through " + std::to_string(last);
  const std::string log = shop.Path("log");
  EXPECT_EQ(
      RunShell(ESCROW_VERIFY " report statement " + log + " --agreement " + AgreementName("first") + through).output,
      files.at("statement.txt"));
  EXPECT_EQ(RunShell(ESCROW_VERIFY " export " + log + " --format jsonl | grep '\"agreementId\":\"first\"'").output,
            files.at("events.jsonl"));
  EXPECT_EQ(RunShell("{ " ESCROW_VERIFY " export " + log + " --format csv | head -n 1; " ESCROW_VERIFY " export " +
                     log + " --format csv | grep ',first,'; }")
                .output,
            files.at("postings.csv"));
}

TEST(PackTest, IsAlwaysTheSame) {
  const Shop shop;
  const Files files = shop.Make("second", {"photo", "bill.PDF"}, {"old"});
  EXPECT_EQ(shop.Make("second", {"bill.PDF", "photo"}, {"old", "old"}), files);
  // Whose signatures are trusted is not part of it: a policy that asks for the log alone.
  Trust policy;
  policy.policy =
      tlog::Policy::Parse("log " + escrow::test::LogKey().verifier().Format() + " https://log.example\nquorum none\n")
          .value();
  PackOrder order{.agreement = AgreementName("second"),
                  .documents = {shop.Path("bill.PDF"), shop.Path("photo")},
                  .checkpoints = {shop.Path("old")}};
  EXPECT_EQ(MakePack(*OpenSource(shop.Path("log")).value(), order, policy).value(), files);
  EXPECT_EQ(CheckPack(files, policy, std::nullopt).value().wrong, std::nullopt);
}

TEST(PackTest, EachReceiptIsRightAlone) {
  const Shop shop;
  const std::uint64_t released = PositionOf("first", v1::Event::kMilestoneReleased);
  const ReceiptReport report =
      CheckReceipt(shop.Make("first").at(ReceiptName(released)), std::nullopt, LogTrust()).value();
  EXPECT_TRUE(report.right() && report.whole);
  EXPECT_EQ(report.event.sequence(), released);
}

// 1,100 deposits of a cent: no receipt holds such a history, two together do.
TEST(PackTest, HistoriesLongerThanAReceipt) {
  audit::test::Script script = {{escrow::test::Operator(), escrow::test::CreatePlatform(1, "shop")}};
  const v1::Principal principal = escrow::test::PlatformPrincipal("shop");
  script.emplace_back(principal, escrow::test::CreateParty(2, "shop", "buyer"));
  script.emplace_back(principal, escrow::test::CreateParty(3, "shop", "seller"));
  script.emplace_back(principal, escrow::test::CreateParcel(4, "shop", "long"));
  for (std::uint64_t i = 0; i < 1'100; ++i) {
    script.emplace_back(principal, escrow::test::RecordDeposit(100 + i, AgreementName("long"), 1));
  }
  const escrow::test::TempFolder folder;
  const audit::test::Entries entries = audit::test::LogOf(script);
  escrow::test::WriteLogExport(folder.path() + "/log", entries, escrow::test::LogKey());
  const PackOrder order{.agreement = AgreementName("long"), .documents = {}, .checkpoints = {}};
  Files files = MakePack(*OpenSource(folder.path() + "/log").value(), order, LogTrust()).value();
  PackReport report = Check(files);
  ASSERT_EQ(report.wrong, std::nullopt);
  const std::uint64_t last = entries.size();
  const std::uint64_t cut = last - 1'001;  // the last one's history has the 1,000 before it
  EXPECT_GE(report.proven.events.size(), 1'101U);
  EXPECT_TRUE(files.contains(ReceiptName(last)) && files.contains(ReceiptName(cut)));
  const Files whole = files;
  files.erase(ReceiptName(cut));
  EXPECT_EQ(Check(Resealed(files, whole)).wrong, "event " + std::to_string(cut) + ", which event " +
                                                     std::to_string(cut + 1) +
                                                     " names as the one before it, is in no receipt");
}

TEST(PackTest, WhatCannotBeMadeIsRefused) {
  const Shop shop;
  // A log with another history under a checkpoint of the story, and one of another log.
  WriteFile(shop.Path("fork"), escrow::test::CheckpointOf({"a", "b"}, escrow::test::LogKey()));
  WriteFile(shop.Path("longer"), escrow::test::CheckpointOf(std::vector<std::string>(99, "a"), escrow::test::LogKey()));
  WriteFile(shop.Path("text"), "hello\n");
  const std::string second = AgreementName("second");
  struct Row {
    PackOrder order;
    absl::StatusCode code;
    std::string reason;
  };
  const Row kTable[] = {
      {{"second", {}, {}}, absl::StatusCode::kInvalidArgument, "'second' is not platforms/{platform}/agreements/"},
      {{"platforms/shop/parties/buyer", {}, {}}, absl::StatusCode::kInvalidArgument, "is not platforms/{platform}/agr"},
      {{AgreementName("none"), {}, {}}, absl::StatusCode::kNotFound, "there is no platforms/shop/agreements/none"},
      {{second, {shop.Path("other")}, {}},
       absl::StatusCode::kInvalidArgument,
       "/other: no event of platforms/shop/agreements/second names its SHA-256, "},
      {{AgreementName("first"), {shop.Path("photo")}, {}}, absl::StatusCode::kInvalidArgument, "/photo: no event of"},
      {{second, {shop.Path("missing")}, {}}, absl::StatusCode::kNotFound, "missing"},
      {{second, {}, {shop.Path("text")}}, absl::StatusCode::kInvalidArgument, "/text: "},
      {{second, {}, {shop.Path("longer")}}, absl::StatusCode::kInvalidArgument, "/longer has 99 events, the log only "},
      {{second, {}, {shop.Path("fork")}},
       absl::StatusCode::kDataLoss,
       "checkpoints/2: the log is not proven to begin with it: "},
  };
  for (const Row& row : kTable) {
    const absl::StatusOr<Files> made = shop.TryMake(row.order);
    EXPECT_EQ(made.status().code(), row.code) << row.reason << ": " << made.status();
    EXPECT_NE(made.status().message().find(row.reason), std::string::npos) << made.status();
  }
  Trust stranger;
  stranger.keys.push_back(
      tlog::SignerKey::Generate(escrow::test::kLogOrigin, tlog::SignatureType::kEd25519).verifier());
  const auto made = MakePack(*OpenSource(shop.Path("log")).value(), {second, {}, {}}, stranger);
  EXPECT_TRUE(absl::IsDataLoss(made.status()) && std::string(made.status().message()).starts_with("checkpoint: "))
      << made.status();
  std::filesystem::remove_all(shop.Path("log") + "/tile/0");
  EXPECT_EQ(shop.TryMake({second, {}, {}}).status().code(), absl::StatusCode::kNotFound);
}

// ---- the program

class EvidenceCommandTest : public testing::Test {
 protected:
  [[nodiscard]] Ran Verify(const std::string& arguments) const {
    return RunShell("cd " + shop_.Path("") + " && " ESCROW_VERIFY " evidence " + arguments);
  }
  const Shop shop_;
  const std::string key_ = " --vkey '" + escrow::test::LogKey().verifier().Format() + "'";
  const std::string make_ = "make log --agreement " + AgreementName("second") + key_ + " --out ";
};

TEST_F(EvidenceCommandTest, MakesAndChecks) {
  const Ran made = Verify(make_ + "pack --document bill.PDF --document photo --checkpoint old");
  EXPECT_EQ(made.status, 0);
  EXPECT_EQ(made.output, "");
  EXPECT_EQ(ReadFolder(shop_.Path("pack")).value(), shop_.Make("second", {"bill.PDF", "photo"}, {"old"}));
  const Ran checked = Verify("check pack" + key_);
  EXPECT_EQ(checked.status, 0);
  EXPECT_TRUE(checked.output.starts_with(ReadFolder(shop_.Path("pack")).value().at("verification.txt")))
      << "verification.txt is the verifier's own output";
  EXPECT_NE(checked.output.find("signed by   log log.example/escrow\nmanifest    right: "), std::string::npos);
  EXPECT_EQ(Verify("check pack --json" + key_ + " | python3 -m json.tool > /dev/null").output, "");
  WriteFile(shop_.Path("pack/events.jsonl"), "{}\n");
  const Ran wrong = Verify("check pack" + key_);
  EXPECT_EQ(wrong.status, 1);
  EXPECT_TRUE(wrong.output.starts_with("WRONG       events.jsonl is not the file that the manifest lists: "))
      << wrong.output;
  EXPECT_EQ(Verify("check pack --json" + key_ + " | python3 -m json.tool > /dev/null").output, "");
}

TEST_F(EvidenceCommandTest, BadArgumentsAreRefusedWithOneReason) {
  EXPECT_EQ(Verify(make_ + "pack").status, 0);
  std::filesystem::copy(shop_.Path("pack"), shop_.Path("linked"), std::filesystem::copy_options::recursive);
  std::filesystem::create_symlink("/etc/passwd", shop_.Path("linked/documents"));
  struct Row {
    std::string arguments;
    const char* reason;
  };
  const Row kTable[] = {
      {"make log --out x", "--agreement is required"},
      {"make log --out x --agreement " + AgreementName("second"), "a pack needs --vkey or --policy"},
      {make_ + "pack", "pack exists; it is not overwritten"},
      {make_ + "no/such/folder", "cannot make no/such/folder: No such file or directory"},
      {make_ + "x --document other", "other: no event of platforms/shop/agreements/second names its SHA-256"},
      {"check pack", "a pack needs --vkey or --policy"},
      {"check nowhere" + key_, "nowhere is no folder"},
      {"check linked" + key_, "documents is neither a file nor a folder"},
      {"check pack --tsa-ca missing" + key_, "missing"},
      {"", "subcommand is required"},
  };
  for (const Row& row : kTable) {
    const Ran ran = Verify(row.arguments);
    EXPECT_EQ(ran.status, 2) << row.arguments;
    EXPECT_NE(ran.output.find(row.reason), std::string::npos) << row.arguments << ": " << ran.output;
  }
  EXPECT_FALSE(std::filesystem::exists(shop_.Path("x")));
}

// ---- time-stamps, with the openssl program as the other side

class TimestampTest : public EvidenceCommandTest {
 protected:
  void SetUp() override {
    if (!IsInstalled("openssl")) {
      GTEST_SKIP() << "the program openssl is not installed";
    }
    WriteFile(shop_.Path("ca.cnf"),
              "[tsa]\ndefault_tsa = own\n[own]\nserial = ./serial\ncrypto_device = builtin\nsigner_cert = ./tsa.pem\n"
              "signer_key = ./tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\n"
              "[ext]\nextendedKeyUsage = critical,timeStamping\n");
    for (const char* command : {
             "openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 3",
             "openssl req -x509 -newkey ed25519 -nodes -keyout other.key -out other.pem -subj /CN=other -days 3",
             "openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa",
             "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3 -extfile ca.cnf "
             "-extensions ext -out tsa.pem",
             "echo 01 > serial",
         }) {
      const Ran ran = RunShell("cd " + shop_.Path("") + " && " + command);
      ASSERT_EQ(ran.status, 0) << ran.output;
    }
    ASSERT_EQ(Verify(make_ + "pack").status, 0);
    ASSERT_EQ(Reply("pack/request.tsq", "pack/response.tsr").status, 0);
  }

  [[nodiscard]] Ran Reply(const std::string& request, const std::string& reply) const {
    return RunShell("cd " + shop_.Path("") + " && openssl ts -reply -config ca.cnf -queryfile " + request + " -out " +
                    reply);
  }
};

TEST_F(TimestampTest, TheRequestIsOneForTheManifest) {
  const Ran ran = RunShell("openssl ts -query -text -in " + shop_.Path("pack/request.tsq"));
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.output.find("Hash Algorithm: sha256"), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("Certificate required: yes"), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("Nonce: 0x"), std::string::npos) << ran.output;
  const Ran verified = RunShell("cd " + shop_.Path("pack") +
                                " && openssl ts -verify -data manifest.json -in response.tsr -CAfile ../ca.pem");
  EXPECT_EQ(verified.status, 0) << verified.output;
}

TEST_F(TimestampTest, AReplyIsChecked) {
  const Ran unchecked = Verify("check pack" + key_);
  EXPECT_EQ(unchecked.status, 0) << unchecked.output;
  EXPECT_NE(unchecked.output.find("\ntime-stamp  20"), std::string::npos) << unchecked.output;
  EXPECT_NE(unchecked.output.find("who signed the time-stamp was not checked"), std::string::npos);
  const Ran checked = Verify("check pack --tsa-ca ca.pem" + key_);
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_NE(checked.output.find("Z, signed as --tsa-ca demands\n"), std::string::npos) << checked.output;

  const Ran stranger = Verify("check pack --tsa-ca other.pem" + key_);
  EXPECT_EQ(stranger.status, 1);
  EXPECT_NE(stranger.output.find("response.tsr: its signature does not hold: certificate verify error"),
            std::string::npos)
      << stranger.output;
  EXPECT_EQ(Verify("check pack --tsa-ca other" + key_).status, 2) << "no certificate in it";
}

TEST_F(TimestampTest, RepliesToSomethingElseAreNamed) {
  const Files files = ReadFolder(shop_.Path("pack")).value();
  const crypto::Digest manifest = crypto::Sha256Of(files.at("manifest.json"));
  struct Row {
    std::string request;
    const char* reason;
  };
  const Row kTable[] = {
      {crypto::MakeTimestampRequest(crypto::Sha256Of("x"), "12345678"), "response.tsr: it is a time-stamp of SHA-256 "},
      {crypto::MakeTimestampRequest(manifest, "12345678"),
       "response.tsr: it is a reply to another request: the nonce differs"},
      {"hello", "response.tsr: the authority granted no time-stamp: status 2"},
  };
  for (const Row& row : kTable) {
    WriteFile(shop_.Path("query"), row.request);
    static_cast<void>(Reply("query", "pack/response.tsr"));
    const Ran ran = Verify("check pack" + key_);
    EXPECT_EQ(ran.status, 1);
    EXPECT_NE(ran.output.find(row.reason), std::string::npos) << ran.output;
  }
  WriteFile(shop_.Path("pack/response.tsr"), "hello");
  EXPECT_EQ(Verify("check pack" + key_).output, "WRONG       response.tsr: it is no time-stamp reply of RFC 3161\n");
  // A reply of which one byte of the signature differs.
  ASSERT_EQ(Reply("pack/request.tsq", "pack/response.tsr").status, 0);
  std::string reply = ReadFolder(shop_.Path("pack")).value().at("response.tsr");
  reply[reply.size() - 20] ^= 1;
  WriteFile(shop_.Path("pack/response.tsr"), reply);
  const Ran forged = Verify("check pack --tsa-ca ca.pem" + key_);
  EXPECT_EQ(forged.status, 1);
  EXPECT_NE(forged.output.find("response.tsr: its signature does not hold: "), std::string::npos) << forged.output;
}

}  // namespace
}  // namespace escrow::audit::evidence::test
