#include "server/browser_streams.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using sse::http::Request;
using sse::server::BrowserStreams;

namespace {

constexpr int kNoSocket = -1;

Request request_from(std::string origin, std::string host = "events.example") {
  Request request;
  request.headers = {{"Host", std::move(host)}, {"Origin", std::move(origin)}};
  return request;
}

std::vector<BrowserStreams::Key> open(BrowserStreams& browsers, const Request& request, int count) {
  std::vector<BrowserStreams::Key> keys;
  for (int i = 0; i < count; ++i) keys.push_back(browsers.opened(request, kNoSocket));
  return keys;
}

// What is said once everybody had time for one more.
std::string judge(BrowserStreams& browsers) { return browsers.look() + browsers.look(); }

}  // namespace

TEST_CASE("six streams of one origin to one host are noticed, and said once") {
  BrowserStreams browsers;
  open(browsers, request_from("https://a.example"), 5);
  CHECK(judge(browsers).empty());
  open(browsers, request_from("https://a.example"), 1);
  CHECK(browsers.look().empty());
  const std::string warning = browsers.look();
  CHECK(warning.find("https://a.example") != std::string::npos);
  CHECK(warning.find("events.example") != std::string::npos);
  open(browsers, request_from("https://b.example"), 6);
  CHECK(judge(browsers).empty());
  CHECK(browsers.times_full() == 2);
}

TEST_CASE("streams that were closed do not count") {
  BrowserStreams browsers;
  const auto keys = open(browsers, request_from("https://a.example"), 5);
  browsers.closed(keys[0]);
  open(browsers, request_from("https://a.example"), 1);
  CHECK(judge(browsers).empty());
  open(browsers, request_from("https://a.example"), 1);
  browsers.closed(keys[1]);
  CHECK(judge(browsers).empty());
  open(browsers, request_from("https://a.example"), 1);
  CHECK_FALSE(judge(browsers).empty());
}

TEST_CASE("other origins and other names of the server count apart") {
  BrowserStreams browsers;
  open(browsers, request_from("https://a.example"), 3);
  open(browsers, request_from("https://b.example"), 3);
  open(browsers, request_from("https://a.example", "events2.example"), 3);
  CHECK(judge(browsers).empty());
}

TEST_CASE("who has seven is no single browser") {
  BrowserStreams browsers;
  open(browsers, request_from("https://a.example"), 7);
  CHECK(judge(browsers).empty());
  CHECK(browsers.times_full() == 0);
}

TEST_CASE("programs, proxies and HTTP/1.0 are no browsers") {
  BrowserStreams browsers;
  Request program = request_from("");
  program.headers.pop_back();
  Request proxied = request_from("https://a.example");
  proxied.headers.emplace_back("X-Forwarded-For", "10.1.2.3");
  Request old = request_from("https://a.example");
  old.version_minor = 0;
  for (const Request& request : {program, proxied, old})
    for (const BrowserStreams::Key key : open(browsers, request, 6)) CHECK(key == 0);
  CHECK(judge(browsers).empty());
}

TEST_CASE("pages of the server itself send no Origin but where they are") {
  BrowserStreams browsers;
  Request request = request_from("");
  request.headers[1] = {"Referer", "http://events.example/page?x=1"};
  open(browsers, request, 6);
  CHECK(judge(browsers).find("pages of http://events.example has") != std::string::npos);
}
