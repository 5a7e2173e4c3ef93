#pragma once

#include <functional>
#include <string>

namespace escrow::edge {

// A request as a handler sees it: the target is the path as it was sent, with a query if it has one.
struct HttpRequest {
  std::string method;  // "GET"; of a HEAD too: the server leaves the body out
  std::string target;
  std::string body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string cache_control = "no-store";
  std::string body;
};

// Answers a request. On one of the server's threads, several at a time; may read files, must not wait for anybody.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

}  // namespace escrow::edge
