#include "support/crash_fs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "crypto/hex.h"

namespace escrow::test {
namespace {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// The record, a line each:
//   create PATH             a new file, or an old one made empty

//   sync PATH N             so many bytes are durable
//   was PATH OFFSET HEX     bytes that were overwritten in place
//   rename FROM TO KEPT     KEPT is the file that TO was before, or -
//   link FROM TO, delete PATH KEPT
//   folder PATH             its entries are durable
constexpr char kRecordName[] = "/record";

constexpr std::uint64_t kSectorBytes = 512;  // what a disk writes as a whole or not at all

std::string Normal(const std::string& path) { return fs::path(path).lexically_normal().string(); }

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> file, CrashFs& disk, std::string path)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = disk_.Count(true);
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : fault;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  IODebugContext* debug) override {
    const IOStatus fault = disk_.Count(true);
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, info, debug) : fault;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Synced([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Synced([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }
  // Room that is reserved ahead only takes time here.
  void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = disk_.Count(false);
    return fault.ok() ? FSWritableFileOwnerWrapper::Truncate(size, options, debug) : fault;
  }

 private:
  template <class Call>
  IOStatus Synced(Call call) {
    IOStatus status = disk_.Count(true);
    if (!status.ok()) {
      return status;
    }
    std::error_code gone;  // a file may be deleted while it is open
    const std::uint64_t size = fs::file_size(path_, gone);
    status = call();
    if (status.ok() && !gone) {
      disk_.Record("sync " + path_ + " " + std::to_string(size));
    }
    return status;
  }

  CrashFs& disk_;
  const std::string path_;
};

class OverwrittenFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  OverwrittenFile(std::unique_ptr<rocksdb::FSRandomRWFile> file, CrashFs& disk, std::string path)
      : FSRandomRWFileOwnerWrapper(std::move(file)), disk_(disk), path_(std::move(path)) {}

  IOStatus Write(std::uint64_t offset, const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus fault = disk_.Count(true);
    if (!fault.ok()) {
      return fault;
    }
    std::vector<char> scratch(data.size());
    Slice before;
    const IOStatus read = Read(offset, data.size(), options, &before, scratch.data(), debug);
    ESCROW_ASSERT(read.ok() && before.size() == data.size());  // files grow by appending alone
    disk_.Record("was " + path_ + " " + std::to_string(offset) + " " +
                 crypto::HexEncode({reinterpret_cast<const std::uint8_t*>(before.data()), before.size()}));
    return FSRandomRWFileOwnerWrapper::Write(offset, data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = disk_.Count(true);
    if (status.ok()) {
      status = FSRandomRWFileOwnerWrapper::Sync(options, debug);
    }
    if (status.ok()) {
      disk_.Record("sync " + path_ + " " + std::to_string(fs::file_size(path_)));
    }
    return status;
  }

 private:
  CrashFs& disk_;
  const std::string path_;
};

class Folder final : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> folder, CrashFs& disk, std::string path)
      : FSDirectoryWrapper(std::move(folder)), disk_(disk), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return FsyncWithDirOptions(options, debug, rocksdb::DirFsyncOptions());
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& how) override {
    IOStatus status = disk_.Count(true);
    if (status.ok()) {
      status = FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how);
    }
    if (status.ok()) {
      disk_.Record("folder " + path_);
    }
    return status;
  }

 private:
  CrashFs& disk_;
  const std::string path_;
};

}  // namespace

