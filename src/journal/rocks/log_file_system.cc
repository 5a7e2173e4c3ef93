#include "journal/rocks/log_file_system.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "journal/rocks/log_end.h"

namespace escrow::journal::rocks {
namespace {

using rocksdb::FSWritableFileOwnerWrapper;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// How far a file is padded at a time. One sync in so many groups writes it.
constexpr std::size_t kPaddingBytes = 256 * 1024;
// The largest group for which it is.
constexpr std::size_t kPaddedGroupBytesMax = 32 * 1024;
// In parts of this size a file leaves the system's cache; whole pages, whatever their size.
constexpr std::size_t kForgottenBytes = 256 * 1024;
constexpr std::size_t kReadBytes = 1 << 20;
constexpr int kReadingsMax = 5;

bool IsLog(const std::string& path) { return path.ends_with(".log"); }

// A file that is written from its beginning to its end, over zeros where there are some. What is durable leaves the
// system's cache.
class PaddedFile final : public FSWritableFileOwnerWrapper {
 public:
  // `over` is the same file.
  PaddedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::unique_ptr<rocksdb::FSRandomRWFile> over)
      : FSWritableFileOwnerWrapper(std::move(file)), over_(std::move(over)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    ForgetWritten();
    if (written_ + data.size() > size_ && data.size() <= kPaddedGroupBytesMax) {
      static const std::string zeros(kPaddingBytes, '\0');
      if (IOStatus status = Grow(zeros, options, debug); !status.ok()) {
        return status;
      }
    }
    const auto padded = static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), size_ - written_));
    IOStatus status = padded > 0 ? over_->Write(written_, Slice(data.data(), padded), options, debug) : IOStatus::OK();
    if (status.ok() && padded < data.size()) {
      status = Grow(Slice(data.data() + padded, data.size() - padded), options, debug);
    }
    if (status.ok()) {
      written_ += data.size();
    }
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& /*info*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }

  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = over_->Close(options, debug);
    if (status.ok() && written_ < size_) {
      status = FSWritableFileOwnerWrapper::Truncate(written_, options, debug);
    }
    const IOStatus closed = FSWritableFileOwnerWrapper::Close(options, debug);
    return status.ok() ? closed : status;
  }

  std::uint64_t GetFileSize(const IOOptions& /*options*/, IODebugContext* /*debug*/) override { return written_; }

  // RocksDB writes its log from the beginning to the end.
  IOStatus Truncate(std::uint64_t /*size*/, const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::NotSupported("a write-ahead log is not cut");
  }
  IOStatus PositionedAppend(const Slice& /*data*/, std::uint64_t /*offset*/, const IOOptions& /*options*/,
                            IODebugContext* /*debug*/) override {
    return IOStatus::NotSupported("a write-ahead log is written in order");
  }

 private:
  IOStatus Grow(const Slice& data, const IOOptions& options, IODebugContext* debug) {
    IOStatus status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) {
      size_ += data.size();
    }
    return status;
  }

  // The groups before the one that is appended now are synced, so their pages can go. The next padding takes them again
  // while they are still in the processor's cache. A wish: what becomes of it costs speed alone.
  void ForgetWritten() {
    const std::uint64_t end = written_ / kForgottenBytes * kForgottenBytes;
    if (end > forgotten_) {
      InvalidateCache(forgotten_, end - forgotten_).PermitUncheckedError();
      forgotten_ = end;
    }
  }

  const std::unique_ptr<rocksdb::FSRandomRWFile> over_;
  std::uint64_t written_ = 0;
  std::uint64_t forgotten_ = 0;  // what left the system's cache
  std::uint64_t size_ = 0;       // of the file
};

// A file that was read already.
class ReadFile final : public rocksdb::FSSequentialFile {
 public:
  explicit ReadFile(std::string bytes) : bytes_(std::move(bytes)) {}

  IOStatus Read(std::size_t size, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*debug*/) override {
    const std::size_t count = std::min(size, bytes_.size() - at_);
    std::memcpy(scratch, bytes_.data() + at_, count);
    *result = Slice(scratch, count);
    at_ += count;
    return IOStatus::OK();
  }
  IOStatus Skip(std::uint64_t size) override {
    at_ += static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes_.size() - at_));
    return IOStatus::OK();
  }

 private:
  const std::string bytes_;
  std::size_t at_ = 0;
};

IOStatus ReadToItsEnd(rocksdb::FSSequentialFile& file, IODebugContext* debug, std::string& bytes) {
  std::string scratch(kReadBytes, '\0');
  Slice part;
  do {
    if (IOStatus status = file.Read(scratch.size(), IOOptions(), &part, scratch.data(), debug); !status.ok()) {
      return status;
    }
    bytes.append(part.data(), part.size());
  } while (part.size() == scratch.size());
  return IOStatus::OK();
}

}  // namespace

IOStatus LogFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
  if (!status.ok() || !IsLog(path)) {
    return status;
  }
  std::unique_ptr<rocksdb::FSRandomRWFile> over;
  status = NewRandomRWFile(path, options, &over, debug);
  if (status.ok()) {
    *file = std::make_unique<PaddedFile>(std::move(*file), std::move(over));
  }
  return status;
}

IOStatus LogFileSystem::NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  if (!IsLog(path)) {
    return FileSystemWrapper::NewSequentialFile(path, options, file, debug);
  }
  std::string bytes;
  std::string before;
  std::uint64_t end = 0;
  // A server may be writing it: half a group, as it is met then, may look like damage. But not twice.
  for (int reading = 0; reading < kReadingsMax; ++reading) {
    before = std::exchange(bytes, {});
    IOStatus status = FileSystemWrapper::NewSequentialFile(path, options, file, debug);
    if (status.ok()) {
      status = ReadToItsEnd(**file, debug, bytes);
    }
    if (!status.ok()) {
      return status;
    }
    end = EndOfLog(bytes);
    if (end < bytes.size() || !bytes.ends_with('\0') || bytes == before) {
      break;
    }
  }
  bytes.resize(end);
  *file = std::make_unique<ReadFile>(std::move(bytes));
  return IOStatus::OK();
}

}  // namespace escrow::journal::rocks
