#include "http/request_target.hpp"

#include <doctest/doctest.h>

#include "http/authority.hpp"

using namespace sse::http;

namespace {

/// The path read, or the status of the error.
std::string path_of(std::string target, const char* method = "GET",
                    const char* host = "a.example") {
  Request request;
  request.method_text = method;
  request.method = method_from(method);
  request.target = std::move(target);
  if (host != nullptr) request.headers.emplace_back("Host", host);
  if (const auto error = read_target(request)) return std::to_string(error->status);
  return request.path;
}

}  // namespace

TEST_CASE("origin-form is decoded to UTF-8 text") {
  CHECK(path_of("/") == "/");
  CHECK(path_of("/a%2Fb/%C3%A9%20") == "/a/b/é ");
  CHECK(path_of("/a+b") == "/a+b");
  CHECK(path_of("//a") == "//a");
  CHECK(path_of("/a?b?c/d") == "/a");
  CHECK(path_of("/@alice~x:1,b") == "/@alice~x:1,b");
  CHECK(path_of("/a?q={}|^`[]\\'") == "/a");
  for (std::string bad :
       {"/%",         "/%4",   "/%zz", "/%00", "/%0d%0aX:%20y", "/%7f", "/%ff",    "/%c0%80",
        "/%ed%a0%80", "/a\\b", "/a#b", "/a\"", "/a b",          "/?%",  "/?a=%ff", "/?%00",
        "/\xc3\xa9",  "",      "a",    "?a",   "localhost:80"})
    CHECK_MESSAGE(path_of(bad) == "400", bad);
}

TEST_CASE("absolute-form names http or https and the host of the Host header") {
  CHECK(path_of("http://a.example/x?y") == "/x");
  CHECK(path_of("HTTP://A.example") == "/");
  CHECK(path_of("http://a.example?x=/y") == "/");
  CHECK(path_of("http://a.example:80/x") == "/x");
  CHECK(path_of("https://a.example:443/x") == "/x");
  CHECK(path_of("http://[::1]:8080/x", "GET", "[::1]:8080") == "/x");
  CHECK(path_of("http://any.example/x", "GET", nullptr) == "/x");
  for (std::string bad :
       {"http://b.example/", "http://a.example:81/", "https://a.example:80/", "http://u@a.example/",
        "http:///x", "http://", "http:/x", "ftp://a.example/", "http://a.example:99999/"})
    CHECK_MESSAGE(path_of(bad) == "400", bad);
}

TEST_CASE("the query of an absolute-form target is read") {
  Request request;
  request.target = "http://h?x=/y&z";
  REQUIRE_FALSE(read_target(request));
  CHECK(request.query == NameValueList{{"x", "/y"}, {"z", ""}});
}

TEST_CASE("asterisk-form is for OPTIONS, CONNECT for proxies") {
  CHECK(path_of("*", "OPTIONS") == "*");
  CHECK(path_of("*", "GET") == "400");
  CHECK(path_of("**", "OPTIONS") == "400");
  CHECK(path_of("a.example:443", "CONNECT") == "501");
}

TEST_CASE("an authority is a host and perhaps a port, nothing else") {
  for (std::string good : {"a", "a.example", "a.example:80", "a:", "127.0.0.1:0", "[::1]",
                           "[::1]:443", "[::ffff:1.2.3.4]", "a_b", "x%41", "a:65535"})
    CHECK_MESSAGE(is_valid_authority(good), good);
  for (std::string bad : {"",    ":80", "a:b",    "a:65536",   "a:-1",    "a:123456", "a b",
                          "u@a", "a/",  "a/b",    "a,b",       "a, b",    "[::1",     "::1",
                          "[]",  "[:",  "[g::1]", "[1.2.3.4]", "[::1]x",  "[::1]x:1", "a?b",
                          "a#b", "x%4", "a\\b",   "http://a",  "\xc3\xa9"})
    CHECK_MESSAGE(!is_valid_authority(bad), bad);
  CHECK(is_valid_authority(std::string(255, 'a')));
  CHECK_FALSE(is_valid_authority(std::string(256, 'a')));
}

TEST_CASE("only hosts that are this machine everywhere are loopback") {
  for (const char* yes : {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "[::1]"})
    CHECK_MESSAGE(is_loopback_host(yes), yes);
  for (const char* no : {"", "localhost.evil.example", "evil.example", "127.0.0.1.evil.example",
                         "127.1", "127.0.0.", "127.0.0.1.", "127.0.0.256", "127.0.0.1.1",
                         "127..0.1", "128.0.0.1", "10.0.0.1", "0.0.0.0", "[::2]", "::1"})
    CHECK_MESSAGE(!is_loopback_host(no), no);
}
