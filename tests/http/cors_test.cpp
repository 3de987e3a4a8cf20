#include "http/cors.hpp"

#include <doctest/doctest.h>

using namespace sse::http;

namespace {

CorsPolicy policy(std::vector<std::string> origins, bool credentials = false) {
  auto parsed = CorsPolicy::parse(origins, credentials);
  REQUIRE(parsed);
  return *parsed;
}

HeaderList headers_for(const CorsPolicy& cors, const std::string& origin) {
  return cors.headers(&origin);
}

Request request_from(const char* origin, const char* host = "a.example") {
  Request request;
  request.method = Method::options;
  if (origin != nullptr) request.headers.emplace_back("Origin", origin);
  if (host != nullptr) request.headers.emplace_back("Host", host);
  return request;
}

}  // namespace

TEST_CASE("an empty policy says nothing and allows nothing") {
  const CorsPolicy none;
  CHECK_FALSE(none.allows("https://a.example"));
  CHECK(headers_for(none, "https://a.example").empty());
  CHECK(none.preflight_headers(request_from("https://a.example")).empty());
}

TEST_CASE("origins match by scheme, host and port") {
  const CorsPolicy cors = policy({"https://a.example", "http://localhost:3000", "https://[::1]:1"});
  for (std::string yes : {"https://a.example", "HTTPS://A.Example", "https://a.example:443",
                          "http://localhost:3000", "https://[::1]:1"})
    CHECK_MESSAGE(cors.allows(yes), yes);
  for (std::string no :
       {"http://a.example", "https://a.example:8443", "https://b.a.example",
        "https://a.example.evil", "http://localhost", "http://localhost:30001", "null", "",
        "a.example", "https://", "https://a.example/", "https://a.example, https://b"})
    CHECK_MESSAGE(!cors.allows(no), no);
}

TEST_CASE("a wildcard stands for sub-domains of any depth and nothing else") {
  const CorsPolicy cors =
      policy({"https://*.example.org", "http://*.dev.test:8080", "https://*.port.test:443"});
  for (std::string yes :
       {"https://a.example.org", "https://a.b.example.org", "https://a.example.org:443",
        "https://A.EXAMPLE.org", "http://x.dev.test:8080", "https://x.port.test"})
    CHECK_MESSAGE(cors.allows(yes), yes);
  for (std::string no :
       {"https://example.org", "https://.example.org:1", "https://evilexample.org",
        "http://a.example.org", "https://a.example.org:8443", "https://a.example.org.evil",
        "https://evil/.example.org", "https://evil#.example.org", "https://u@a.example.org",
        "http://x.dev.test", "https://.example.org"})
    CHECK_MESSAGE(!cors.allows(no), no);
}

TEST_CASE("a policy that cannot be meant is refused with the reason") {
  for (std::string bad : {"", "a.example", "https://", "https://a/", "https://a/b", "https://*",
                          "https://*example.org", "https://a.*.org", "https://u@a", "http s://a",
                          "https://*.", "https://a:99999"}) {
    const std::vector<std::string> origins = {bad};
    const auto parsed = CorsPolicy::parse(origins, false);
    REQUIRE_MESSAGE(!parsed, bad);
    CHECK(parsed.error().message.find("'" + origins[0] + "'") != std::string::npos);
  }
  const std::vector<std::string> any = {"*"};
  CHECK_FALSE(CorsPolicy::parse(any, true));
  CHECK(CorsPolicy::parse(any, false));
}

TEST_CASE("permission for everyone does not vary") {
  CHECK(headers_for(policy({"*"}), "https://x") ==
        HeaderList{{"Access-Control-Allow-Origin", "*"},
                   {"Access-Control-Expose-Headers", "SSE-Gap, Retry-After"}});
  CHECK(policy({"*"}).headers(nullptr).front().second == "*");
}

TEST_CASE("permission for some varies by origin, also where there is none") {
  const CorsPolicy cors = policy({"https://a.example", "null"}, true);
  CHECK(headers_for(cors, "https://a.example") ==
        HeaderList{{"Vary", "Origin"},
                   {"Access-Control-Allow-Origin", "https://a.example"},
                   {"Access-Control-Allow-Credentials", "true"},
                   {"Access-Control-Expose-Headers", "SSE-Gap, Retry-After"}});
  CHECK(headers_for(cors, "null")[1].second == "null");
  CHECK(headers_for(cors, "https://b.example") == HeaderList{{"Vary", "Origin"}});
  CHECK(cors.headers(nullptr) == HeaderList{{"Vary", "Origin"}});
  for (const auto& [name, value] : headers_for(policy({"https://a.example"}), "https://a.example"))
    CHECK(name != "Access-Control-Allow-Credentials");
}

TEST_CASE("a preflight is answered with methods, headers and how long it holds") {
  Request request = request_from("https://a.example");
  CHECK_FALSE(CorsPolicy::is_preflight(request));
  request.headers.emplace_back("Access-Control-Request-Method", "POST");
  CHECK(CorsPolicy::is_preflight(request));
  const CorsPolicy cors = policy({"https://a.example"});
  CHECK(cors.preflight_headers(request) ==
        HeaderList{{"Vary", "Origin"},
                   {"Access-Control-Allow-Origin", "https://a.example"},
                   {"Access-Control-Allow-Methods", "GET, POST"},
                   {"Access-Control-Allow-Headers",
                    "Last-Event-ID, Content-Type, Authorization, Cache-Control, Idempotency-Key, "
                    "Idempotency-Sequence"},
                   {"Access-Control-Max-Age", "600"}});
  request.headers[0].second = "https://b.example";
  CHECK(cors.preflight_headers(request) == HeaderList{{"Vary", "Origin"}});
  request.method = Method::get;
  CHECK_FALSE(CorsPolicy::is_preflight(request));
}

TEST_CASE("same-origin compares scheme, host and port with where the request went") {
  CHECK(is_same_origin(request_from(nullptr), false));
  CHECK(is_same_origin(request_from("http://a.example"), false));
  CHECK(is_same_origin(request_from("http://A.example:80"), false));
  CHECK(is_same_origin(request_from("https://a.example", "a.example:443"), true));
  CHECK(is_same_origin(request_from("http://[::1]:8080", "[::1]:8080"), false));
  CHECK_FALSE(is_same_origin(request_from("https://a.example"), false));
  CHECK_FALSE(is_same_origin(request_from("http://a.example"), true));
  CHECK_FALSE(is_same_origin(request_from("http://a.example:8080"), false));
  CHECK_FALSE(is_same_origin(request_from("http://b.example"), false));
  CHECK_FALSE(is_same_origin(request_from("null"), false));
  CHECK_FALSE(is_same_origin(request_from("http://a.example", nullptr), false));
  CHECK(is_same_host(request_from("https://a.example")));
  CHECK_FALSE(is_same_host(request_from("https://b.example")));
}
