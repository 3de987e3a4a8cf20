#include "http/stream_head.hpp"

#include "http/response.hpp"

namespace sse::http {

HeaderList stream_headers(const StreamHead& head) {
  HeaderList headers = {
      {"Content-Type", "text/event-stream"},
      // no-transform keeps compressing proxies from holding events back.
      {"Cache-Control", "no-cache, no-store, no-transform"},
      {"X-Accel-Buffering", "no"},
  };
  headers.insert(headers.end(), head.extra.begin(), head.extra.end());
  if (head.vary_accept) add_vary(headers, "Accept");
  if (!head.gap.empty()) headers.emplace_back(kGapHeader, head.gap);
  return headers;
}

std::string stream_head(const StreamHead& head) {
  std::string out = "HTTP/1.1 200 OK\r\n";
  for (const auto& [name, value] : stream_headers(head)) append_header(out, name, value);
  append_header(out, "Connection", "close");
  return out += "\r\n";
}

}  // namespace sse::http
