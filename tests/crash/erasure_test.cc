// After an erasure nothing of a person is left in any byte: a real server is fed, killed, started again, backed up, and
// every file that it has is searched.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "crypto/hex.h"
#include "escrow/v1/operations_service.grpc.pb.h"
#include "escrow/v1/vault_service.grpc.pb.h"
#include "journal/rocks/rocks_journal.h"
#include "support/remote.h"
#include "support/server_process.h"
#include "support/temp_folder.h"
#include "tlog/merkle.h"
#include "vault/key_slots.h"
#include "vault/posix_disk.h"

namespace escrow::test {
namespace {

namespace fs = std::filesystem;
constexpr char kPlaintext[] = "Augusta Ada King, Countess of Lovelace";
constexpr char kBuyer[] = "platforms/shop/parties/buyer";

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The files below the folder that hold the bytes.
std::vector<std::string> Holding(const std::string& folder, const std::string& bytes) {
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && ReadAll(entry.path()).find(bytes) != std::string::npos) {
      found.push_back(fs::relative(entry.path(), folder).string());
    }
  }
  return found;
}

std::string RequestId(int n) {
  char text[40];
  std::snprintf(text, sizeof text, "eeeeeeee-0000-4000-8000-%012d", n);
  return text;
}

// A server with a vault, and what its clients do.
class ErasureTest : public testing::Test {
 protected:
  ErasureTest() {
    std::ofstream(KeyFile()) << std::string(32, 'v');
    EXPECT_EQ(chmod(KeyFile().c_str(), 0600), 0);
    config_ = "[vault]\nkey_file = \"" + KeyFile() + "\"\n";
  }

  [[nodiscard]] std::string KeyFile() const { return keys_.path() + "/vault.key"; }

  std::string Put(const Remote& shop, const std::string& party, const std::string& id, const std::string& content,
                  int request) {
    v1::PutRecordRequest put;
    put.set_parent(party);
    put.set_record_id(id);
    put.mutable_record()->set_kind(v1::RECORD_KIND_NAME);
    put.mutable_record()->set_content(content);
    put.set_request_id(RequestId(request));
    grpc::ClientContext context;
    shop.Prepare(context);
    v1::CommandReply reply;
    return ReasonOf(v1::VaultService::NewStub(shop.channel())->PutRecord(&context, put, &reply));
  }

  std::string Get(const Remote& shop, const std::string& party, const std::string& id, v1::Record& record) {
    v1::GetRecordRequest get;
    get.set_name(party + "/records/" + id);
    grpc::ClientContext context;
    shop.Prepare(context);
    return ReasonOf(v1::VaultService::NewStub(shop.channel())->GetRecord(&context, get, &record));
  }

  std::string Erase(const Remote& shop, const std::string& party, int request) {
    v1::EraseSubjectRequest erase;
    erase.set_name(party);
    erase.set_cause(v1::ERASURE_CAUSE_REQUEST);
    erase.set_request_id(RequestId(request));
    grpc::ClientContext context;
    shop.Prepare(context);
    v1::CommandReply reply;
    return ReasonOf(v1::VaultService::NewStub(shop.channel())->EraseSubject(&context, erase, &reply));
  }

  v1::ServerStatus Status(const ServerProcess& server) {
    const Remote caller(server.address(), server.OperatorKey());
    grpc::ClientContext context;
    caller.Prepare(context);
    v1::ServerStatus status;
    EXPECT_TRUE(v1::OperationsService::NewStub(caller.channel())->GetServerStatus(&context, {}, &status).ok());
    return status;
  }

  // The keys of the party, open: while the server is stopped.
  vault::SubjectKeys Keys(const std::string& party) {
    const std::string head = ReadAll(folder_.path() + "/data/vault/keys").substr(16, 32);
    auto disk = vault::PosixDisk::Open(folder_.path() + "/data/vault");
    auto slots = vault::KeySlots::Open(**disk, *vault::KeyWrapper::Load(KeyFile()), head);
    return *slots->Load(party);
  }

