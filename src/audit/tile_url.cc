#include "audit/tile_url.h"

#include <curl/curl.h>

#include <memory>

#include "base/assert.h"

namespace escrow::audit {
namespace {

using tlog::Tile;

constexpr long kConnectSecondsMax = 10;
constexpr long kAnswerSecondsMax = 30;

// What an answer is collected in; more than bytes_max ends the transfer.
struct Answer {
  std::string bytes;
  std::size_t bytes_max = 0;
};

std::size_t Collect(char* data, std::size_t size, std::size_t count, void* to) {
  Answer& answer = *static_cast<Answer*>(to);
  if (size * count > answer.bytes_max - answer.bytes.size()) {
    return 0;
  }
  answer.bytes.append(data, size * count);
  return size * count;
}

struct CloseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};

class TileUrl final : public EntrySource {
 public:
  TileUrl(std::string url, CURL* curl) : url_(std::move(url)), curl_(curl) {}

  const std::string& name() const override { return url_; }
  absl::StatusOr<std::string> ReadCheckpoint() override { return Get("checkpoint", kCheckpointBytesMax); }
  absl::StatusOr<std::uint64_t> CountEntries() override {
    return absl::UnimplementedError(url_ + " cannot be listed; its checkpoint says how many entries it has");
  }
  absl::StatusOr<std::string> ReadTile(const Tile& tile) override;

 private:
  [[nodiscard]] absl::StatusOr<std::string> Get(const std::string& path, std::size_t bytes_max);

  const std::string url_;
  const std::unique_ptr<CURL, CloseCurl> curl_;
};

absl::StatusOr<std::string> TileUrl::Get(const std::string& path, std::size_t bytes_max) {
  const std::string url = url_ + '/' + path;
  Answer answer{.bytes = {}, .bytes_max = bytes_max};
  CURL* curl = curl_.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSecondsMax);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kAnswerSecondsMax);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "escrow-verify");
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING,
                   "");  // whatever libcurl can unpack; the limit holds for what comes out
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_WRITE_ERROR) {
    return absl::ResourceExhaustedError(url + " has more than " + std::to_string(bytes_max) + " bytes");
  }
  if (code != CURLE_OK) {
    return absl::UnavailableError(url + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 404 || status == 410) {
    return absl::NotFoundError(url + " does not exist");
  }
  if (status != 200) {
    return absl::UnavailableError(url + " answers with status " + std::to_string(status));
  }
  return std::move(answer.bytes);
}

absl::StatusOr<std::string> TileUrl::ReadTile(const Tile& tile) {
  absl::StatusOr<std::string> bytes = Get(tlog::FormatTilePath(tile), BytesMaxOf(tile));
  if (!absl::IsNotFound(bytes.status()) || tile.width == tlog::kTileWidth) {
    return bytes;
  }
  // The standard lets a log drop partial tiles when the full one is there.
  Tile whole = tile;
  whole.width = tlog::kTileWidth;
  bytes = Get(tlog::FormatTilePath(whole), BytesMaxOf(tile));
  return bytes.ok() ? CutTile(tile, *std::move(bytes)) : bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EntrySource>> OpenTileUrl(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return absl::InvalidArgumentError(url + " is no http or https URL");
  }
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* curl = curl_easy_init();
  ESCROW_ASSERT(started == CURLE_OK && curl != nullptr);
  std::string base = url;
  while (base.ends_with('/')) {
    base.pop_back();
  }
  return std::make_unique<TileUrl>(std::move(base), curl);
}

}  // namespace escrow::audit
