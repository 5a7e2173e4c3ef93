#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/sha256.h"

// The files of an evidence pack (docs/DATA_FORMATS.md), and how they lie in a folder.
//
// Threading: pure functions, and functions of the file system; any thread.
namespace escrow::audit::evidence {

// By name, with "/" between folder and file; bytes as stored.
using Files = std::map<std::string, std::string>;

// What nobody can derive.
inline constexpr std::string_view kCheckpoint = "checkpoint";
inline constexpr std::string_view kReceipts = "receipts/";        // {sequence}.tlog-proof
inline constexpr std::string_view kCheckpoints = "checkpoints/";  // {size} and {size}.consistency, of older ones
inline constexpr std::string_view kDocuments = "documents/";      // {SHA-256}, with the ending that its file had
// What follows from that.
inline constexpr std::string_view kEvents = "events.jsonl";
inline constexpr std::string_view kPostings = "postings.csv";
inline constexpr std::string_view kStatement = "statement.txt";
inline constexpr std::string_view kDocumentList = "documents.json";
inline constexpr std::string_view kPage = "page.html";
inline constexpr std::string_view kVerification = "verification.txt";
inline constexpr std::string_view kReadme = "README.txt";
// What speaks of all of the above.
inline constexpr std::string_view kManifest = "manifest.json";
inline constexpr std::string_view kRequest = "request.tsq";
inline constexpr std::string_view kReply = "response.tsr";  // added by hand, when there is one

inline constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kPackBytesMax = std::size_t{1} << 30;
inline constexpr std::size_t kFilesMax = 10'000;

[[nodiscard]] std::string ReceiptName(std::uint64_t sequence);

// Whether `name` is `folder` and, behind it, one name without a further folder.
[[nodiscard]] bool IsIn(std::string_view name, std::string_view folder);

// The files of a folder, which are read whole. InvalidArgument when it is none, or when something in it is neither a
// file nor a folder (a link, say); ResourceExhausted when it is more than a pack can be; FailedPrecondition when it
// cannot be read.
[[nodiscard]] absl::StatusOr<Files> ReadFolder(const std::string& path);

// Makes the folder and writes the files; on a failure nothing stays. AlreadyExists when there is something of that
// name; FailedPrecondition when it cannot be written.
[[nodiscard]] absl::Status WriteFolder(const std::string& path, const Files& files);

}  // namespace escrow::audit::evidence
