// A connection's bytes against RequestParser, whole and in pieces, and what is read from them
// against the rest of the layer. Input: a seed for the cuts, a choice of limits, the bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/authority.hpp"
#include "http/cors.hpp"
#include "http/negotiation.hpp"
#include "http/parse_stream.hpp"
#include "http/response.hpp"
#include "http/url.hpp"

using namespace sse::http;
using namespace sse::http::test;

namespace {

void require(bool holds, const char* what, const std::string& detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
  std::abort();
}

RequestLimits limits_of(std::uint8_t choice) {
  RequestLimits limits;
  if ((choice & 1) != 0) limits = {64, 3, 16, 8};
  return limits;
}

/// Pieces of 1 to 8 bytes, or up to 64 with an odd seed.
std::vector<std::string_view> cut(std::string_view bytes, std::uint32_t seed) {
  const std::uint32_t longest = (seed & 1) != 0 ? 64 : 8;
  std::vector<std::string_view> pieces;
  while (!bytes.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + (seed >> 16) % longest);
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

void check_request(const Request& request, const RequestLimits& limits) {
  require(is_utf8(request.path), "path is not UTF-8", request.path);
  require(request.path == "*" || request.path.front() == '/', "path is not one", request.path);
  require(request.body.size() <= limits.body_bytes_max, "body over its limit");
  require(request.headers.size() <= limits.headers_max, "headers over their limit");
  for (const auto& [name, value] : request.headers)
    for (char c : name + value)
      require(c == '\t' || static_cast<unsigned char>(c) >= 0x20, "control character in a header");
  for (const auto& [name, value] : request.query)
    require(is_utf8(name) && is_utf8(value), "query is not UTF-8");
  const int weight = accept_weight(request.joined_header("Accept"), "text/event-stream");
  require(weight >= 0 && weight <= 1000, "weight out of range");
  prefers(request, "text/html");
  is_same_origin(request, false);
}

void check_texts(const std::string& text) {
  require(percent_decode(percent_encode(text)) == text, "percent-encoding does not read back",
          text);
  require(is_utf8(json_string(text)), "JSON is not UTF-8", text);
  const std::string head = response(200, "a/b", "", {{"X", text}});
  require(head.find("\r\n\r\n") == head.size() - 4, "a value broke out of its header", head);
  accept_weight(text, "text/event-stream");
  media_type_essence(text);
  static const CorsPolicy policy =
      *CorsPolicy::parse(std::vector<std::string>{"https://*.a.example", "http://b"}, true);
  if (policy.allows(text)) require(text.find("://") != std::string::npos, "not an origin", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(data + 2, data + size);
  const RequestLimits limits = limits_of(data[1]);
  const ParsedStream whole = parse_whole(bytes, limits);
  const ParsedStream pieces = parse_pieces(cut(bytes, data[0]), limits);
  require(whole.error != kBrokenPromise, "broken promise", whole.reason);
  require(describe(whole) == describe(pieces), "cuts change the outcome",
          describe(whole) + "\n" + describe(pieces));
  for (const Request& request : whole.requests) check_request(request, limits);
  check_texts(bytes.substr(0, 256));
  return 0;
}
