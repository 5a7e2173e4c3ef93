#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "vault/disk.h"

namespace escrow::test {

// CrashDisk: a folder in memory on which the power goes at a chosen step. What a call promises to be durable is; of the
// rest (names since the last SyncFolder, and what the call that was cut had begun) PowerCut keeps nothing, everything,
// or what the random numbers say. Threading: none.
class CrashDisk final : public vault::Disk {
 public:
  enum class Keeps { kNothing, kEverything, kAnything };

  // From now on, the `n`-th call that changes something (from 1) is cut, and every call after it fails.
  void CutAt(std::uint64_t n) {
    steps_ = 0;
    cut_at_ = n;
  }
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // The power is back.
  void PowerCut(Keeps keeps, std::mt19937_64& random) {
    const auto keep = [&] {
      return keeps == Keeps::kEverything ||
             (keeps == Keeps::kAnything && std::uniform_int_distribution(0, 1)(random) == 1);
    };
    if (torn_) {
      std::string& bytes = *torn_->file;
      const std::size_t size = torn_->bytes.size();
      const std::size_t kept = keeps == Keeps::kNothing ? 0
                               : keeps == Keeps::kEverything
                                   ? size
                                   : std::uniform_int_distribution<std::size_t>(0, size)(random);
      bytes.resize(std::max(bytes.size(), torn_->offset + kept), '\0');
      bytes.replace(torn_->offset, kept, torn_->bytes.substr(0, kept));
      torn_.reset();
    }
    std::set<std::string> paths;
    for (const auto& names : {names_, durable_}) {
      for (const auto& [path, file] : names) {
        paths.insert(path);
      }
    }
    for (const std::string& path : paths) {
      Copy(path, keep() ? names_ : durable_, names_after_);
    }
    names_ = durable_ = std::move(names_after_);
    names_after_.clear();
    dead_ = false;
    cut_at_ = 0;
  }

  // Whether the bytes are in any file that ever was: what has no name any more still lies on the disk.
  [[nodiscard]] bool Holds(std::string_view bytes) const {
    return std::ranges::any_of(files_, [&](const auto& file) { return file->find(bytes) != std::string::npos; });
  }
  // The contents of a file, to be looked at and tampered with.
  [[nodiscard]] std::string& at(const std::string& path) { return *names_.at(path); }
  [[nodiscard]] std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (const auto& [path, file] : names_) {
      paths.push_back(path);
    }
    return paths;
  }

  absl::StatusOr<std::string> Read(const std::string& path, std::uint64_t offset, std::size_t size) override {
    if (dead_) {
      return Dead();
    }
    const auto found = names_.find(path);
    if (found == names_.end()) {
      return absl::NotFoundError(path);
    }
    return offset < found->second->size() ? found->second->substr(offset, size) : std::string();
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& folder) override {
    std::vector<std::string> list;
    for (const auto& [path, file] : names_) {
      if (path.starts_with(folder + "/")) {
        list.push_back(path.substr(folder.size() + 1));
      }
    }
    return dead_ ? absl::StatusOr<std::vector<std::string>>(Dead()) : list;
  }
  absl::Status MakeFolder(const std::string&) override { return Step() ? absl::OkStatus() : Dead(); }
  absl::Status WriteFile(const std::string& path, std::string_view bytes) override {
    if (dead_) {
      return Dead();
    }
    names_[path] = files_.emplace_back(std::make_shared<std::string>());
    return Write(names_[path], 0, bytes);
  }
  absl::Status Overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) override {
    return dead_ ? Dead() : Write(names_.at(path), offset, bytes);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (!Step()) {
      return Dead();
    }
    names_[to] = names_.at(from);
    names_.erase(from);
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& path) override {
    if (!Step()) {
      return Dead();
    }
    names_.erase(path);
    return absl::OkStatus();
  }
  absl::Status SyncFolder(const std::string& folder) override {
    if (!Step()) {
      return Dead();
    }
    const auto within = [&](const std::string& path) {
      return folder == "." ? path.find('/') == std::string::npos : path.starts_with(folder + "/");
    };
    std::erase_if(durable_, [&](const auto& entry) { return within(entry.first); });
    for (const auto& [path, file] : names_) {
      if (within(path)) {
        durable_[path] = file;
      }
    }
    return absl::OkStatus();
  }

 private:
  using File = std::shared_ptr<std::string>;
  using Names = std::map<std::string, File>;
  struct Torn {
    File file;
    std::size_t offset;
    std::string bytes;
  };

  static absl::Status Dead() { return absl::UnavailableError("the power is off"); }

  static void Copy(const std::string& path, const Names& from, Names& to) {
    if (const auto found = from.find(path); found != from.end()) {
      to[path] = found->second;
    }
  }

  // Counts a step; false when the power goes at it or is off.
  bool Step() {
    dead_ = dead_ || (cut_at_ != 0 && steps_ + 1 == cut_at_);
    steps_ += dead_ ? 0 : 1;
    return !dead_;
  }

  absl::Status Write(const File& file, std::uint64_t offset, std::string_view bytes) {
    if (!Step()) {
      torn_ = Torn{.file = file, .offset = offset, .bytes = std::string(bytes)};
      return Dead();
    }
    file->resize(std::max<std::size_t>(file->size(), offset + bytes.size()), '\0');
    file->replace(offset, bytes.size(), bytes);
    return absl::OkStatus();
  }

  std::vector<File> files_;
  Names names_;
  Names durable_;
  Names names_after_;
  std::optional<Torn> torn_;
  std::uint64_t steps_ = 0;
  std::uint64_t cut_at_ = 0;
  bool dead_ = false;
};

}  // namespace escrow::test
