// Receipts and checkpoints that are checked alone, and whose signatures count.

#include "audit/receipt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "audit/receipt_page.h"
#include "audit/receipt_words.h"
#include "base/assert.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "escrow/v1/receipt.pb.h"
#include "publish/public_log.h"
#include "publish/receipt.h"
#include "support/log_export.h"
#include "support/temp_folder.h"
#include "tlog/cosignature.h"
#include "tlog/proof.h"
#include "tlog/tlog_proof.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using escrow::test::CheckpointOf;
using escrow::test::LogKey;

// The hashes of a small tree, computed when they are asked for.
class Tree final : public tlog::HashReader {
 public:
  explicit Tree(const Entries& entries) : entries_(entries) {}
  [[nodiscard]] absl::StatusOr<std::vector<tlog::Hash>> ReadHashes(std::span<const tlog::NodeId> nodes) override {
    std::vector<tlog::Hash> hashes;
    for (const tlog::NodeId& node : nodes) {
      tlog::CompactRange range;
      for (std::uint64_t i = node.index << node.level; i < (node.index + 1) << node.level; ++i) {
        range.Append(hasher_.Leaf(entries_.at(i)), hasher_);
      }
      hashes.push_back(range.Root(hasher_));
    }
    return hashes;
  }

 private:
  const Entries& entries_;
  tlog::TreeHasher hasher_;
};

tlog::TlogProof ProofOf(const Entries& entries, std::uint64_t index, const std::string& extra) {
  Tree tree(entries);
  return {.extra = extra,
          .index = index,
          .hashes = tlog::BuildInclusionProof(index, entries.size(), tree).value(),
          .checkpoint = tlog::ParseSignedCheckpoint(CheckpointOf(entries, LogKey())).value()};
}

// What is wrong; "right", or what made it unusable.
std::string Said(const std::string& proof, const std::optional<std::string>& entry, const Trust& trust) {
  const absl::StatusOr<ReceiptReport> report = CheckReceipt(proof, entry, trust);
  if (!report.ok()) {
    return "unusable: " + std::string(report.status().message());
  }
  return report->wrong ? *report->wrong : report->checkpoint.wrong ? *report->checkpoint.wrong : "right";
}

Trust LogTrust() { return {.keys = {LogKey().verifier()}, .policy = {}}; }

// A receipt as the server makes it, taken apart so that it can be made a lie.
struct Parts {
  tlog::TlogProof proof;
  v1::Receipt receipt;

  [[nodiscard]] std::string Bytes() const {
    tlog::TlogProof whole = proof;
    whole.extra = receipt.SerializeAsString();
    return tlog::FormatTlogProof(whole);
  }
};

void Flip(char& byte) { byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U); }

// Receipts of a log.
class Office {
 public:
  explicit Office(const Entries& entries)
      : checkpoint_(tlog::ParseSignedCheckpoint(CheckpointOf(entries, LogKey())).value()),
        log_(publish::PublicLog::Open(folder_.path()).value()) {
    for (const std::string& entry : entries) {
      log_->Append(entry);
    }
    ESCROW_ASSERT(log_->Flush().ok());
  }

  [[nodiscard]] Parts Of(std::uint64_t sequence) const {
    Parts parts{.proof = publish::MakeReceipt(*log_, checkpoint_, sequence)->proof, .receipt = {}};
    ESCROW_ASSERT(parts.receipt.ParseFromString(parts.proof.extra));
    return parts;
  }

 private:
  const escrow::test::TempFolder folder_;
  const tlog::SignedCheckpoint checkpoint_;
  const std::unique_ptr<publish::PublicLog> log_;
};

// The n-th event, from 0, of this kind.
std::uint64_t SequenceOf(const std::vector<v1::Event>& events, v1::Event::FactCase fact, std::size_t n) {
  for (const v1::Event& event : events) {
    if (event.fact_case() == fact && n-- == 0) {
      return event.sequence();
    }
  }
  ADD_FAILURE() << "no such event";
  return 0;
}

ReceiptReport ReportOn(const std::string& bytes) { return CheckReceipt(bytes, std::nullopt, LogTrust()).value(); }

std::string PageOf(const Office& office, std::uint64_t sequence) {
  const std::string bytes = office.Of(sequence).Bytes();
  return RenderReceiptPage(ReportOn(bytes), bytes);
}

