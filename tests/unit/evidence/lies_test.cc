// Packs that are lies: every file changed, removed, added; and with a manifest that fits the lie, what is proven still
// says something else.

#include <gtest/gtest.h>

#include <functional>

#include "audit/evidence/check.h"
#include "audit/evidence/derived.h"
#include "crypto/hex.h"
#include "crypto/timestamp.h"
#include "support/log_export.h"
#include "unit/evidence/shop.h"

namespace escrow::audit::evidence::test {
namespace {

using Lie = std::function<void(Files&)>;

std::string Wrong(const Files& files) {
  return CheckPack(files, LogTrust(), std::nullopt).value().wrong.value_or("right");
}

void ExpectWrong(const Files& files, const std::string& reason, const std::string& what) {
  const std::string wrong = Wrong(files);
  EXPECT_NE(wrong.find(reason), std::string::npos) << what << ": " << wrong;
}

// Replaces the first `from` of a file, which must be there.
Lie Replace(const std::string& name, const std::string& from, const std::string& to) {
  return [=](Files& files) {
    std::string& text = files.at(name);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << name << " has no " << from;
    text.replace(at, from.size(), to);
  };
}

// Takes the line away that has `part`.
Lie TakeLine(const std::string& name, const std::string& part) {
  return [=](Files& files) {
    std::string& text = files.at(name);
    const std::size_t at = text.find(part);
    ASSERT_NE(at, std::string::npos) << name << " has no " << part;
    const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at) + 1;
    text.erase(begin, text.find('\n', at) + 1 - begin);
  };
}

Lie Remove(const std::string& name) {
  return [=](Files& files) { ASSERT_EQ(files.erase(name), 1U) << name; };
}

Lie Set(const std::string& name, const std::string& bytes) {
  return [=](Files& files) { files[name] = bytes; };
}

class LiesTest : public testing::Test {
 protected:
  const Shop shop_;
  const Files files_ = shop_.Make("first");
  const Files second_ = shop_.Make("second", {"bill.PDF"}, {"old"});
};

TEST_F(LiesTest, EveryFileChangedOrRemovedIsNamed) {
  for (const auto& [name, bytes] : second_) {
    const bool listed = name != "manifest.json" && name != "request.tsq";
    Files changed = second_;
    changed[name][bytes.size() / 2] ^= 1;
    const std::string reason = name == "request.tsq"     ? "request.tsq"
                               : name == "manifest.json" ? "manifest"
                                                         : name + " is not the file that the manifest lists: ";
    ExpectWrong(changed, reason, name);
    Files longer = second_;
    longer[name] += ' ';
    ExpectWrong(longer, listed ? reason : name, name + " with a byte more");
    Files removed = second_;
    removed.erase(name);
    EXPECT_EQ(Wrong(removed), name + (listed ? " is in the manifest and not in the folder" : " is missing"));
  }
  Files surplus = second_;
  surplus["documents/0"] = "";
  EXPECT_EQ(Wrong(surplus), "documents/0 is in the folder and not in the manifest");
  surplus = second_;
  surplus["notes.txt"] = "";
  EXPECT_EQ(Wrong(surplus), "notes.txt is no file of an evidence pack");
}

// Wherever a byte of any file is changed, and the manifest made to fit.
TEST_F(LiesTest, EveryFileChangedIsWrongUnderAManifestThatFits) {
  for (const auto& [name, bytes] : second_) {
    if (name == "manifest.json" || name == "request.tsq") {
      continue;
    }
    for (std::size_t i = 0; i <= 8; ++i) {
      Files changed = second_;
      const std::size_t at = (bytes.size() - 1) * i / 8;
      changed[name][at] ^= 1;
      EXPECT_NE(Wrong(Resealed(changed, second_)), "right") << name << " at " << at;
    }
  }
}

TEST_F(LiesTest, EveryByteOfTheManifestCounts) {
  const std::string& manifest = second_.at("manifest.json");
  for (std::size_t i = 0; i < manifest.size(); i += 17) {
    Files changed = second_;
    changed["manifest.json"][i] ^= 2;
    EXPECT_NE(Wrong(changed), "right") << i;
    changed["request.tsq"] = RequestFor(changed["manifest.json"]);
    EXPECT_NE(Wrong(changed), "right") << i << ", with a request that fits";
  }
  for (std::size_t i = 0; i < second_.at("request.tsq").size(); ++i) {
    Files changed = second_;
    changed["request.tsq"][i] ^= 1;
    ExpectWrong(changed, "request.tsq", std::to_string(i));
  }
}

// The first parcel's release is event 27: 99.99 of custody. The manifest always fits.
TEST_F(LiesTest, WhatIsProvenSaysOtherwise) {
  const auto released = PositionOf("first", v1::Event::kMilestoneReleased);
  const auto deposited = PositionOf("first", v1::Event::kDepositRecorded, 2);
  const auto requested = PositionOf("first", v1::Event::kPayoutRequested, 2);
  const auto of_second = PositionOf("second", v1::Event::kMilestoneReleased);
  const std::string last = ReceiptName(requested);
  const std::string before_last = ReceiptName(PositionOf("first", v1::Event::kPayoutRequested));
  const std::string receipt = ReceiptName(released);
  const std::string foreign = ReceiptName(of_second);
  const std::string named = "\"sequence\":\"" + std::to_string(deposited) + "\"";
  struct Row {
    const char* what;
    Lie lie;
    std::string reason;
  };
  const Row kTable[] = {
      {"an event left out", TakeLine("events.jsonl", named), "events.jsonl: line 6 says \""},
      {"the last event left out", TakeLine("events.jsonl", "\"sequence\":\"" + std::to_string(requested) + "\""),
       "events.jsonl: line 14 is missing: "},
      {"an event more", [](Files& files) { files["events.jsonl"] += "{}\n"; },
       "events.jsonl: line 15 is too much: \"{} \""},
      {"another amount in an event", Replace("events.jsonl", "\"minorUnits\":\"9719\"", "\"minorUnits\":\"9791\""),
       "\"9791"},
      {"another amount in the statement", Replace("statement.txt", "149.98", "149.89"),
       "statement.txt: line 7 says \""},
      {"a posting left out", TakeLine("postings.csv", "payable"), "postings.csv: line "},
      {"another amount on the page", Replace("page.html", "99.99 EUR", "99.98 EUR"), "page.html: line "},
      {"the verifier said something else", Replace("verification.txt", "right", "Right"), "verification.txt: line "},
      {"another command in the README", Replace("README.txt", "escrow-verify evidence check", "other-program check"),
       "README.txt: line 5 says \"    other-program check . --vkey KEY \""},
      {"a receipt of another event", [=](Files& files) { files[receipt] = files.at(ReceiptName(deposited)); },
       receipt + " is the receipt of event " + std::to_string(deposited)},
      {"a receipt of another agreement", Set(foreign, second_.at(foreign)),
       "is of another agreement, platforms/shop/agr"},
      {"another agreement's in its place", Set(receipt, second_.at(foreign)),
       receipt + " is the receipt of event " + std::to_string(of_second)},
      {"a needed receipt left out", Remove(receipt), receipt + " is missing"},
      {"the newest receipt left out: then it ends before, with another payout", Remove(last),
       before_last + " is missing"},
      {"a receipt without a number", Set("receipts/x.tlog-proof", files_.at(receipt)), " is not named after an event"},
      {"a receipt with a longer number",
       Set("receipts/0" + std::to_string(released) + ".tlog-proof", files_.at(receipt)),
       " is not named after an event"},
      {"a receipt that is none", Set(receipt, "hello\n"), receipt + ": "},
      {"a checkpoint that is none", Set("checkpoint", "hello\n"), "checkpoint: "},
      {"a checkpoint that nobody signed",
       [](Files& files) { files["checkpoint"][files["checkpoint"].size() - 10] ^= 1; }, "checkpoint: "},
      {"an older checkpoint in its place", Set("checkpoint", second_.at("checkpoints/20")),
       " has another checkpoint than the pack"},
      {"a document that nobody named", Set("documents/" + crypto::HexEncode(crypto::Sha256Of("x")), "x"),
       ": no event of platforms/shop/agreements/first names its SHA-256"},
      {"a document under another hash", Set("documents/" + std::string(64, '0'), kBill), " has SHA-256 "},
      {"a list of documents that says more", Replace("documents.json", "[\n]", "[\n{\"sha256\":\"00\"}\n]"),
       "documents.json: line 2 says "},
      {"a file that no pack has", Set("notes.txt", "hello"), "notes.txt is no file of an evidence pack"},
  };
  for (const Row& row : kTable) {
    Files files = files_;
    row.lie(files);
    ExpectWrong(Resealed(files, files_), row.reason, row.what);
  }
}

TEST_F(LiesTest, DocumentsAndOlderCheckpoints) {
  const std::string bill = "documents/" + crypto::HexEncode(crypto::Sha256Of(kBill));
  const std::string fork = escrow::test::CheckpointOf(std::vector<std::string>(20, "a"), escrow::test::LogKey());
  const std::string other_key =
      tlog::FormatNote(tlog::SignCheckpoint({.origin = "another.log", .size = 20, .root = {}, .extensions = {}},
                                            tlog::SignerKey::Generate("another.log", tlog::SignatureType::kEd25519))
                           .note);
  struct Row {
    const char* what;
    Lie lie;
    std::string reason;
  };
  const Row kTable[] = {
      {"a document changed", Replace(bill + ".pdf", "100.00", "900.00"), bill + ".pdf has SHA-256 "},
      {"a document twice", Set(bill, kBill), " are the same document"},
      {"a document left out, but listed", Remove(bill + ".pdf"), "documents.json: line 2 says "},
      {"an older checkpoint of another history", Set("checkpoints/20", fork),
       "checkpoints/20: the log is not proven to begin with it: "},
      {"an older checkpoint of another log", Set("checkpoints/20", other_key), "checkpoints/20: "},
      {"an older checkpoint under another size",
       [](Files& files) {
         files["checkpoints/21"] = files["checkpoints/20"];
         files["checkpoints/21.consistency"] = files["checkpoints/20.consistency"];
       },
       "checkpoints/21: it is of size 20"},
      {"no proof beside it", Remove("checkpoints/20.consistency"), "checkpoints/20.consistency is missing"},
      {"a proof alone", Remove("checkpoints/20"), "checkpoints/20 is missing"},
      {"a proof with a hash less", [](Files& files) { files["checkpoints/20.consistency"].resize(45); },
       "checkpoints/20: the log is not proven to begin with it: the proof has 1 hash,"},
      {"a proof that is none", Set("checkpoints/20.consistency", "hello\n"),
       "checkpoints/20: line 1 of its proof of consistency is no hash in base 64"},
      {"no size", Set("checkpoints/x", "hello\n"), "checkpoints/x is not named after a size"},
      {"left out, both",
       [](Files& files) {
         files.erase("checkpoints/20");
         files.erase("checkpoints/20.consistency");
       },
       "verification.txt: line 7 says "},
  };
  for (const Row& row : kTable) {
    Files files = second_;
    row.lie(files);
    ExpectWrong(Resealed(files, second_), row.reason, row.what);
  }
}

TEST_F(LiesTest, TheReceiptsOfAnotherAgreementUnderTheSameFiles) {
  Files files = files_;
  std::erase_if(files, [](const auto& file) { return IsIn(file.first, kReceipts); });
  for (const auto& [name, bytes] : second_) {
    if (IsIn(name, kReceipts)) {
      files.emplace(name, bytes);
    }
  }
  ExpectWrong(Resealed(files, files_), "README.txt: line 1 says \"atforms/shop/agreements/first in ", "all receipts");
}

TEST_F(LiesTest, RequestsAndReplies) {
  const std::string& manifest = files_.at("manifest.json");
  Files files = files_;
  files["request.tsq"] = second_.at("request.tsq");
  EXPECT_EQ(Wrong(files), "request.tsq asks for a time-stamp of SHA-256 " +
                              crypto::HexEncode(crypto::Sha256Of(second_.at("manifest.json"))) +
                              "; manifest.json has " + crypto::HexEncode(crypto::Sha256Of(manifest)));
  files["request.tsq"] = crypto::MakeTimestampRequest(crypto::Sha256Of(manifest), "12345678");
  ExpectWrong(files, "request.tsq is not as this format has it", "another nonce");
  files["request.tsq"] = "hello";
  EXPECT_EQ(Wrong(files), "request.tsq: it is no time-stamp request of RFC 3161");
  files = files_;
  files["response.tsr"] = files.at("request.tsq");
  ExpectWrong(files, "response.tsr: ", "a request for a reply");
}

TEST_F(LiesTest, SignaturesOfStrangersDoNotCount) {
  Trust stranger;
  stranger.keys.push_back(
      tlog::SignerKey::Generate(escrow::test::kLogOrigin, tlog::SignatureType::kEd25519).verifier());
  const PackReport report = CheckPack(files_, stranger, std::nullopt).value();
  EXPECT_EQ(report.wrong.value_or("right").substr(0, 12), "checkpoint: ");
  EXPECT_EQ(CheckPack(files_, Trust(), std::nullopt).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace escrow::audit::evidence::test
