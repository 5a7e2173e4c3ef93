#include "edge/witness_client.h"

#include <curl/curl.h>

#include <cstddef>
#include <utility>

#include "base/assert.h"

namespace escrow::edge {
namespace {

constexpr long kConnectSecondsMax = 3;
constexpr long kCallSecondsMax = 5;
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;

struct CloseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, CloseCurl>;

// What an answer is collected in; more than kAnswerBytesMax ends the transfer.
std::size_t Collect(char* data, std::size_t size, std::size_t count, void* to) {
  std::string& bytes = *static_cast<std::string*>(to);
  if (size * count > kAnswerBytesMax - bytes.size()) {
    return 0;
  }
  bytes.append(data, size * count);
  return size * count;
}

// Called about once a second; anything but 0 ends the transfer.
int CutWhenStopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

// A part of the URL; empty when it has none.
std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) {
    return {};
  }
  const Owned<char> owned(text);
  return text;
}

class WitnessClient final : public publish::WitnessConnection {
 public:
  explicit WitnessClient(std::string url) : url_(std::move(url)) {
    CURL* curl = curl_.get();
    ESCROW_ASSERT(curl != nullptr && headers_ != nullptr);
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSecondsMax);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, kCallSecondsMax);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "escrowd");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Collect);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &CutWhenStopped);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  }

  absl::StatusOr<tlog::WitnessResponse> AddCheckpoint(const std::string& body, const std::stop_token& stop) override;

 private:
  const std::string url_;
  const Owned<CURL> curl_{curl_easy_init()};
  const Owned<curl_slist> headers_{curl_slist_append(nullptr, "Content-Type: text/plain; charset=utf-8")};
};

absl::StatusOr<tlog::WitnessResponse> WitnessClient::AddCheckpoint(const std::string& body,
                                                                   const std::stop_token& stop) {
  tlog::WitnessResponse answer;
  std::stop_token cut = stop;
  CURL* curl = curl_.get();
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &cut);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_WRITE_ERROR) {
    return absl::UnavailableError(url_ + " answers more than " + std::to_string(kAnswerBytesMax) + " bytes");
  }
  if (code != CURLE_OK) {
    return absl::UnavailableError(url_ + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  answer.status = static_cast<int>(status);
  answer.content_type = type == nullptr ? "" : type;
  return answer;
}

}  // namespace

absl::Status CheckWitnessUrl(const std::string& url) {
  const Owned<CURLU> parsed(curl_url());
  ESCROW_ASSERT(parsed != nullptr);
  if (const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0); code != CURLUE_OK) {
    return absl::InvalidArgumentError("the witness's URL " + url + " is none: " + curl_url_strerror(code));
  }
  const std::string scheme = PartOf(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return absl::InvalidArgumentError("the witness's URL " + url + " is neither of http nor of https");
  }
  if (url.find_first_of("?#") != std::string::npos) {
    return absl::InvalidArgumentError("the witness's URL " + url + " may have neither a query nor a fragment");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<publish::WitnessConnection>> ConnectWitness(const std::string& url) {
  if (absl::Status status = CheckWitnessUrl(url); !status.ok()) {
    return status;
  }
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  ESCROW_ASSERT(started == CURLE_OK);
  std::string prefix = url;
  while (prefix.ends_with('/')) {
    prefix.pop_back();
  }
  return std::make_unique<WitnessClient>(prefix + "/add-checkpoint");
}

}  // namespace escrow::edge
