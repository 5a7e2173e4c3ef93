// Makes seeds for tlog_fuzz.cc: a good one of each format, from a small log with keys that are the same in every run.
//
//   fuzz_tlog_seeds FOLDER

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "support/witnessed_log.h"
#include "tlog/add_checkpoint.h"
#include "tlog/tile.h"

namespace escrow::tlog {
namespace {

void WriteSeeds(const std::string& folder) {
  WitnessedLog log(16);
  std::string bundle(1, '\x02');  // three entries
  for (const char* entry : {"0", "", "two"}) {
    AppendEntry(bundle, entry);
  }
  const AddCheckpointRequest request{
      .old_size = 6, .proof = *BuildConsistencyProof(6, 13, log.tree), .checkpoint = log.Checkpoint(13)};
  std::string numbers(16, '\0');
  numbers[7] = 4;    // leaf 4
  numbers[15] = 13;  // of 13
  for (const Hash& hash : log.Proof(4, 13).hashes) {
    numbers.append(hash.begin(), hash.end());
  }
  const std::pair<std::string, std::string> seeds[] = {
      // in the order of the parsers
      {"note", FormatNote(log.Cosigned(13).note)},
      {"checkpoint", log.Checkpoint(13).note.text + "extension\n"},
      {"verifier-key", log.key.verifier().Format()},
      {"tile-path", "tile/0/x001/x234/067.p/17"},
      {"bundle", bundle},
      {"proof-file", FormatTlogProof(log.Proof(4, 13))},
      {"policy", log.PolicyText()},
      {"add-checkpoint", FormatAddCheckpoint(request)},
      {"proof", numbers},
  };
  std::filesystem::create_directories(folder);
  char parser = 0;
  for (const auto& [name, bytes] : seeds) {
    std::ofstream(folder + "/" + name, std::ios::binary) << parser++ << bytes;
  }
  std::ofstream(folder + "/private-key", std::ios::binary) << '\x02' << log.witnesses[0].Format();
  std::ofstream(folder + "/entries-path", std::ios::binary) << '\x03' << "tile/entries/000";
}

}  // namespace
}  // namespace escrow::tlog

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_tlog_seeds FOLDER\n");
    return 2;
  }
  escrow::tlog::WriteSeeds(argv[1]);
  return 0;
}
