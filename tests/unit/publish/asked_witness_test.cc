#include "publish/asked_witness.h"

#include <gtest/gtest.h>

#include "tlog/note.h"
#include "unit/publish/fake_witnesses.h"

namespace escrow::publish {
namespace {

using test::Answer;
using test::Response;
using Sizes = std::vector<std::uint64_t>;

class AskedWitnessTest : public testing::Test {
 protected:
  // What becomes of asking for the checkpoint of this size: "cosigned", once that is checked, or the error.
  std::string Ask(std::uint64_t size) { return Ask(size, asked_); }
  std::string Ask(std::uint64_t size, AskedWitness& asked) {
    const SharedCheckpoint checkpoint = log_.Checkpoint(size);
    const absl::StatusOr<tlog::NoteSignature> answer = asked.Ask(*checkpoint, std::stop_token());
    if (!answer.ok()) {
      return answer.status().ToString();
    }
    const tlog::Note note{.text = checkpoint->note.text, .signatures = {*answer}};
    const std::vector<tlog::VerifierKey> keys{witness_.key().verifier()};
    EXPECT_TRUE(tlog::VerifyNote(note, keys).ok());
    return "cosigned";
  }

  test::LogWithWitnesses log_{300};
  test::FakeWitness& witness_ = log_.witness(1);
  AskedWitness asked_{witness_.key().verifier(), witness_.Connect(), log_.log()};
};

TEST_F(AskedWitnessTest, RemembersWhatTheWitnessKnows) {
  EXPECT_EQ(Ask(3), "cosigned");
  EXPECT_EQ(Ask(7), "cosigned");
  EXPECT_EQ(Ask(7), "cosigned");
  EXPECT_EQ(Ask(300), "cosigned");
  EXPECT_EQ(witness_.asked(), (Sizes{0, 3, 7, 7}));
}

TEST_F(AskedWitnessTest, IsToldTheSizeAfterAStart) {
  EXPECT_EQ(Ask(7), "cosigned");
  AskedWitness restarted(witness_.key().verifier(), witness_.Connect(), log_.log());
  EXPECT_EQ(Ask(260, restarted), "cosigned");
  EXPECT_EQ(Ask(300, restarted), "cosigned");
  EXPECT_EQ(witness_.asked(), (Sizes{0, 0, 7, 260}));
}

// The answer was lost on its way, but the witness has cosigned.
TEST_F(AskedWitnessTest, ALostAnswerIsMadeUpFor) {
  witness_.Answers([this](const std::string& body) -> Answer {
    EXPECT_EQ(witness_.Honest(body).status, 200);
    return absl::UnavailableError("lost");
  });
  EXPECT_EQ(Ask(5), "UNAVAILABLE: lost");
  witness_.Answers(nullptr);
  EXPECT_EQ(Ask(6), "cosigned");
  EXPECT_EQ(witness_.asked(), (Sizes{0, 0, 5}));
}

TEST_F(AskedWitnessTest, WhatIsNoCosignatureIsAnErrorThatSaysWhy) {
  const std::string text = log_.Checkpoint(7)->note.text;
  const tlog::SignerKey& key = witness_.key();
  const std::string good = tlog::FormatSignatureLine(tlog::Cosign(key, text, tlog::kNow));
  const std::string unknown = tlog::FormatSignatureLine(tlog::Cosign(log_.witness(2).key(), text, tlog::kNow));
  const std::string other = tlog::FormatSignatureLine(tlog::Cosign(key, log_.Checkpoint(6)->note.text, tlog::kNow));
  const struct {
    Answer answer;
    std::string becomes;
    std::size_t calls;
  } kTable[] = {
      {absl::UnavailableError("no route"), "UNAVAILABLE: no route", 1},
      {Response(200, good), "cosigned", 1},
      {Response(200, unknown + good), "cosigned", 1},
      {Response(200, unknown), "UNAUTHENTICATED: no known key has signed", 1},
      {Response(200, other), "UNAUTHENTICATED: the cosignature by 'w.org/1' is not over this checkpoint", 1},
      {Response(200, good + other), "UNAUTHENTICATED: the cosignature by 'w.org/1' is not over this checkpoint", 1},
      {Response(200, ""), "INVALID_ARGUMENT: there is no signature line", 1},
      {Response(200, "<html>\n"),
       "INVALID_ARGUMENT: the signature line '<html>' does not begin with a dash and a space", 1},
      {Response(409, "5\n"), "UNAVAILABLE: the witness names another size each time, 5 at last", 2},
      {Response(409, "7\n"), "UNAVAILABLE: the witness names another size each time, 7 at last", 2},
      {Response(409, "8\n"),
       "DATA_LOSS: the witness knows 8 entries of this log, but it has 7: somebody else has its key, or it was rolled "
       "back",
       1},
      {Response(409, "five\n"),
       "INVALID_ARGUMENT: the witness's size 'five.' is not one line with a decimal number below 2^63", 1},
      {Response(422, "two roots\n"), "DATA_LOSS: the witness answers with status 422: 'two roots'", 1},
      {Response(400, "a\nb\n"), "FAILED_PRECONDITION: the witness answers with status 400: 'a'", 1},
      {Response(403, ""), "FAILED_PRECONDITION: the witness answers with status 403: ''", 1},
      {Response(404, "who?"), "FAILED_PRECONDITION: the witness answers with status 404: 'who?'", 1},
      {Response(301, ""), "FAILED_PRECONDITION: the witness answers with status 301: ''", 1},
      {Response(429, "slowly"), "UNAVAILABLE: the witness answers with status 429: 'slowly'", 1},
      {Response(500, "\x1b[2J"), "UNAVAILABLE: the witness answers with status 500: '.[2J'", 1},
  };
  for (const auto& row : kTable) {
    AskedWitness asked(key.verifier(), witness_.Connect(), log_.log());
    witness_.Answers([&row](const std::string&) { return row.answer; });
    const std::size_t before = witness_.asked().size();
    EXPECT_EQ(Ask(7, asked), row.becomes);
    EXPECT_EQ(witness_.asked().size() - before, row.calls) << row.becomes;
  }
}

// A witness that was shown another history under our name refuses every proof of ours.
TEST_F(AskedWitnessTest, AnotherHistoryIsNamed) {
  tlog::TreeHasher hasher;
  const tlog::SignedCheckpoint forged = tlog::SignCheckpoint(
      {.origin = "x.org/log", .size = 1, .root = hasher.Leaf("forged"), .extensions = {}}, log_.key());
  EXPECT_EQ(witness_.Honest(tlog::FormatAddCheckpoint({.old_size = 0, .proof = {}, .checkpoint = forged})).status, 200);
  const std::string becomes = Ask(7);
  EXPECT_TRUE(becomes.starts_with("DATA_LOSS: the witness answers with status 422: ")) << becomes;
  EXPECT_EQ(witness_.asked(), (Sizes{0, 1}));
}

}  // namespace
}  // namespace escrow::publish