CrashFs::CrashFs(DiskFault fault, std::uint64_t n, std::string record_folder)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      fault_(fault),
      n_(n),
      record_folder_(std::move(record_folder)) {
  ESCROW_ASSERT(fs::create_directories(record_folder_));
  record_ = open((record_folder_ + kRecordName).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ESCROW_ASSERT(record_ >= 0);
}

CrashFs::~CrashFs() { close(record_); }

IOStatus CrashFs::Count(bool room) {
  const std::uint64_t call = ++calls_;
  if (fault_ == DiskFault::kPowerCut && call == n_) {
    _exit(kPowerCutExit);
  }
  if (fault_ == DiskFault::kError && call == n_) {
    return IOStatus::IOError("the test's disk failed at call", std::to_string(call));
  }
  if (fault_ == DiskFault::kNoSpace && call >= n_ && room) {
    return IOStatus::NoSpace("the test's disk is full at call", std::to_string(call));
  }
  return IOStatus::OK();
}

void CrashFs::Record(const std::string& line) {
  const std::string text = line + "\n";
  const std::lock_guard lock(mutex_);
  ESCROW_ASSERT(write(record_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string CrashFs::Keep(const std::string& path) {
  if (!fs::exists(path)) {
    return "-";
  }
  std::string kept = record_folder_ + "/kept-" + std::to_string(++kept_);
  fs::create_hard_link(path, kept);
  return kept;
}

IOStatus CrashFs::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = Count(true);
  if (status.ok()) {
    status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
  }
  if (status.ok()) {
    Record("create " + Normal(path));
    *file = std::make_unique<WritableFile>(std::move(*file), *this, Normal(path));
  }
  return status;
}

IOStatus CrashFs::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = Count(true);
  const bool existed = fs::exists(path);
  if (status.ok()) {
    status = FileSystemWrapper::ReopenWritableFile(path, options, file, debug);
  }
  if (status.ok()) {
    if (!existed) {
      Record("create " + Normal(path));
    }
    *file = std::make_unique<WritableFile>(std::move(*file), *this, Normal(path));
  }
  return status;
}

IOStatus CrashFs::NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                  std::unique_ptr<rocksdb::FSRandomRWFile>* file, IODebugContext* debug) {
  IOStatus status = Count(false);
  if (status.ok()) {
    status = FileSystemWrapper::NewRandomRWFile(path, options, file, debug);
  }
  if (status.ok()) {
    *file = std::make_unique<OverwrittenFile>(std::move(*file), *this, Normal(path));
  }
  return status;
}

IOStatus CrashFs::NewDirectory(const std::string& path, const IOOptions& options,
                               std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* debug) {
  IOStatus status = Count(false);
  if (status.ok()) {
    status = FileSystemWrapper::NewDirectory(path, options, folder, debug);
  }
  if (status.ok()) {
    *folder = std::make_unique<Folder>(std::move(*folder), *this, Normal(path));
  }
  return status;
}

IOStatus CrashFs::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                             IODebugContext* debug) {
  IOStatus status = Count(true);
  const std::string kept = status.ok() ? Keep(to) : "-";
  if (status.ok()) {
    status = FileSystemWrapper::RenameFile(from, to, options, debug);
  }
  if (status.ok()) {
    Record("rename " + Normal(from) + " " + Normal(to) + " " + kept);
  }
  return status;
}

IOStatus CrashFs::LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                           IODebugContext* debug) {
  IOStatus status = Count(true);
  if (status.ok()) {
    status = FileSystemWrapper::LinkFile(from, to, options, debug);
  }
  if (status.ok()) {
    Record("link " + Normal(from) + " " + Normal(to));
  }
  return status;
}

IOStatus CrashFs::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  IOStatus status = Count(false);
  const std::string kept = status.ok() ? Keep(path) : "-";
  if (status.ok()) {
    status = FileSystemWrapper::DeleteFile(path, options, debug);
  }
  if (status.ok()) {
    Record("delete " + Normal(path) + " " + kept);
  }
  return status;
}

IOStatus CrashFs::Truncate(const std::string& path, std::size_t size, const IOOptions& options, IODebugContext* debug) {
  const IOStatus fault = Count(false);
  return fault.ok() ? FileSystemWrapper::Truncate(path, size, options, debug) : fault;
}

namespace {

// The disk as its record tells it.
class Disk {
 public:
  explicit Disk(std::mt19937_64* random) : random_(random) {}