TEST(ReceiptTest, EachEventHasOneAndAPage) {
  for (const Entries& log : {LogOf(ShopStory(9'999)), OrdersLog(20)}) {
    const Office office(log);
    for (std::uint64_t sequence = 1; sequence <= log.size(); ++sequence) {
      ASSERT_EQ(Said(office.Of(sequence).Bytes(), std::nullopt, LogTrust()), "right") << sequence;
      ASSERT_TRUE(PageOf(office, sequence).ends_with("</html>\n")) << sequence;
    }
  }
}

TEST(ReceiptTest, TheEntryMayBeGivenBesideAProofOfOthers) {
  const Entries log = LogOf(ShopStory(9'999));
  const std::string good = tlog::FormatTlogProof(ProofOf(log, 12, "words of theirs"));
  EXPECT_EQ(Said(good, log[12], LogTrust()), "right");
  EXPECT_EQ(Said(good, std::nullopt, LogTrust()), "the extra data are no escrow.v1.Receipt");
  EXPECT_TRUE(Said(good, log[11], LogTrust()).starts_with("event 13: it is not proven to be in the log: "));
  Entries repeated = log;  // a log that holds its event 13 a second time, as leaf 13, and proves it truly
  repeated[13] = log[12];
  EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(repeated, 13, "")), log[12], LogTrust()), "leaf 13 holds event 13");
  EXPECT_EQ(Said(tlog::FormatTlogProof(ProofOf(log, 12, "")), std::nullopt, LogTrust()),
            "unusable: the proof carries no receipt, and no entry is given beside it");
  EXPECT_TRUE(Said("hello", std::nullopt, LogTrust()).starts_with("unusable: "));
}

// The second parcel: its shipment is confirmed and its receipt deemed.
class ReleaseTest : public testing::Test {
 protected:
  [[nodiscard]] const v1::Event& At(std::uint64_t sequence) const { return events_.at(sequence - 1); }

  const Entries log_ = LogOf(ShopStory(9'999));
  const std::vector<v1::Event> events_ = Parse(log_);
  const Office office_{log_};
  const std::uint64_t deemed_ = SequenceOf(events_, v1::Event::kConfirmationDeemed, 0);
  const std::uint64_t release_ = SequenceOf(events_, v1::Event::kMilestoneReleased, 1);
  const std::uint64_t shipped_ = At(deemed_).confirmation_deemed().start_sequence();
};

TEST_F(ReleaseTest, IsExplained) {
  const std::string bytes = office_.Of(release_).Bytes();
  const ReceiptReport report = ReportOn(bytes);
  ASSERT_TRUE(report.right() && report.whole);
  ASSERT_EQ(report.grounds.size(), 2U);
  EXPECT_EQ(report.grounds[0].sequence, shipped_);
  EXPECT_EQ(report.grounds[1].sequence, deemed_);
  const std::string page = RenderReceiptPage(report, bytes);
  // The shop's clock stands at 1,600,000,000 s, 2020-09-13 12:26:40, when the parcel is shipped; three days later its
  // receipt counts as confirmed. 10,000 minor units of EUR are 100.00.
  const std::string kFound[] = {
      "Receipt: 100.00 EUR of milestone parcel released: all that the agreement asks to be confirmed was "
      "confirmed</h1>",
      "<tr><th>Agreement</th><td>second</td></tr>",
      "<tr><th>Party, buyer</th><td>buyer</td></tr>",
      "<tr><th>Party, seller</th><td>seller</td></tr>",
      "<tr><th>custody of milestone parcel</th><td class=\"number\">-100.00 EUR</td></tr>",
      "<tr><th>payable to seller</th><td class=\"number\">100.00 EUR</td></tr>",
      "<td>shipment of milestone parcel confirmed by seller as seller</td><td>asked for by platform shop</td>",
      "deemed by a timer: event " + std::to_string(shipped_) +
          " at 2020-09-13 12:26:40 UTC + 3 days = deadline 2020-09-16 12:26:40 UTC",
      "The rules that were applied have version 1.",
      "<td>100.00 EUR came in, deposit deposit-13</td>",
      "<td>receipt of milestone parcel by the buyer counts as confirmed: its timer expired</td>",
      "<tr><th>Events in the log when it was signed</th><td>" + std::to_string(log_.size()) + "</td></tr>",
      "<td>log log.example/escrow</td>",
      "<pre>" + report.checkpoint.origin + "\n" + std::to_string(log_.size()) + "\n",
      "base64," + crypto::Base64Encode(bytes) + "\"",
  };
  for (const std::string& text : kFound) {
    EXPECT_NE(page.find(text), std::string::npos) << text << "\n" << page;
  }
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("http:"), std::string::npos);
}

// The sides on which the page puts the hashes lead to the root: the recipe of the page, done by hand.
TEST_F(ReleaseTest, TheRecipeOfThePageWorks) {
  for (std::uint64_t sequence = 1; sequence <= log_.size(); ++sequence) {
    const std::string page = PageOf(office_, sequence);
    tlog::TreeHasher hasher;
    tlog::Hash have = hasher.Leaf(log_[sequence - 1]);
    constexpr std::string_view kBefore = "<tr><th>Hash, ";
    for (std::size_t at = page.find(kBefore); at != std::string::npos; at = page.find(kBefore, at + 1)) {
      const bool left = page.compare(at + kBefore.size(), 4, "left") == 0;
      const std::size_t digits = page.find("\"hash\">", at) + 7;
      tlog::Hash hash{};
      std::ranges::copy(*crypto::HexDecode(page.substr(digits, 64)), hash.begin());
      have = left ? hasher.Node(hash, have) : hasher.Node(have, hash);
    }
    EXPECT_NE(page.find("Compare the result with the root: " + crypto::HexEncode(have)), std::string::npos) << sequence;
  }
}

TEST_F(ReleaseTest, LiesOfWhoeverHandsItOverAreNamed) {
  const Office other(LogOf(ShopStory(5'000)));  // the same events but for amounts
  const Parts foreign = other.Of(release_);
  const std::string release = "event " + std::to_string(release_);
  const std::string deemed = "event " + std::to_string(deemed_);
  const std::string unproven = ": it is not proven to be in the log: ";
  const int size = office_.Of(release_).receipt.history_size();
  ASSERT_GE(size, 5);  // deemed, shipped, funded, deposit, ..., created
  const int last = size - 1;
  const auto history = [&](int position) {
    v1::Event event;
    EXPECT_TRUE(event.ParseFromString(office_.Of(release_).receipt.history(position).event()));
    return "event " + std::to_string(event.sequence());
  };
  struct Row {
    std::string says;  // how the complaint begins
    std::function<void(Parts&)> lie;
  };
  const Row kTable[] = {
      {"right", [](Parts&) {}},
      {release + unproven, [](Parts& p) { Flip(p.receipt.mutable_event()->back()); }},
      {release + unproven, [&](Parts& p) { p.receipt.set_event(log_[deemed_ - 1]); }},
      {release + unproven, [](Parts& p) { p.receipt.clear_event(); }},
      {release + unproven, [](Parts& p) { p.proof.hashes.front()[0] ^= 1; }},
      {release + unproven + "the proof has ", [](Parts& p) { p.proof.hashes.pop_back(); }},
      {release + unproven + "the proof has ", [](Parts& p) { p.proof.hashes.push_back(p.proof.hashes.back()); }},
      {deemed + unproven, [](Parts& p) { --p.proof.index; }},
      {release + unproven, [&](Parts& p) { p.proof.checkpoint = foreign.proof.checkpoint; }},
      {deemed + unproven, [](Parts& p) { Flip(p.receipt.mutable_history(0)->mutable_hashes(0)->front()); }},
      {deemed + unproven + "the proof has ", [](Parts& p) { p.receipt.mutable_history(0)->clear_hashes(); }},
      {deemed + unproven + "the proof has ",
       [](Parts& p) { p.receipt.mutable_history(0)->add_hashes(std::string(32, 'a')); }},
      {"history[0], " + deemed + ": a hash has 31 bytes and must have 32",
       [](Parts& p) { p.receipt.mutable_history(0)->mutable_hashes(0)->pop_back(); }},
      {history(last) + unproven, [&](Parts& p) { *p.receipt.mutable_history(last) = foreign.receipt.history(last); }},
      {"history[0], " + deemed + ": the entry is no escrow.v1.Event",
       [](Parts& p) { p.receipt.mutable_history(0)->set_event("hello"); }},
      {"history[0], " + deemed + ": ", [](Parts& p) { p.receipt.mutable_history(0)->clear_event(); }},
      {"the history ends with " + release + " and lacks " + deemed, [](Parts& p) { p.receipt.clear_history(); }},
      {"the history ends with " + history(last - 1) + " and lacks " + history(last),
       [](Parts& p) { p.receipt.mutable_history()->RemoveLast(); }},
      {"history[1] is " + history(2) + " and must be " + history(1) + ", which " + deemed + " names",
       [](Parts& p) { p.receipt.mutable_history()->DeleteSubrange(1, 1); }},
      {"history[0] is " + history(1) + " and must be " + deemed,
       [](Parts& p) { p.receipt.mutable_history()->SwapElements(0, 1); }},
      {"history[" + std::to_string(size) + "]: there is an event more, although " + history(last) + " is the first",
       [last](Parts& p) { *p.receipt.add_history() = p.receipt.history(last); }},
      {"history[1] is " + deemed + " and must be " + history(1),
       [](Parts& p) { *p.receipt.mutable_history(1) = p.receipt.history(0); }},
      {"the receipt: the contract does not know field 3",
       [](Parts& p) { p.receipt.GetReflection()->MutableUnknownFields(&p.receipt)->AddVarint(3, 1); }},
      {"the receipt: the contract does not know history: field 7",
       [](Parts& p) {
         v1::ProvenEvent& proven = *p.receipt.mutable_history(2);
         proven.GetReflection()->MutableUnknownFields(&proven)->AddLengthDelimited(7, "x");
       }},
      {"the history has 1001 events, more than 1000",
       [](Parts& p) {
         while (p.receipt.history_size() < 1'001) {
           p.receipt.add_history();
         }
       }},
  };
  for (const Row& row : kTable) {
    Parts parts = office_.Of(release_);
    row.lie(parts);
    const std::string said = Said(parts.Bytes(), std::nullopt, LogTrust());
    EXPECT_TRUE(said.starts_with(row.says)) << said << "\n" << row.says;
  }
  tlog::TlogProof twice = office_.Of(release_).proof;
  twice.extra += std::string("\x12\x02\x0a\x00", 4);  // one more event of the history, whose empty bytes are said
  EXPECT_EQ(Said(tlog::FormatTlogProof(twice), std::nullopt, LogTrust()),
            "the receipt is not in its shortest encoding");
  Parts unsigned_parts = office_.Of(release_);
  Flip(unsigned_parts.proof.checkpoint.note.signatures[0].bytes[0]);
  EXPECT_NE(Said(unsigned_parts.Bytes(), std::nullopt, LogTrust()), "right");
}

TEST_F(ReleaseTest, LiesOfTheLogItselfAreNamed) {
  const std::uint64_t elsewhere = SequenceOf(events_, v1::Event::kConfirmationRecorded, 0);  // of the first parcel
  const std::string release = "event " + std::to_string(release_);
  const std::string deemed = "event " + std::to_string(deemed_);
  struct Row {
    std::string says;
    std::function<void(v1::Event& release, v1::Event& deemed)> lie;
  };
  const std::string rests = "the confirmation that " + release + " rests on, ";
  const Row kTable[] = {
      {"right", [](v1::Event&, v1::Event&) {}},
      {rests + "event 1, is not in the history",
       [](v1::Event& r, v1::Event&) { r.mutable_milestone_released()->set_confirmation_sequences(0, 1); }},
      {rests + "event " + std::to_string(elsewhere) + ", is not in the history",
       [&](v1::Event& r, v1::Event&) { r.mutable_milestone_released()->set_confirmation_sequences(0, elsewhere); }},
      {rests + release + ", is no confirmation of its milestone",
       [&](v1::Event& r, v1::Event&) { r.mutable_milestone_released()->set_confirmation_sequences(1, release_); }},
      {rests + deemed + ", is no confirmation of its milestone",
       [](v1::Event&, v1::Event& d) { d.mutable_confirmation_deemed()->set_milestone_index(1); }},
      {deemed + ": its effective time is not when its timer expires",
       [](v1::Event&, v1::Event& d) { d.mutable_effective_time()->set_seconds(d.effective_time().seconds() - 1); }},
      {deemed + ": the event that started the timer is not named",
       [](v1::Event&, v1::Event& d) { d.mutable_confirmation_deemed()->clear_start_sequence(); }},
      {deemed + ": event 1, which started its timer, is not in the history",
       [](v1::Event&, v1::Event& d) { d.mutable_confirmation_deemed()->set_start_sequence(1); }},
      {deemed + ": the agreement has no timer by which this counts as confirmed",
       [](v1::Event&, v1::Event& d) { d.mutable_confirmation_deemed()->clear_requirement_index(); }},
      {deemed + ": the agreement has no timer by which this counts as confirmed",
       [](v1::Event&, v1::Event& d) { d.mutable_confirmation_deemed()->set_requirement_index(2); }},
      {"event " + std::to_string(elsewhere) + " is named by " + release + ", but is about another agreement",
       [&](v1::Event& r, v1::Event&) { r.set_previous_sequence(elsewhere); }},
      {"event 1 is named by " + release + ", but is about another platform",
       [](v1::Event& r, v1::Event&) { r.set_previous_sequence(1); }},
      {release + " names " + release + " as the one before it",
       [&](v1::Event& r, v1::Event&) { r.set_previous_sequence(release_); }},
      {release + " is the first of its agreement and does not create it",
       [](v1::Event& r, v1::Event&) { r.clear_previous_sequence(); }},
  };
  for (const Row& row : kTable) {
    std::vector<v1::Event> events = events_;
    row.lie(events[release_ - 1], events[deemed_ - 1]);
    const std::string said = Said(Office(Serialise(events)).Of(release_).Bytes(), std::nullopt, LogTrust());
    EXPECT_TRUE(said.starts_with(row.says)) << said << "\n" << row.says;
  }
}

// Payouts that belong to no agreement are linked among themselves.
TEST_F(ReleaseTest, APayoutIsNotLinkedToAnother) {
  const std::uint64_t settled = SequenceOf(events_, v1::Event::kPayoutSettled, 0);
  EXPECT_EQ(office_.Of(settled).receipt.history_size(), 2);  // requested, sent
  std::vector<v1::Event> events = events_;
  events[settled - 1].mutable_command()->mutable_settle_payout()->set_name("platforms/shop/payouts/p2");
  EXPECT_EQ(Said(Office(Serialise(events)).Of(settled).Bytes(), std::nullopt, LogTrust()),
            "event " + std::to_string(At(settled).previous_sequence()) + " is named by event " +
                std::to_string(settled) + ", but is about another thing: they share neither agreement nor payout");
}

TEST_F(ReleaseTest, ALongHistoryIsCutAfterAThousand) {
  v1::Event event = At(SequenceOf(events_, v1::Event::kAgreementActivated, 0));
  Entries chain;
  for (std::uint64_t sequence = 1; sequence <= 1'002; ++sequence) {
    event.set_sequence(sequence);
    event.set_previous_sequence(sequence - 1);
    chain.push_back(event.SerializeAsString());
  }
  const Office office(chain);
  const ReceiptReport cut = ReportOn(office.Of(1'002).Bytes());
  EXPECT_EQ(cut.wrong, std::nullopt);
  EXPECT_FALSE(cut.whole);
  EXPECT_EQ(cut.history.size(), 1'000U);
  EXPECT_NE(PageOf(office, 1'002).find("The history is longer than a receipt holds"), std::string::npos);
  Parts shorter = office.Of(1'002);
  shorter.receipt.mutable_history()->RemoveLast();
  EXPECT_EQ(Said(shorter.Bytes(), std::nullopt, LogTrust()),
            "the history ends with event 3 and lacks event 2, which that names");
}

TEST(ReceiptPageTest, TextOfOthersIsEscaped) {
  const std::string evil = "<script>alert('1')</script>&\"";
  const std::string escaped = "&lt;script&gt;alert(&apos;1&apos;)&lt;/script&gt;&amp;&quot;";
  Script script = ShopStory(9'999);
  for (auto& [actor, command] : script) {
    if (command.has_create_agreement()) {
      command.mutable_create_agreement()->mutable_agreement()->set_external_reference(evil);
    }
    if (command.has_send_payout()) {
      command.mutable_send_payout()->set_rail_reference(evil);
    }
  }
  const Entries log = LogOf(script);
  const std::vector<v1::Event> events = Parse(log);
  const Office office(log);
  for (const v1::Event::FactCase fact : {v1::Event::kMilestoneReleased, v1::Event::kPayoutSettled}) {
    const std::string page = PageOf(office, SequenceOf(events, fact, 0));
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_NE(page.find("reference " + escaped), std::string::npos) << page;
  }
}

TEST(ReceiptPageTest, AmountsAndDurationsInWords) {
  EXPECT_EQ(AmountText(9'719, "EUR"), "97.19 EUR");
  EXPECT_EQ(AmountText(9'719, "JPY"), "9719 JPY");
  EXPECT_EQ(AmountText(-9'719, "KWD"), "-9.719 KWD");
  EXPECT_EQ(AmountText(9'719, "ZZZ"), "9719 minor units of ZZZ");
  EXPECT_EQ(DurationText(3 * 86'400), "3 days");
  EXPECT_EQ(DurationText(86'400 + 2 * 3'600 + 61), "1 day 2 hours 1 minute 1 second");
}

// ---- whose signatures count

TEST(TrustTest, EveryKeyMustHaveSignedAndOneIsTheLogs) {
  const tlog::SignerKey witness = tlog::SignerKey::Generate("witness.example", tlog::SignatureType::kCosignature);
  const tlog::SignerKey other = tlog::SignerKey::Generate("other.example", tlog::SignatureType::kCosignature);
  const Entries log = LogOf(ShopStory(9'999));
  tlog::SignedCheckpoint checkpoint = tlog::ParseSignedCheckpoint(CheckpointOf(log, LogKey())).value();
  checkpoint.note.signatures.push_back(tlog::Cosign(witness, checkpoint.note.text, 1'700'000'000));
  struct Row {
    std::vector<tlog::VerifierKey> keys;
    std::string said;
  };
  const Row kTable[] = {
      {{LogKey().verifier()}, "log log.example/escrow"},
      {{LogKey().verifier(), witness.verifier()},
       "log log.example/escrow, witness witness.example at 2023-11-14T22:13:20Z"},
      {{LogKey().verifier(), other.verifier()}, "wrong: the checkpoint is not signed by other.example"},
      {{witness.verifier()}, "wrong: none of the keys is that of the log log.example/escrow, which must have signed"},
  };
  for (const Row& row : kTable) {
    std::vector<std::string> signers;
    const Complaint wrong = CheckSignatures(checkpoint, {.keys = row.keys, .policy = {}}, signers);
    std::string said = wrong ? "wrong: " + *wrong : "";
    for (std::size_t i = 0; !wrong && i < signers.size(); ++i) {
      said += (i == 0 ? "" : ", ") + signers[i];
    }
    EXPECT_EQ(said, row.said);
  }
}

TEST(TrustTest, APolicyAsksForAQuorum) {
  const tlog::SignerKey witness = tlog::SignerKey::Generate("witness.example", tlog::SignatureType::kCosignature);
  const Entries log = LogOf(ShopStory(9'999));
  const std::string policy =
      "log " + LogKey().verifier().Format() + "\nwitness w " + witness.verifier().Format() + "\nquorum w\n";
  const Trust trust{.keys = {}, .policy = tlog::Policy::Parse(policy).value()};
  const std::string alone = CheckpointOf(log, LogKey());
  EXPECT_TRUE(CheckCheckpoint(alone, trust)->wrong.has_value());
  tlog::SignedCheckpoint checkpoint = tlog::ParseSignedCheckpoint(alone).value();
  checkpoint.note.signatures.push_back(tlog::Cosign(witness, checkpoint.note.text, 1'700'000'000));
  const CheckpointReport report = CheckCheckpoint(tlog::FormatNote(checkpoint.note), trust).value();
  EXPECT_EQ(report.wrong, std::nullopt);
  EXPECT_EQ(report.signers, (std::vector<std::string>{"log log.example/escrow", "witness w at 2023-11-14T22:13:20Z"}));
  EXPECT_FALSE(CheckCheckpoint(alone, {})->checked);
}

}  // namespace
}  // namespace escrow::audit::test
