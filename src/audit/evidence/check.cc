#include "audit/evidence/check.h"

#include <algorithm>
#include <string_view>

#include "audit/evidence/derived.h"
#include "crypto/hex.h"

namespace escrow::audit::evidence {
namespace {

// The first line of a text, which is taken from it; nothing at its end.
std::optional<std::string_view> NextLine(std::string_view& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  const std::size_t end = std::min(text.find('\n'), text.size() - 1);
  const std::string_view line = text.substr(0, end + 1);
  text.remove_prefix(end + 1);
  return line;
}

// A part of a line in quotes, from a little before `position` on, safe to print.
std::string Quoted(std::string_view line, std::size_t position) {
  constexpr std::size_t kBefore = 24;
  constexpr std::size_t kLength = 72;
  std::string part(line.substr(std::min(line.size(), position < kBefore ? 0 : position - kBefore), kLength));
  std::ranges::replace_if(part, [](char c) { return c < ' ' || c == 0x7f; }, ' ');
  return '"' + part + '"';
}

// Where a derived file departs from what follows from the events.
Complaint CompareDerived(const std::string& name, std::string_view expected, std::string_view found) {
  for (int number = 1; !expected.empty() || !found.empty(); ++number) {
    const std::optional<std::string_view> right = NextLine(expected);
    const std::optional<std::string_view> line = NextLine(found);
    if (right == line) {
      continue;
    }
    const std::string where = name + ": line " + std::to_string(number);
    if (!line) {
      return where + " is missing: " + Quoted(*right, 0);
    }
    if (!right) {
      return where + " is too much: " + Quoted(*line, 0);
    }
    const auto differs = static_cast<std::size_t>(std::ranges::mismatch(*right, *line).in1 - right->begin());
    return where + " says " + Quoted(*line, differs) + "; what is proven gives " + Quoted(*right, differs);
  }
  return {};
}

// Everything that is not derived, from which the rest is made again and compared.
Complaint CompareAllDerived(const Files& files, const Proven& proven) {
  Files again;
  for (const auto& [name, bytes] : files) {
    if (name == kCheckpoint || IsIn(name, kReceipts) || IsIn(name, kCheckpoints) || IsIn(name, kDocuments)) {
      again.emplace(name, bytes);
    }
  }
  if (Complaint wrong = AddDerived(proven, again)) {
    return wrong;
  }
  for (const auto& [name, bytes] : again) {
    const auto found = files.find(name);
    if (found == files.end()) {
      return name + " is missing";
    }
    if (Complaint wrong = CompareDerived(name, bytes, found->second)) {
      return wrong;
    }
  }
  const std::string manifest(kManifest);
  return CompareDerived(manifest, FormatManifest(proven, again), files.at(manifest));
}

// The request: for this manifest, and as RequestFor makes it.
Complaint CheckRequest(const Files& files) {
  const auto request = files.find(std::string(kRequest));
  if (request == files.end()) {
    return "request.tsq is missing";
  }
  const std::string& manifest = files.at(std::string(kManifest));
  const absl::StatusOr<crypto::Digest> digest = crypto::DigestOfTimestampRequest(request->second);
  if (!digest.ok()) {
    return "request.tsq: " + std::string(digest.status().message());
  }
  if (*digest != crypto::Sha256Of(manifest)) {
    return "request.tsq asks for a time-stamp of SHA-256 " + crypto::HexEncode(*digest) + "; manifest.json has " +
           crypto::HexEncode(crypto::Sha256Of(manifest));
  }
  return request->second == RequestFor(manifest)
             ? Complaint()
             : "request.tsq is not as this format has it: another nonce, or no certificate is asked for";
}

}  // namespace

absl::StatusOr<PackReport> CheckPack(const Files& files, const Trust& trust,
                                     const std::optional<std::string>& authorities) {
  if (!trust.given()) {
    return absl::InvalidArgumentError(
        "a pack needs --vkey or --policy: without a signature anybody could have made it");
  }
  PackReport report;
  report.wrong = CheckListed(files);
  if (report.wrong) {
    return report;
  }
  report.files = files.size() - files.count(std::string(kManifest)) - files.count(std::string(kRequest)) -
                 files.count(std::string(kReply));
  report.manifest = crypto::Sha256Of(files.at(std::string(kManifest)));
  report.wrong = Prove(files, trust, report.proven);
  for (const auto& step : {+[](const Files& all, const Proven& proven) { return CompareAllDerived(all, proven); },
                           +[](const Files& all, const Proven&) { return CheckRequest(all); }}) {
    if (!report.wrong) {
      report.wrong = step(files, report.proven);
    }
  }
  const auto reply = files.find(std::string(kReply));
  if (report.wrong || reply == files.end()) {
    return report;
  }
  const absl::StatusOr<crypto::Timestamp> timestamp =
      crypto::CheckTimestampReply(reply->second, files.at(std::string(kRequest)), authorities);
  if (absl::IsInvalidArgument(timestamp.status())) {
    return timestamp.status();
  }
  if (timestamp.ok()) {
    report.timestamp = *timestamp;
  } else {
    report.wrong = "response.tsr: " + std::string(timestamp.status().message());
  }
  return report;
}

}  // namespace escrow::audit::evidence
