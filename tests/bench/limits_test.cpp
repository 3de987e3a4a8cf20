#include "sse-bench/limits.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include <doctest/doctest.h>

using namespace sse::bench;

namespace {

constexpr std::size_t kPorts = 28'232;

std::string text(const Endpoint& endpoint) {
  char out[INET_ADDRSTRLEN] = "";
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&endpoint.address);
  ::inet_ntop(AF_INET, &v4->sin_addr, out, sizeof out);
  return out;
}

}  // namespace

TEST_CASE("few streams leave the source address to the kernel") {
  const Endpoint loopback = parse_source("127.0.0.1").value();
  CHECK(plan_sources(loopback, 1, {}, kPorts).value().empty());
  CHECK(plan_sources(loopback, 20'000, {}, kPorts).value().empty());
}

TEST_CASE("many loopback streams spread over loopback addresses") {
  const auto sources = plan_sources(parse_source("127.0.0.1").value(), 60'001, {}, kPorts).value();
  REQUIRE(sources.size() == 4);
  CHECK(text(sources[0]) == "127.0.0.2");
  CHECK(text(sources[3]) == "127.0.0.5");
}

TEST_CASE("elsewhere too many streams are refused with the number of addresses needed") {
  const Endpoint remote = parse_source("192.0.2.1").value();
  const auto refused = plan_sources(remote, 60'000, {}, kPorts);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("3 source addresses") != std::string::npos);
  const Endpoint one = parse_source("192.0.2.7").value();
  CHECK(plan_sources(remote, 60'000, {one, one, one}, kPorts).value().size() == 3);
  CHECK_FALSE(plan_sources(remote, 60'000, {one, one}, kPorts));
}

TEST_CASE("a source of another address family is refused") {
  CHECK_FALSE(
      plan_sources(parse_source("127.0.0.1").value(), 1, {parse_source("::1").value()}, kPorts));
  CHECK_FALSE(parse_source("localhost"));
}

TEST_CASE("more open files than the hard limit are refused with the ways out") {
  const auto refused = allow_descriptors(std::size_t{1} << 40);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("LimitNOFILE=1099511627776") != std::string::npos);
  CHECK(allow_descriptors(10));
}

TEST_CASE("URLs are taken apart") {
  const HttpUrl url = parse_http_url("http://example.org:8080/a/b?c=d#e").value();
  CHECK(url.host == "example.org");
  CHECK(url.port == "8080");
  CHECK(url.authority == "example.org:8080");
  CHECK(url.path == "/a/b?c=d");
  CHECK(parse_http_url("http://h").value().path == "/");
  CHECK(parse_http_url("http://h?x").value().path == "/?x");
  CHECK(parse_http_url("http://h").value().port == "80");
  CHECK_FALSE(parse_http_url("http://h").value().tls);
  CHECK(parse_http_url("https://h").value().port == "443");
  CHECK(parse_http_url("https://h").value().tls);
  CHECK(parse_http_url("http://[::1]:81/x").value().host == "::1");
  CHECK(parse_http_url("http://[::1]/x").value().port == "80");
}

TEST_CASE("other URLs are refused with the reason") {
  for (const char* bad :
       {"", "h/x", "ftp://h/x", "http://", "http:///x", "http://h:0/", "http://h:x/",
        "http://h:65536/", "http://[::1/x", "http://a b/", "http://u:p@h/x", "http://h/\r\nX: y"})
    CHECK_MESSAGE(!parse_http_url(bad), bad);
}
