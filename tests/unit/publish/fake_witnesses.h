#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "publish/public_log.h"
#include "publish/showcase.h"
#include "publish/tree_reader.h"
#include "publish/witness_connection.h"
#include "publish/witness_files.h"
#include "support/temp_folder.h"
#include "support/witnessed_log.h"
#include "tlog/add_checkpoint.h"
#include "tlog/policy.h"
#include "tlog/proof.h"
#include "tlog/witness.h"

namespace escrow::publish::test {

using Answer = absl::StatusOr<tlog::WitnessResponse>;

inline tlog::WitnessResponse Response(int status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

// A real witness of the log x.org/log behind a network that a test bends. Any thread.
class FakeWitness {
 public:
  FakeWitness(std::uint8_t number, const tlog::VerifierKey& log)
      : key_(KeyOf(number)), witness_(KeyOf(number), {{log.name(), {log}}}) {}

  // What the witness itself answers.
  tlog::WitnessResponse Honest(const std::string& body) { return witness_.AddCheckpoint(body, store_, tlog::kNow); }

  // From now on answers so; nothing: honestly.
  void Answers(std::function<Answer(const std::string&)> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  // Keeps all callers waiting until Release, or until they are to stop.
  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

  // Until it has had so many requests.
  void AwaitRequests(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return asked_.size() >= count; }));
  }

  // The old sizes of the requests so far.
  std::vector<std::uint64_t> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  const tlog::SignerKey& key() const { return key_; }

  std::unique_ptr<WitnessConnection> Connect() { return std::make_unique<Connection>(*this); }

 private:
  class Connection final : public WitnessConnection {
   public:
    explicit Connection(FakeWitness& to) : to_(to) {}
    Answer AddCheckpoint(const std::string& body, const std::stop_token& stop) override { return to_.Call(body, stop); }

   private:
    FakeWitness& to_;
  };

  static tlog::SignerKey KeyOf(std::uint8_t number) {
    return tlog::FixedKey("w.org/" + std::to_string(number), tlog::SignatureType::kCosignature,
                          static_cast<std::uint8_t>(10 + number));
  }

  Answer Call(const std::string& body, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    asked_.push_back(tlog::ParseAddCheckpoint(body)->old_size);
    changed_.notify_all();
    if (!changed_.wait(lock, stop, [this] { return !held_; })) {
      return absl::UnavailableError("cut");
    }
    return answer_ ? answer_(body) : Honest(body);
  }

  escrow::test::TempFolder folder_;
  WitnessFiles store_{folder_.path()};
  const tlog::SignerKey key_;
  const tlog::Witness witness_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::function<Answer(const std::string&)> answer_;
  bool held_ = false;
  std::vector<std::uint64_t> asked_;
};

// A public log of the entries "0", "1", … with its key, and three witnesses w1, w2, w3: any two are the quorum.
class LogWithWitnesses {
 public:
  explicit LogWithWitnesses(std::uint64_t size) : log_(PublicLog::Open(folder_.path() + "/public").value()) {
    for (std::uint64_t i = 0; i < size; ++i) {
      log_->Append(std::to_string(i));
    }
    EXPECT_TRUE(log_->Flush().ok());
  }

  const PublicLog& log() const { return *log_; }
  const tlog::SignerKey& key() const { return key_; }
  FakeWitness& witness(std::size_t number) { return *witnesses_.at(number - 1); }

  SharedCheckpoint Checkpoint(std::uint64_t size) const {
    TreeReader tree(*log_);
    const tlog::Hash root = *tlog::TreeRoot(size, tree);
    return std::make_shared<const tlog::SignedCheckpoint>(
        tlog::SignCheckpoint({.origin = key_.name(), .size = size, .root = root, .extensions = {}}, key_));
  }

  tlog::Policy Policy(const std::string& quorum = "group Q 2 w1 w2 w3\nquorum Q\n") const {
    std::string text = "log " + key_.verifier().Format() + "\n";
    for (std::size_t i = 0; i < witnesses_.size(); ++i) {
      text += "witness w" + std::to_string(i + 1) + " " + witnesses_[i]->key().verifier().Format() + "\n";
    }
    return tlog::Policy::Parse(text + quorum).value();
  }

  std::map<std::size_t, std::unique_ptr<WitnessConnection>> Connect() {
    std::map<std::size_t, std::unique_ptr<WitnessConnection>> connections;
    for (std::size_t i = 0; i < witnesses_.size(); ++i) {
      connections.emplace(i, witnesses_[i]->Connect());
    }
    return connections;
  }

 private:
  escrow::test::TempFolder folder_;
  const tlog::SignerKey key_ = tlog::FixedKey("x.org/log", tlog::SignatureType::kEd25519, 1);
  std::unique_ptr<PublicLog> log_;
  std::vector<std::unique_ptr<FakeWitness>> witnesses_ = [this] {
    std::vector<std::unique_ptr<FakeWitness>> made;
    for (std::uint8_t number = 1; number <= 3; ++number) {
      made.push_back(std::make_unique<FakeWitness>(number, key_.verifier()));
    }
    return made;
  }();
};

}  // namespace escrow::publish::test
