// Makes seeds for the fuzz targets from a log that something real has written: its commands, its rows, a snapshot of
// its state; and what does not come from a log: orders as CSV, texts, requests.
//
//   fuzz_seeds DATA_FOLDER CORPUS_FOLDER

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/command.h"
#include "core/machine.h"
#include "engine/replay.h"
#include "escrow/v1/command_service.pb.h"
#include "escrow/v1/event.pb.h"
#include "escrowctl/orders/generator.h"
#include "google/protobuf/util/json_util.h"
#include "journal/rocks/format.h"
#include "journal/rocks/log_end.h"
#include "journal/rocks/rocks_journal.h"

namespace escrow::fuzz {
namespace {

constexpr std::size_t kCommandsPerSeed = 24;
constexpr std::size_t kCommandSeedsMax = 12;
constexpr std::uint64_t kEventsOfChanges = 20;
constexpr std::size_t kSaveBytes = 1 << 20;
constexpr std::uint8_t kJson = 255;  // of request_fuzz.cc

class Corpus {
 public:
  explicit Corpus(std::string folder) : folder_(std::move(folder)) {}

  void Write(const std::string& target, const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(folder_ + "/" + target);
    std::ofstream(folder_ + "/" + target + "/" + name, std::ios::binary) << bytes;
  }