  void Read(const std::string& record) {
    std::ifstream stream(record);
    std::string line;
    while (std::getline(stream, line)) {
      std::istringstream words(line);
      std::string verb;
      Change change;
      words >> verb >> change.path;
      if (verb == "create") {
        files_[change.path] = File{.written = true, .synced = 0, .overwritten = {}};
        changes_.push_back(change);
      } else if (verb == "sync") {
        words >> files_[change.path].synced;
        files_[change.path].overwritten.clear();
      } else if (verb == "was") {
        Overwrite was;
        std::string hex;
        words >> was.offset >> hex;
        was.bytes = *crypto::HexDecode(hex);
        files_[change.path].overwritten.push_back(was);
      } else if (verb == "folder") {
        std::erase_if(changes_, [&](const Change& c) { return fs::path(c.path).parent_path() == change.path; });
      } else if (verb == "rename" || verb == "link") {
        change.from = change.path;
        words >> change.path >> change.kept;
        change.linked = verb == "link";
        files_[change.path] = files_[change.from];
        if (verb == "rename") {
          files_.erase(change.from);
        }
        changes_.push_back(change);
      } else {
        ESCROW_ASSERT(verb == "delete");
        change.deleted = true;
        words >> change.kept;
        files_.erase(change.path);
        changes_.push_back(change);
      }
    }
  }

  void LoseBytes() {
    for (const auto& [path, file] : files_) {
      if (file.written && fs::exists(path) && fs::file_size(path) > file.synced) {
        fs::resize_file(path, file.synced + Part(fs::file_size(path) - file.synced));
      }
      LoseOverwrites(path, file.overwritten);
    }
  }

  void LoseNames() {
    // Entries of a folder are kept in the order of their changes: some of the first ones may have become durable.
    const std::size_t durable = Part(changes_.size());
    for (std::size_t i = changes_.size(); i > durable; --i) {
      Undo(changes_[i - 1]);
    }
  }

 private:
  struct Overwrite {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct File {
    bool written = false;  // made in this life; others are durable but for what was overwritten
    std::uint64_t synced = 0;
    std::vector<Overwrite> overwritten;
  };
  // Of a folder's entries. Without `from`, `linked` and `deleted`: a new file.
  struct Change {
    std::string path;
    std::string from;
    std::string kept = "-";
    bool linked = false;
    bool deleted = false;
  };

  // A sector has what was written to it up to some time; the oldest unsynced state is what is sure.
  void LoseOverwrites(const std::string& path, const std::vector<Overwrite>& overwritten) {
    std::set<std::uint64_t> kept;  // sectors
    for (auto was = overwritten.rbegin(); was != overwritten.rend(); ++was) {
      const std::uint64_t end = std::min<std::uint64_t>(was->offset + was->bytes.size(), fs::file_size(path));
      std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
      for (std::uint64_t at = was->offset; at < end;) {
        const std::uint64_t sector = at / kSectorBytes;
        const std::uint64_t next = std::min(end, (sector + 1) * kSectorBytes);
        if (kept.contains(sector) || Part(1) == 1) {
          kept.insert(sector);
        } else {
          stream.seekp(static_cast<std::streamoff>(at));
          stream.write(was->bytes.data() + (at - was->offset), static_cast<std::streamsize>(next - at));
        }
        at = next;
      }
      ESCROW_ASSERT(stream.good());
    }
  }

  std::size_t Part(std::size_t all) { return random_ == nullptr ? 0 : (*random_)() % (all + 1); }

  static void Undo(const Change& change) {
    if (change.deleted) {
      fs::rename(change.kept, change.path);
    } else if (!change.from.empty() && !change.linked) {
      fs::rename(change.path, change.from);
      if (change.kept != "-") {
        fs::rename(change.kept, change.path);
      }
    } else {
      fs::remove(change.path);
    }
  }

  std::mt19937_64* const random_;
  std::map<std::string, File> files_;
  std::vector<Change> changes_;  // since the last sync of their folder
};

}  // namespace

void LosePageCache(const std::string& record_folder, std::mt19937_64* random) {
  Disk disk(random);
  disk.Read(record_folder + kRecordName);
  disk.LoseBytes();
  disk.LoseNames();
}

}  // namespace escrow::test