  // The Merkle root over the first events of the log, computed anew from what is stored; while the server is stopped.
  std::string RootOf(std::int64_t sequence) {
    const auto journal = journal::RocksJournal::Open({.directory = folder_.path() + "/data"});
    EXPECT_TRUE(journal.ok()) << journal.status();
    tlog::TreeHasher hasher;
    tlog::CompactRange tree;
    const absl::Status read = (*journal)->Read(1, [&](std::uint64_t at, std::string_view bytes) {
      tree.Append(hasher.Leaf(bytes), hasher);
      return at < static_cast<std::uint64_t>(sequence);
    });
    EXPECT_TRUE(read.ok());
    return crypto::HexEncode(tree.Root(hasher));
  }

  TempFolder folder_;
  TempFolder keys_;  // elsewhere, as it should be
  std::string config_;
};

TEST_F(ErasureTest, NoByteIsLeft) {
  std::string log;
  std::string key;
  v1::ServerStatus before;
  std::vector<std::string> secrets = {
      kPlaintext, crypto::HexEncode({reinterpret_cast<const std::uint8_t*>(kPlaintext), sizeof(kPlaintext) - 1})};
  {
    ServerProcess server(folder_.path(), config_);
    key = SetUpShop(server);
    const Remote shop(server.address(), key);
    EXPECT_EQ(Put(shop, kBuyer, "name", kPlaintext, 1), "OK");
    EXPECT_EQ(Put(shop, "platforms/shop/parties/seller", "name", "Charles Babbage", 2), "OK");
    EXPECT_EQ(Put(shop, "platforms/shop/parties/nobody", "name", kPlaintext, 3), "PARTY_NOT_FOUND");
    v1::Record record;
    EXPECT_EQ(Get(shop, kBuyer, "name", record), "OK");
    EXPECT_EQ(record.content(), kPlaintext);
    secrets.push_back(record.salt());
    before = Status(server);
    EXPECT_EQ(server.Stop(std::chrono::seconds(30)), 0);  // with a snapshot
    log += server.log();
  }
  const vault::SubjectKeys keys = Keys(kBuyer);
  secrets.emplace_back(keys.cipher_key());
  secrets.emplace_back(keys.salt_key());
  for (const std::string& secret : secrets) {
    EXPECT_TRUE(Holding(folder_.path(), secret).empty()) << "open, before the erasure";
  }
  // Wrapped, the keys are there; so the search can find something.
  const std::string slots = ReadAll(folder_.path() + "/data/vault/keys");
  const std::string wrapped = slots.substr(slots.find(kBuyer) + sizeof(kBuyer) - 1, 92);
  EXPECT_EQ(Holding(folder_.path(), wrapped), std::vector<std::string>{"data/vault/keys"});
  const fs::path records = folder_.path() + "/data/vault/records";
  std::vector<std::string> ciphertexts;
  for (const fs::directory_entry& file : fs::directory_iterator(records)) {
    ciphertexts.push_back(ReadAll(file.path()).substr(16));
  }
  EXPECT_EQ(ciphertexts.size(), 2U);

  {
    ServerProcess server(folder_.path(), config_);
    const Remote shop(server.address(), key);
    EXPECT_EQ(Erase(shop, kBuyer, 4), "OK");
    server.Kill();  // what was acknowledged has happened
    log += server.log();
  }
  secrets.push_back(wrapped);
  for (std::size_t at = 12; at + 16 <= 92; at += 16) {
    secrets.push_back(wrapped.substr(at, 16));
  }
  for (const std::string& secret : secrets) {
    EXPECT_TRUE(Holding(folder_.path(), secret).empty());
  }
  std::size_t left = 0;
  for (const std::string& ciphertext : ciphertexts) {
    left += Holding(folder_.path(), ciphertext).size();
  }
  EXPECT_EQ(left, 1U);  // the seller's

  {
    ServerProcess server(folder_.path(), config_);
    const Remote shop(server.address(), key);
    v1::Record record;
    EXPECT_EQ(Get(shop, kBuyer, "name", record), "RECORD_NOT_FOUND");
    EXPECT_EQ(Get(shop, "platforms/shop/parties/seller", "name", record), "OK");
    EXPECT_EQ(record.content(), "Charles Babbage");
    EXPECT_EQ(Erase(shop, kBuyer, 4), "OK");  // again, as who lost the reply does
    EXPECT_EQ(Put(shop, kBuyer, "name", kPlaintext, 1), "OK");
    const std::string command = std::string(ESCROWCTL_BINARY) + " --address " + server.address() + " --data-dir " +
                                folder_.path() + "/data backup create " + folder_.path() + "/backup >/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(server.Stop(std::chrono::seconds(30)), 0);
    log += server.log();
  }
  std::ofstream(folder_.path() + "/server.log") << log;
  for (const std::string& secret : secrets) {
    EXPECT_TRUE(Holding(folder_.path(), secret).empty());
  }
  // What was proved before the erasure is proved by the same bytes after it.
  EXPECT_GT(before.durable_sequence(), 5);
  EXPECT_EQ(RootOf(before.durable_sequence()), before.root_hash());
  // The backup proves the whole log, the erasure in it.
  const std::string verify = std::string(ESCROWCTL_BINARY) + " backup verify " + folder_.path() + "/backup >/dev/null";
  EXPECT_EQ(std::system(verify.c_str()), 0);
}