 private:
  const std::string folder_;
};

std::vector<v1::Event> ReadLog(const journal::Journal& journal) {
  std::vector<v1::Event> events;
  const absl::Status status = journal.Read(1, [&](std::uint64_t, std::string_view bytes) {
    return events.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  });
  ESCROW_ASSERT(status.ok() && !events.empty());
  return events;
}

// The same id for the same command whenever the seeds are made, and one that commands_fuzz.cc gives to who may.
void NumberRequest(v1::Command& command, std::uint64_t number) {
  char id[40];
  std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%011llx0", static_cast<unsigned long long>(number));
  const auto& reflection = *command.GetReflection();
  auto* payload = reflection.MutableMessage(
      &command, reflection.GetOneofFieldDescriptor(command, command.GetDescriptor()->oneof_decl(0)));
  payload->GetReflection()->SetString(payload, payload->GetDescriptor()->FindFieldByName("request_id"), id);
}

// Seeds of some commands each, all with those that make the platform and its parties.
void WriteCommands(const std::vector<v1::Event>& events, const Corpus& corpus) {
  std::map<std::string, v1::ExecuteBatchRequest> foundations;  // by platform
  std::map<std::string, v1::ExecuteBatchRequest> open;
  std::size_t seeds = 0;
  std::uint64_t number = 0;
  for (const v1::Event& event : events) {
    if (!event.has_command() || event.command().has_create_credential()) {
      continue;
    }
    v1::Command command = event.command();
    NumberRequest(command, ++number);
    const std::string platform = event.platform();
    if (command.has_create_platform() || command.has_create_party()) {
      *foundations[platform].add_commands() = command;
      continue;
    }
    v1::ExecuteBatchRequest& batch = open[platform];
    *batch.add_commands() = command;
    if (batch.commands_size() == kCommandsPerSeed && seeds < kCommandSeedsMax) {
      v1::ExecuteBatchRequest seed = foundations[platform];
      seed.MergeFrom(batch);
      seed.set_atomic(seeds % 4 == 3);
      corpus.Write("commands", "story-" + std::to_string(seeds++), seed.SerializeAsString());
      batch.Clear();
    }
  }
}

void WriteSnapshot(const journal::Journal& journal, std::uint64_t through, const Corpus& corpus) {
  const auto replayed = engine::ReplayFromZero(journal, through, [](std::uint64_t, std::uint64_t) {});
  ESCROW_ASSERT(replayed.ok());
  core::Machine& machine = *replayed->machine;
  std::string whole;
  machine.BeginSave(core::SaveExtent::kWhole);
  while (!machine.ContinueSave(kSaveBytes, [&whole](std::string_view piece) { whole.append(piece); })) {
  }
  std::string input;
  journal::rocks::AppendBe32(input, static_cast<std::uint32_t>(whole.size()));
  input += whole;
  corpus.Write("snapshot", "at-" + std::to_string(through), input);
  const absl::Status read = journal.Read(through + 1, [&](std::uint64_t sequence, std::string_view bytes) {
    v1::Event event;
    ESCROW_ASSERT(event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    machine.Apply(event);
    return sequence < through + kEventsOfChanges;
  });
  ESCROW_ASSERT(read.ok());
  machine.BeginSave(core::SaveExtent::kChanges);
  while (!machine.ContinueSave(kSaveBytes, [&input](std::string_view piece) { input.append(piece); })) {
  }
  corpus.Write("snapshot", "at-" + std::to_string(through) + "-and-changes", input);
}

// Rows as rows_fuzz.cc takes them, without their checksums.
void WriteRows(const std::vector<v1::Event>& events, const journal::Tail& tail, const Corpus& corpus) {
  const auto row = [](std::uint8_t what, std::uint64_t sequence, std::string_view value) {
    std::string bytes(1, static_cast<char>(what | 0x80U));
    journal::rocks::AppendBe64(bytes, sequence);
    return bytes.append(value);
  };
  const auto body = [](std::string value) {
    value.resize(value.size() - journal::rocks::kChecksumBytes);
    return value;
  };
  journal::Group group;
  group.first_sequence = 6;
  group.root = tail.root;
  for (const std::size_t index : {5U, 6U}) {
    group.bytes += events.at(index).SerializeAsString();
    group.ends.push_back(static_cast<std::uint32_t>(group.bytes.size()));
  }
  corpus.Write("rows", "group", row(1, group.first_sequence, journal::rocks::EncodeGroup(group).head + group.bytes));
  const journal::rocks::SnapshotRow snapshot{
      .info = {.sequence = tail.sequence, .digest = {}, .root = tail.root, .right_edge = {tail.root, tail.root}},
      .size = 12'345};
  corpus.Write("rows", "snapshot", row(2, tail.sequence, body(journal::rocks::EncodeSnapshotInfo(snapshot))));
}

// The beginning of a write-ahead log, padded, for the same.
void WriteLogFile(const std::string& data, const Corpus& corpus) {
  constexpr std::size_t kSeedBytes = 6'000;
  for (const std::filesystem::directory_entry& file : std::filesystem::directory_iterator(data + "/log")) {
    if (file.path().extension() == ".log" && file.file_size() > kSeedBytes) {
      std::ifstream stream(file.path(), std::ios::binary);
      std::string bytes(kSeedBytes, '\0');
      stream.read(bytes.data(), kSeedBytes);
      corpus.Write("rows", "log", '\0' + bytes.substr(0, journal::rocks::EndOfLog(bytes)) + std::string(700, '\0'));
    }
  }
}

// The beginning of the log, entries with their lengths (audit_fuzz.cc).
void WriteEntries(const journal::Journal& journal, const Corpus& corpus) {
  std::string entries;
  const absl::Status status = journal.Read(1, [&](std::uint64_t sequence, std::string_view bytes) {
    entries += static_cast<char>(bytes.size() >> 8U);
    entries += static_cast<char>(bytes.size());
    entries += bytes;
    if (sequence == 24 || sequence == 120) {
      corpus.Write("audit", "first-" + std::to_string(sequence), entries);
    }
    return sequence < 120;
  });
  ESCROW_ASSERT(status.ok());
}

void WriteCsv(const Corpus& corpus) {
  for (const std::uint64_t seed : {1U, 2U}) {
    const orders::DatasetTexts texts = orders::Generate(8, seed);
    corpus.Write("csv", "orders-" + std::to_string(seed),
                 texts.orders + "----\n" + texts.items + "----\n" + texts.payments + "----\n" + texts.reviews);
  }
  corpus.Write("csv", "quotes", "a,\"b \"\"c\"\"\n\",d\r\n1,2,3\n");
}

void WriteTexts(const Corpus& corpus) {
  const std::vector<std::vector<std::string>> texts = {
      {"platforms/shop", "platforms/shop/parties/ada", "platforms/shop/agreements/a-1", "credentials/k"},
      {"00000000-0000-4000-8000-000000000000", "a-1", "invoice 4711"},
      {"99.90", "0", "9223372036854775807", "100.000"},
      {"100.00 EUR", "EUR:10000", "0.001 BHD", "5 JPY"},
      {"2026-03-02T09:00:00Z", "1d12h", "90s", "2017-07-09 21:57:05", "2026-03-02T09:00:00.5+05:30"},
      {"state=ACTIVE", "state=SETTLED AND party=platforms/shop/parties/ada"},
      {"AQAAAAAAAAAAAAAAAAAAAA==", "not-a-token"},
      {"127.0.0.1:7443", "[::1]:0", "localhost:80", "0.0.0.0:65535"},
  };
  for (std::size_t kind = 0; kind < texts.size(); ++kind) {
    for (std::size_t i = 0; i < texts[kind].size(); ++i) {
      corpus.Write("text", std::to_string(kind) + "-" + std::to_string(i),
                   std::string(1, static_cast<char>(kind)) + texts[kind][i]);
    }
  }
}

// A real command of each kind, as JSON; and values for flags.
void WriteRequests(const std::vector<v1::Event>& events, const Corpus& corpus) {
  const google::protobuf::OneofDescriptor& payloads = *v1::Command::descriptor()->oneof_decl(0);
  for (const v1::Event& event : events) {
    if (!event.has_command()) {
      continue;
    }
    const auto& field = *event.command().GetReflection()->GetOneofFieldDescriptor(event.command(), &payloads);
    std::string json;
    ESCROW_ASSERT(google::protobuf::util::MessageToJsonString(
                      event.command().GetReflection()->GetMessage(event.command(), &field), &json)
                      .ok());
    const std::string head = {static_cast<char>(field.index_in_oneof()), static_cast<char>(kJson)};
    corpus.Write("request", "json-" + field.name(), head + json);
  }
  const std::vector<std::string> values = {"platforms/shop", "100.00 EUR", "1d",
                                           "true",           "BUYER",      "{\"kind\":\"KIND_OPERATOR\"}"};
  for (std::size_t i = 0; i < values.size(); ++i) {
    corpus.Write("request", "flag-" + std::to_string(i),
                 std::string{static_cast<char>(5 + i), static_cast<char>(i)} + values[i]);
  }
}

void WriteEdits(const Corpus& corpus) {
  corpus.Write("recovery", "none", "");
  for (int edit = 0; edit < 12; ++edit) {
    corpus.Write("recovery", "edit-" + std::to_string(edit), std::string{static_cast<char>(edit), 3, 9, 5});
  }
}

int Main(const std::string& data, const Corpus& corpus) {
  WriteLogFile(data, corpus);
  const auto journal = journal::RocksJournal::Open({.directory = data});
  if (!journal.ok()) {
    std::fprintf(stderr, "fuzz_seeds: %s\n", journal.status().ToString().c_str());
    return 1;
  }
  const std::vector<v1::Event> events = ReadLog(**journal);
  WriteCommands(events, corpus);
  WriteSnapshot(**journal, std::min<std::uint64_t>(events.size(), 60), corpus);
  WriteRows(events, (*journal)->tail(), corpus);
  WriteEntries(**journal, corpus);
  WriteCsv(corpus);
  WriteTexts(corpus);
  WriteRequests(events, corpus);
  WriteEdits(corpus);
  return 0;
}

}  // namespace
}  // namespace escrow::fuzz

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fuzz_seeds DATA_FOLDER CORPUS_FOLDER\n");
    return 2;
  }
  return escrow::fuzz::Main(argv[1], escrow::fuzz::Corpus(argv[2]));
}
