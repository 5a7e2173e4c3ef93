// Whole logs by levels: from a folder of tiles, a data directory and a URL; damaged, cut, forked and rewritten ones.

#include "audit/verify.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "audit/file_bytes.h"
#include "support/commands.h"
#include "support/log_export.h"
#include "support/temp_folder.h"
#include "tlog/handover.h"
#include "unit/audit/http_folder.h"
#include "unit/audit/logs.h"

namespace escrow::audit::test {
namespace {

using escrow::test::CheckpointOf;
using escrow::test::LogKey;
using escrow::test::TempFolder;
using escrow::test::WriteDataDirectory;
using escrow::test::WriteLogExport;

// Long enough for three levels of hashes: a few thousand events.
const Entries& Orders() {
  static const Entries entries = OrdersLog(300);
  return entries;
}

VerifyOptions WithKey(std::optional<Level> level = std::nullopt) {
  VerifyOptions options;
  options.level = level;
  options.trust.keys.push_back(LogKey().verifier());
  return options;
}

// What was found: "merkle: event 7: ...", a line each; what was lacking: "note: ..."; "right" when there is nothing.
std::string Said(const std::string& path, const VerifyOptions& options) {
  const absl::StatusOr<Report> report = Verify(path, options);
  if (!report.ok()) {
    return "unusable: " + std::string(report.status().message());
  }
  std::string text;
  for (const Finding& finding : report->findings) {
    text += std::string(NameOf(finding.level)) + ": " +
            (finding.event == 0 ? "" : "event " + std::to_string(finding.event) + ": ") + finding.reason + '\n';
  }
  if (report->incomplete()) {
    for (const std::string& note : report->notes) {
      text += "note: " + note + '\n';
    }
  }
  return text.empty() ? "right" : text;
}

std::string Read(const std::string& path) { return ReadWholeFile(path, 1U << 30U).value(); }
void Write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// Changes one byte of a file.
void Flip(const std::string& path, std::size_t at) {
  std::string bytes = Read(path);
  bytes.at(at) = static_cast<char>(bytes[at] ^ 1);
  Write(path, bytes);
}

TEST(VerifyTest, AFolderADataDirectoryAndAUrlAreRight) {
  ASSERT_GT(Orders().size(), 1'500U);
  const TempFolder folder;
  WriteLogExport(folder.path() + "/export", Orders(), LogKey());
  WriteDataDirectory(folder.path() + "/data", Orders(), /*beyond=*/0, LogKey());
  const HttpFolder server(folder.path() + "/export");
  for (const std::string& source : {folder.path() + "/export", folder.path() + "/data", server.url()}) {
    const absl::StatusOr<Report> report = Verify(source, WithKey());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(Said(source, WithKey()), "right");
    for (const LevelState state : report->levels) {
      EXPECT_EQ(state, LevelState::kPassed);
    }
    EXPECT_EQ(report->events, Orders().size());
    EXPECT_EQ(report->checked_events, Orders().size());
    EXPECT_EQ(report->tiles, (Orders().size() + 255) / 256 + 1);
    EXPECT_EQ(report->signers, std::vector<std::string>{"log log.example/escrow"});
  }
}

TEST(VerifyTest, WhatLiesBeyondTheCheckpointIsNotLookedAt) {
  Entries entries = Orders();
  entries.insert(entries.end(), 300, "not published yet");
  const TempFolder folder;
  WriteDataDirectory(folder.path(), entries, 300, LogKey());
  EXPECT_EQ(Said(folder.path(), WithKey()), "right");
}

TEST(VerifyTest, SmallLogs) {
  const Entries story = LogOf(ShopStory(9'999));
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, story.size()}) {
    const TempFolder folder;
    WriteLogExport(folder.path(), {story.begin(), story.begin() + static_cast<std::ptrdiff_t>(size)}, LogKey());
    EXPECT_EQ(Said(folder.path(), WithKey()), "right") << size;
  }
  const TempFolder folder;
  WriteLogExport(folder.path(), {}, LogKey());
  EXPECT_EQ(Said(folder.path(), WithKey()), "right");
}

TEST(VerifyTest, DamageIsNamedByItsLevel) {
  const std::string bundle = "/tile/entries/002";
  const std::string tile = "/tile/0/003";
  struct Row {
    const char* what;
    std::function<void(const std::string& folder)> damage;
    const char* said;
  };
  const std::size_t size = Orders().size();
  const Row kTable[] = {
      {"a byte of an entry", [&](const std::string& folder) { Flip(folder + bundle, 40); }, "event 513: "},
      {"a bundle that ends early",
       [&](const std::string& folder) { Write(folder + bundle, Read(folder + bundle).substr(0, 1'000)); },
       "structure: event 513: tile/entries/002: "},
      {"a bundle with more behind it",
       [&](const std::string& folder) { Write(folder + bundle, Read(folder + bundle) + "x"); },
       "structure: event 513: tile/entries/002: "},
      {"a byte of a tile", [&](const std::string& folder) { Flip(folder + tile, 32 * 17 + 4); },
       "merkle: stored tile/0/003 differs from the entries at hash 17"},
      {"a byte of a tile above",
       [&](const std::string& folder) { Flip(folder + "/tile/1/000.p/" + std::to_string(size / 256), 5); },
       "differs from the entries at hash 0"},
      {"a tile that is short", [&](const std::string& folder) { Write(folder + tile, "abc"); },
       "merkle: stored tile/0/003 has 3 bytes and must have 8192"},
      {"a missing tile", [&](const std::string& folder) { std::filesystem::remove(folder + tile); },
       "note: 1 tiles of hashes are missing"},
      {"a missing bundle", [&](const std::string& folder) { std::filesystem::remove(folder + bundle); },
       "events and the input only 512: "},
      {"a signature by somebody else",
       [&](const std::string& folder) {
         Write(folder + "/checkpoint",
               CheckpointOf(Orders(),
                            tlog::SignerKey::Generate(escrow::test::kLogOrigin, tlog::SignatureType::kEd25519)));
       },
       "signatures: "},
      {"a checkpoint of another log",
       [&](const std::string& folder) {
         Entries other = Orders();
         other[5] += 'x';
         Write(folder + "/checkpoint", CheckpointOf(other, LogKey()));
       },
       "merkle: the entries have root "},
      {"no checkpoint but some text", [&](const std::string& folder) { Write(folder + "/checkpoint", "hello\n"); },
       "merkle: the checkpoint is none: "},
  };
  for (const Row& row : kTable) {
    const TempFolder folder;
    WriteLogExport(folder.path(), Orders(), LogKey());
    row.damage(folder.path());
    const std::string said = Said(folder.path(), WithKey());
    EXPECT_NE(said.find(row.said), std::string::npos) << row.what << ": " << said;
  }
}

TEST(VerifyTest, ACheckpointThatPromisesMoreThanThereIsIsIncomplete) {
  const Entries story = LogOf(ShopStory(9'999));
  for (const std::uint64_t size : {story.size() + 1, std::size_t{1} << 40U, (std::size_t{1} << 63U) - 1}) {
    const TempFolder folder;
    WriteLogExport(folder.path(), story, LogKey());
    const tlog::SignedCheckpoint checkpoint = tlog::SignCheckpoint(
        {.origin = escrow::test::kLogOrigin, .size = size, .root = {}, .extensions = {}}, LogKey());
    Write(folder.path() + "/checkpoint", tlog::FormatNote(checkpoint.note));
    EXPECT_TRUE(Said(folder.path(), WithKey()).starts_with("note: the log has " + std::to_string(size) + " events"));
  }
}

TEST(VerifyTest, ACheckpointWithinTheLogCutsIt) {
  const Entries story = LogOf(ShopStory(9'999));
  const TempFolder folder;
  WriteLogExport(folder.path(), story, LogKey());
  // Event 6 and 7 accept the first agreement, event 8 activates it.
  Write(folder.path() + "/checkpoint", CheckpointOf({story.begin(), story.begin() + 7}, LogKey()));
  EXPECT_EQ(Said(folder.path(), WithKey()),
            "domain: event 7: the log ends here, and agreement first of platforms/shop lacks agreement_activated, "
            "which must follow from event 7\n");
}

TEST(VerifyTest, WithoutKeyOrCheckpointWhatWasAskedForIsIncomplete) {
  const Entries story = LogOf(ShopStory(9'999));
  const TempFolder folder;
  WriteLogExport(folder.path(), story, LogKey());
  EXPECT_EQ(Said(folder.path(), {}), "right");
  VerifyOptions signatures;
  signatures.level = Level::kSignatures;
  EXPECT_EQ(Said(folder.path(), signatures), "note: no key and no policy is given: no signature was checked\n");
  std::filesystem::remove(folder.path() + "/checkpoint");
  EXPECT_EQ(Said(folder.path(), {}), "right");
  EXPECT_EQ(Said(folder.path(), WithKey(Level::kMerkle)), "note: there is no checkpoint to compare the root with\n");
  EXPECT_EQ(Said(folder.path() + "/nothing", {}).substr(0, 9), "unusable:");
}

TEST(VerifyTest, ALevelDoesNotLookFurther) {
  Entries story = LogOf(ShopStory(9'999));
  std::vector<v1::Event> events = Parse(story);
  events[12].mutable_postings(1)->set_minor_units(1);
  const TempFolder folder;
  WriteLogExport(folder.path(), Serialise(events), LogKey());
  for (const Level level : {Level::kStructure, Level::kChain, Level::kMerkle, Level::kSignatures}) {
    EXPECT_EQ(Said(folder.path(), WithKey(level)), "right") << NameOf(level);
  }
  EXPECT_TRUE(Said(folder.path(), WithKey(Level::kDomain)).starts_with("domain: event 13: postings[1]"));
}

// ---- two histories

// The story with another amount in its middle, as the engine itself would have written it: no rule is broken, every
// hash after it is fresh and the checkpoint is signed with the right key.
TEST(VerifyTest, ARewrittenAmountIsAForkForWhoHoldsAnOlderCheckpoint) {
  Script script = ShopStory(9'999);
  const Entries before = LogOf(script);
  for (auto& [actor, command] : script) {
    if (command.has_refund_milestone() && command.refund_milestone().has_amount()) {
      command.mutable_refund_milestone()->mutable_amount()->set_minor_units(2'600);
    }
  }
  Entries after = LogOf(script);
  after[0] = before[0];  // the log's random name
  const auto differs = std::ranges::mismatch(before, after).in1 - before.begin();
  ASSERT_GT(differs, 20);
  const TempFolder folder;
  const std::string old_copy = folder.path() + "/before";
  const std::string new_copy = folder.path() + "/after";
  WriteLogExport(old_copy, {before.begin(), before.end() - 4}, LogKey());
  WriteLogExport(new_copy, after, LogKey());
  EXPECT_EQ(Said(new_copy, WithKey()), "right");

  VerifyOptions since = WithKey();
  since.since = Read(old_copy + "/checkpoint");
  const std::string fork =
      "merkle: the log has two histories: of its first " + std::to_string(before.size() - 4) + " events";
  EXPECT_TRUE(Said(new_copy, since).starts_with(fork)) << Said(new_copy, since);
  VerifyOptions against = WithKey();
  against.against = old_copy;
  const std::string said = Said(new_copy, against);
  EXPECT_TRUE(said.starts_with(fork)) << said;
  EXPECT_TRUE(said.ends_with("; they part at event " + std::to_string(differs + 1) + "\n")) << said;
}

TEST(VerifyTest, AnOlderCheckpointOfTheSameHistoryIsRight) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{256}, std::size_t{257},
                                 std::size_t{700}, Orders().size() - 1, Orders().size()}) {
    const TempFolder folder;
    WriteLogExport(folder.path(), Orders(), LogKey());
    VerifyOptions since = WithKey();
    since.since = CheckpointOf({Orders().begin(), Orders().begin() + static_cast<std::ptrdiff_t>(size)}, LogKey());
    EXPECT_EQ(Said(folder.path(), since), "right") << size;
  }
}

TEST(VerifyTest, ALogThatIsShorterThanItWasIsNamed) {
  const Entries story = LogOf(ShopStory(9'999));
  const TempFolder folder;
  WriteLogExport(folder.path(), {story.begin(), story.begin() + 12}, LogKey());
  VerifyOptions since = WithKey();
  since.since = CheckpointOf(story, LogKey());
  EXPECT_EQ(Said(folder.path(), since), "merkle: an older checkpoint has " + std::to_string(story.size()) +
                                            " events and the log has 12: its end was cut off\n");
}

TEST(VerifyTest, OlderCheckpointsThatSayNothing) {
  const TempFolder folder;
  WriteLogExport(folder.path(), LogOf(ShopStory(9'999)), LogKey());
  VerifyOptions since = WithKey();
  since.since = "hello";
  EXPECT_TRUE(Said(folder.path(), since).starts_with("unusable: the older checkpoint is none: "));
  const tlog::SignerKey other = tlog::SignerKey::Generate("another.log", tlog::SignatureType::kEd25519);
  since.since = tlog::FormatNote(
      tlog::SignCheckpoint({.origin = "another.log", .size = 1, .root = {}, .extensions = {}}, other).note);
  EXPECT_EQ(Said(folder.path(), since),
            "unusable: the older checkpoint is of the log another.log, this is the log log.example/escrow");
}

TEST(VerifyTest, WhatAServerAnswersIsBounded) {
  const TempFolder folder;
  WriteLogExport(folder.path(), LogOf(ShopStory(9'999)), LogKey());
  Write(folder.path() + "/checkpoint", std::string((1U << 20U) + 1, 'x'));
  const HttpFolder server(folder.path());
  EXPECT_EQ(Said(server.url(), {}), "unusable: " + server.url() + "/checkpoint has more than 1048576 bytes");
  Write(folder.path() + "/checkpoint", "hello\n");
  EXPECT_TRUE(Said(server.url(), {}).starts_with("unusable: the checkpoint is none: "));
  std::filesystem::remove(folder.path() + "/checkpoint");
  EXPECT_TRUE(Said(server.url(), {}).starts_with("unusable: " + server.url() + " cannot be listed"));
  EXPECT_TRUE(Said("http://127.0.0.1:1", {}).starts_with("unusable: http://127.0.0.1:1/checkpoint: "));
}

// A log whose key was changed twice, by keys[0], keys[1], keys[2].
struct RotatedLog {
  RotatedLog() {
    keys.push_back(LogKey());
    for (int i = 0; i < 2; ++i) {
      keys.push_back(tlog::SignerKey::Generate(escrow::test::kLogOrigin, tlog::SignatureType::kEd25519));
    }
    script = {{escrow::test::Operator(), Rotation(1, keys[0], keys[1])},
              {escrow::test::Operator(), escrow::test::CreatePlatform(2, "shop", false)},
              {escrow::test::Operator(), Rotation(3, keys[1], keys[2])}};
  }

  static v1::Command Rotation(std::uint64_t number, const tlog::SignerKey& before, const tlog::SignerKey& next) {
    v1::Command command;
    command.mutable_rotate_signing_key()->set_request_id(escrow::test::RequestId(number));
    command.mutable_rotate_signing_key()->set_verifier_key(next.verifier().Format());
    command.mutable_rotate_signing_key()->set_handover(tlog::SignHandover(before, next));
    return command;
  }
  // What is said of the log when the checkpoint is signed by one key and another one is trusted.
  [[nodiscard]] std::string Said(std::size_t signer, const Trust& trust) const {
    const TempFolder folder;
    WriteLogExport(folder.path() + "/log", LogOf(script), keys[signer]);
    VerifyOptions options;
    options.trust = trust;
    return test::Said(folder.path() + "/log", options);
  }
  [[nodiscard]] std::string Said(std::size_t signer, std::size_t trusted) const {
    return Said(signer, Trust{.keys = {keys[trusted].verifier()}, .policy = {}});
  }

  std::vector<tlog::SignerKey> keys;
  Script script;
};

TEST(KeyHistoryTest, WhoTrustsAKeyTrustsThoseThatCameAfterIt) {
  const RotatedLog log;
  for (std::size_t trusted = 0; trusted < 3; ++trusted) {
    for (std::size_t signer = 0; signer < 3; ++signer) {
      const std::string said = log.Said(signer, trusted);
      EXPECT_EQ(said == "right", signer >= trusted)
          << "signed by " << signer << ", trusted " << trusted << ": " << said;
    }
  }
  const std::string policy = "log " + log.keys[0].verifier().Format() + "\nquorum none\n";
  EXPECT_EQ(log.Said(2, Trust{.keys = {}, .policy = tlog::Policy::Parse(policy).value()}), "right");
}

TEST(KeyHistoryTest, AHandoverThatTheKeyBeforeDidNotSignIsFound) {
  RotatedLog log;
  const tlog::SignerKey thief = tlog::SignerKey::Generate(escrow::test::kLogOrigin, tlog::SignatureType::kEd25519);
  log.script[2].second = RotatedLog::Rotation(3, thief, log.keys[2]);
  EXPECT_NE(log.Said(1, 0).find("signatures: event 4: the handover is not signed by "), std::string::npos);
  EXPECT_NE(log.Said(2, 0).find("signatures: event 4: the handover is not signed by "), std::string::npos);
  log.script[0].second = RotatedLog::Rotation(1, thief, log.keys[1]);
  log.script.resize(2);
  EXPECT_NE(log.Said(1, 0), "right") << "the thief's key is not the one that is trusted";
  log.script[0].second.mutable_rotate_signing_key()->set_handover("no note");
  EXPECT_NE(log.Said(0, 0).find("signatures: event 2: "), std::string::npos);
  log.script[0].second = RotatedLog::Rotation(1, log.keys[0], log.keys[1]);
  log.script[0].second.mutable_rotate_signing_key()->set_verifier_key(thief.verifier().Format());
  EXPECT_NE(log.Said(0, 0).find("signatures: event 2: the handover is to "), std::string::npos);
}

}  // namespace
}  // namespace escrow::audit::test