// What a client knows of a party of its own.
struct Known {
  bool put_told = false;  // the server has acknowledged it
  bool erase_sent = false;
  bool erase_told = false;
};

// Parties come, get a record, and every other one is erased, until the server is killed in the middle of something.
TEST_F(ErasureTest, KilledAtAnyMoment) {
  std::map<int, Known> parties;
  std::string key;
  std::mt19937 random(7);
  const auto name = [](int n) { return "platforms/shop/parties/p" + std::to_string(n); };
  const auto content = [](int n) { return "the content of party " + std::to_string(n); };
  for (int life = 0; life < 8; ++life) {
    ServerProcess server(folder_.path(), config_);
    if (life == 0) {
      key = SetUpShop(server);
    }
    const Remote shop(server.address(), key);
    for (auto& [n, known] : parties) {
      SCOPED_TRACE(name(n) + " in life " + std::to_string(life));
      v1::Record record;
      if (!known.put_told) {
        EXPECT_EQ(Put(shop, name(n), "r", content(n), 3 * n + 1), "OK");  // the same request, as who got no answer does
        known.put_told = true;
      }
      if (known.erase_sent && !known.erase_told) {
        EXPECT_EQ(Erase(shop, name(n), 3 * n + 2), "OK");
        known.erase_told = true;
      }
      EXPECT_EQ(Get(shop, name(n), "r", record), known.erase_told ? "RECORD_NOT_FOUND" : "OK");
      EXPECT_EQ(record.content(), known.erase_told ? "" : content(n));
    }
    std::thread killer([&server, delay = std::uniform_int_distribution(20, 300)(random)] {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
      server.Kill();
    });
    for (bool alive = true; alive;) {
      const int n = static_cast<int>(parties.size());
      v1::Command create;
      create.mutable_create_party()->set_parent("platforms/shop");
      create.mutable_create_party()->set_party_id("p" + std::to_string(n));
      create.mutable_create_party()->set_request_id(RequestId(3 * n));
      v1::CommandReply reply;
      alive = shop.Execute(create, reply).ok();
      if (alive) {
        Known& known = parties[n];
        known.put_told = Put(shop, name(n), "r", content(n), 3 * n + 1) == "OK";
        alive = known.put_told;
        if (alive && n % 2 == 1) {
          known.erase_sent = true;
          known.erase_told = Erase(shop, name(n), 3 * n + 2) == "OK";
          alive = known.erase_told;
        }
      }
    }
    killer.join();
  }
  EXPECT_GT(parties.size(), 20U);
  {
    ServerProcess server(folder_.path(), config_);  // settles what the last kill left
    EXPECT_EQ(server.Stop(std::chrono::seconds(30)), 0);
  }
  std::size_t slots = 0;
  const std::string keys = ReadAll(folder_.path() + "/data/vault/keys");
  for (std::size_t at = 512; at < keys.size(); at += 512) {
    slots += keys.substr(at, 512) != std::string(512, '\0') ? 1U : 0U;
  }
  std::size_t files = 0;
  for (const fs::directory_entry& file : fs::directory_iterator(folder_.path() + "/data/vault/records")) {
    files += file.is_regular_file() ? 1U : 0U;
  }
  const auto gone = static_cast<std::size_t>(
      std::ranges::count_if(parties, [](const auto& party) { return party.second.erase_sent; }));
  // The very last request of the last life may or may not have happened.
  EXPECT_GE(slots, parties.size() - gone - 1);
  EXPECT_LE(slots, parties.size() - gone + 1);
  EXPECT_EQ(files, slots);
}

}  // namespace
}  // namespace escrow::test
