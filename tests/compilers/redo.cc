// Does all commands of logs again and says what came out: whether every event has the very bytes that the log has, and
// the digest of the state. Two builds that say the same decide and replay alike to the bit.
//
//   redo FILE     FILE: logs back to back, each event as be16 length and bytes; a log begins with log_created
//
// Exit codes: 0 done and the same; 1 an event differs; 2 the file cannot be read.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/apply.h"
#include "core/machine.h"
#include "crypto/hex.h"
#include "crypto/sha256.h"
#include "escrow/v1/event.pb.h"

namespace escrow {
namespace {

struct Entry {
  v1::Event event;
  std::string_view bytes;
};

bool ReadEntries(std::string_view file, std::vector<Entry>& entries) {
  while (file.size() >= 2) {
    const std::size_t size =
        std::size_t{static_cast<unsigned char>(file[0])} << 8U | static_cast<unsigned char>(file[1]);
    if (file.size() < 2 + size) {
      return false;
    }
    Entry& entry = entries.emplace_back();
    entry.bytes = file.substr(2, size);
    if (!entry.event.ParseFromArray(entry.bytes.data(), static_cast<int>(size))) {
      return false;
    }
    file.remove_prefix(2 + size);
  }
  return file.empty() && !entries.empty() && entries.front().event.has_log_created();
}

// The machine of one log, done again.
class Redo {
 public:
  // The events of one call of the machine: they have its log time, which no other call has.
  [[nodiscard]] bool Call(const std::vector<Entry>& entries, std::size_t begin, std::size_t end) {
    const base::Time log_time = core::FromTimestamp(entries[begin].event.log_time());
    std::vector<core::Request> requests;
    std::size_t timers = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const v1::Event& event = entries[i].event;
      if (event.has_command()) {
        requests.push_back({.command = &event.command(), .actor = &event.actor()});
      } else if (event.cause_sequence() == 0) {
        ++timers;
      }
    }
    buffer_.Clear();
    if (requests.empty() && !entries[begin].event.has_log_created()) {
      return Timers(entries, begin, end, log_time, timers);
    }
    if (requests.empty()) {
      machine_->Begin(entries[begin].event.log_created().log_id(), log_time, buffer_);
    } else if (requests.size() == 1) {
      (void)machine_->Execute(requests.front(), log_time, buffer_);
    } else {
      (void)machine_->ExecuteAtomic(requests, log_time, buffer_);
    }
    const bool same = Same(entries, begin, end);
    if (!same) {
      Tell(entries, begin, end);
    }
    return same;
  }

  void AddTo(crypto::Sha256& sha) const {
    machine_->Save([&sha](std::string_view piece) { sha.Update(piece); });
  }

  // Events of timers that were applied and not decided again.
  [[nodiscard]] std::size_t applied() const { return applied_; }

 private:
  // Timers expire by themselves, in an order of their own; or those of one agreement first, because of a command about
  // it that left no event. Which it was the log does not say: so it is tried, and else they are applied as they are.
  [[nodiscard]] bool Timers(const std::vector<Entry>& entries, std::size_t begin, std::size_t end, base::Time log_time,
                            std::size_t timers) {
    std::string saved;
    machine_->Save([&saved](std::string_view piece) { saved += piece; });
    (void)machine_->Expire(log_time, timers, buffer_);
    if (Same(entries, begin, end)) {
      return true;
    }
    machine_ = std::make_unique<core::Machine>();
    if (!machine_->Load(saved)) {
      return false;
    }
    for (std::size_t i = begin; i < end; ++i) {
      machine_->Apply(entries[i].event);
    }
    applied_ += end - begin;
    return true;
  }

  [[nodiscard]] bool SameAt(const std::vector<Entry>& entries, std::size_t begin, std::size_t end,
                            std::size_t i) const {
    return i < buffer_.size() && begin + i < end && buffer_[i].SerializeAsString() == entries[begin + i].bytes;
  }
  [[nodiscard]] bool Same(const std::vector<Entry>& entries, std::size_t begin, std::size_t end) const {
    bool same = buffer_.size() == end - begin;
    for (std::size_t i = 0; same && i < buffer_.size(); ++i) {
      same = SameAt(entries, begin, end, i);
    }
    return same;
  }
  void Tell(const std::vector<Entry>& entries, std::size_t begin, std::size_t end) const {
    std::size_t i = 0;
    while (SameAt(entries, begin, end, i)) {
      ++i;
    }
    std::fprintf(stderr, "redo: event %lu differs\n  log:  %s\n  redo: %s\n", entries[begin].event.sequence() + i,
                 begin + i < end ? entries[begin + i].event.ShortDebugString().c_str() : "nothing",
                 i < buffer_.size() ? buffer_[i].ShortDebugString().c_str() : "nothing");
  }

  std::unique_ptr<core::Machine> machine_ = std::make_unique<core::Machine>();
  core::EventBuffer buffer_;
  std::size_t applied_ = 0;
};

int Main(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<Entry> entries;
  if (!file.good() && !file.eof()) {
    std::fprintf(stderr, "redo: cannot read %s\n", path);
    return 2;
  }
  if (!ReadEntries(bytes, entries)) {
    std::fprintf(stderr, "redo: %s holds no logs\n", path);
    return 2;
  }
  crypto::Sha256 sha;
  std::unique_ptr<Redo> log;
  std::size_t logs = 0;
  std::size_t applied = 0;
  for (std::size_t begin = 0; begin < entries.size();) {
    if (entries[begin].event.has_log_created()) {
      if (log != nullptr) {
        log->AddTo(sha);
        applied += log->applied();
      }
      log = std::make_unique<Redo>();
      ++logs;
    }
    const auto time = core::FromTimestamp(entries[begin].event.log_time());
    std::size_t end = begin + 1;
    while (end < entries.size() && !entries[end].event.has_log_created() &&
           core::FromTimestamp(entries[end].event.log_time()) == time) {
      ++end;
    }
    if (!log->Call(entries, begin, end)) {
      return 1;
    }
    begin = end;
  }
  log->AddTo(sha);
  applied += log->applied();
  std::printf("%zu logs, %zu events, %zu of them applied as they are, states %s\n", logs, entries.size(), applied,
              crypto::HexEncode(sha.Finish()).c_str());
  return 0;
}

}  // namespace
}  // namespace escrow

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: redo FILE\n");
    return 2;
  }
  return escrow::Main(argv[1]);
}
