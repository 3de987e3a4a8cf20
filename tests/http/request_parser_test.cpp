#include "http/request_parser.hpp"

#include <doctest/doctest.h>

#include "http/parse_every_way.hpp"

using namespace sse::http;
using namespace sse::http::test;

using Status = RequestParser::Status;

namespace {

/// GET / with these header lines after Host, each ended by CRLF.
std::string get_with(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

std::string post_with(const std::string& lines, const std::string& body) {
  return "POST /a HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}

int error_of(const std::string& bytes, const RequestLimits& limits = {}) {
  const ParsedStream stream = parse_every_way(bytes, limits);
  return stream.error != 0 || stream.requests.empty() ? stream.error : 200;
}

Request only_request(const std::string& bytes) {
  ParsedStream stream = parse_every_way(bytes);
  CAPTURE(describe(stream));
  REQUIRE(stream.requests.size() == 1);
  return std::move(stream.requests[0]);
}

}  // namespace

TEST_CASE("an EventSource request is read into its parts") {
  const Request request = only_request(
      "GET /news,a%20b%C3%A9?since=5m&x=a+b%2Bc&flag HTTP/1.1\r\nHost: localhost:8080\r\n"
      "Accept: \t text/event-stream \t\r\nLast-Event-ID: e-1\r\nX-Empty:\r\nX-Blank:  \r\n\r\n");
  CHECK(request.method == Method::get);
  CHECK(request.method_text == "GET");
  CHECK(request.target == "/news,a%20b%C3%A9?since=5m&x=a+b%2Bc&flag");
  CHECK(request.path == "/news,a bé");
  CHECK(request.query == NameValueList{{"since", "5m"}, {"x", "a b+c"}, {"flag", ""}});
  CHECK(request.version_minor == 1);
  CHECK(request.keep_alive);
  CHECK_FALSE(request.expect_continue);
  CHECK(request.body.empty());
  REQUIRE(request.headers.size() == 5);
  CHECK(*request.header("ACCEPT") == "text/event-stream");
  CHECK(*request.header("last-event-id") == "e-1");
  CHECK(*request.header("x-empty") == "");
  CHECK(*request.header("x-blank") == "");
  CHECK(request.header("X-None") == nullptr);
  CHECK(*request.param("x") == "a b+c");
  CHECK(request.param("X") == nullptr);
}

TEST_CASE("headers of one name are kept apart and join on demand") {
  const Request request = only_request(get_with("Accept: a/b\r\naccept: c/d\r\n"));
  CHECK(*request.header("Accept") == "a/b");
  CHECK(request.joined_header("Accept") == "a/b, c/d");
  CHECK(request.joined_header("Cookie").empty());
}

TEST_CASE("the head is reported once, before the body, and nothing behind it is taken") {
  const std::string head = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  RequestParser parser;
  std::size_t consumed = 0;
  CHECK_FALSE(parser.head_started());
  CHECK(parser.parse(head + "xyzGET", consumed) == Status::head);
  CHECK(consumed == head.size());
  CHECK(parser.head_started());
  CHECK(parser.request().path == "/a");
  CHECK(parser.parse("x", consumed) == Status::need_input);
  CHECK(parser.parse("yzGET", consumed) == Status::complete);
  CHECK(consumed == 2);
  CHECK(parser.request().body == "xyz");
  CHECK(parser.parse("GET", consumed) == Status::complete);
  CHECK(consumed == 0);
}

TEST_CASE("a request without a body is complete without more bytes") {
  RequestParser parser;
  std::size_t consumed = 0;
  CHECK(parser.parse(get_with(""), consumed) == Status::head);
  CHECK(parser.parse({}, consumed) == Status::complete);
}

TEST_CASE("reset forgets everything, also after an error") {
  RequestParser parser;
  std::size_t consumed = 0;
  const std::string first = post_with("Expect: 100-continue\r\nContent-Length: 1\r\n", "");
  CHECK(parser.parse("\x01", consumed) == Status::error);
  CHECK(parser.error().status == 400);
  CHECK(parser.parse(first, consumed) == Status::error);
  parser.reset();
  CHECK_FALSE(parser.head_started());
  CHECK(parser.parse(first, consumed) == Status::head);
  CHECK(parser.parse("b", consumed) == Status::complete);
  parser.reset();
  CHECK(parser.parse("GET /?a=b HTTP/1.0\r\n\r\n", consumed) == Status::head);
  CHECK(parser.parse({}, consumed) == Status::complete);
  CHECK(parser.request().headers.empty());
  CHECK(parser.request().body.empty());
  CHECK_FALSE(parser.request().expect_continue);
}

TEST_CASE("pipelined requests of every framing come out in order") {
  const std::string bytes = post_with("Content-Length: 2\r\n", "ab") + get_with("") +
                            post_with("Transfer-Encoding: chunked\r\n",
                                      "3;x=\"q\\\"\"\r\ncde\r\n1\r\nf\r\n0\r\nHost: evil\r\n\r\n") +
                            "\r\n" + get_with("Connection: close\r\n");
  const ParsedStream stream = parse_every_way(bytes);
  CAPTURE(describe(stream));
  REQUIRE(stream.requests.size() == 4);
  CHECK(stream.heads == 4);
  CHECK(stream.requests[0].body == "ab");
  CHECK(stream.requests[1].method == Method::get);
  CHECK(stream.requests[2].body == "cdef");
  CHECK(stream.requests[2].joined_header("Host") == "a");
  CHECK_FALSE(stream.requests[3].keep_alive);
  CHECK_FALSE(stream.partial);
}

TEST_CASE("keep-alive follows version and Connection") {
  struct Row {
    std::string version;
    std::string connection;
    bool keep_alive;
  };
  const Row rows[] = {
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: Keep-Alive, CLOSE\r\n", false},
      {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
      {"1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: keep-alive\r\n", true},
      {"1.0", "Connection: keep-alive, close\r\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.version);
    CAPTURE(row.connection);
    const Request request =
        only_request("GET / HTTP/" + row.version + "\r\nHost: a\r\n" + row.connection + "\r\n");
    CHECK(request.keep_alive == row.keep_alive);
    CHECK(request.version_minor == row.version[2] - '0');
  }
}

TEST_CASE("methods are known by their exact spelling") {
  const std::pair<std::string, Method> rows[] = {
      {"GET", Method::get},     {"HEAD", Method::head},      {"POST", Method::post},
      {"PUT", Method::put},     {"DELETE", Method::delete_}, {"OPTIONS", Method::options},
      {"PATCH", Method::other}, {"TRACE", Method::other},
  };
  for (const auto& [text, method] : rows) {
    const Request request = only_request(text + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(request.method == method);
    CHECK(request.method_text == text);
  }
  for (std::string text : {"get", "GETS", "FOOBAR", "DESCRIBE", "CONNECT"})
    CHECK_MESSAGE(error_of(text + " / HTTP/1.1\r\nHost: a\r\n\r\n") == 501, text);
}

TEST_CASE("100-continue is for HTTP/1.1 requests with a body, anything else is 417") {
  CHECK(only_request(post_with("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x"))
            .expect_continue);
  CHECK(
      only_request(post_with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"))
          .expect_continue);
  CHECK_FALSE(only_request(get_with("Expect: 100-continue\r\n")).expect_continue);
  CHECK_FALSE(only_request("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
                  .expect_continue);
  CHECK(error_of(get_with("Expect: 200-ok\r\n")) == 417);
  CHECK(error_of(get_with("Expect: 100-continue\r\nExpect: x\r\n")) == 417);
  CHECK(error_of("GET / HTTP/1.0\r\nExpect: x\r\n\r\n") == 200);
}

TEST_CASE("what is malformed is refused with the status that says so") {
  const std::pair<std::string, int> rows[] = {
      {"\x16\x03\x01", 400},  // a TLS hello
      {"\n", 400},
      {"GET", 0},
      {"GET\r\n", 400},
      {"GET / HTTP/1.1\n", 400},
      {"GET / HTTP/1.1 \r\n", 400},
      {"GET / HTTP/1.10\r\n", 400},
      {"GET / HTTP/2.0\r\n", 505},
      {"GET / HTTP/1.2\r\n", 505},
      {"GET / HTTP/0.9\r\n", 505},
      {"GET / HTTPS/1.1\r\n", 400},
      {"GET /\xc3\xa9 HTTP/1.1\r\n", 400},
      {"GET /\x7f HTTP/1.1\r\n", 400},
      {"GET /< HTTP/1.1\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f"
       "b\r\n\r\n",
       400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa9\tb\r\n\r\n", 200},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\ntransfer_encoding: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
       501},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello", 200},
      {"GET / HTTP/1.0\r\n\r\n", 200},
      {"GET / HTTP/1.0\r\nHost:\r\n\r\n", 200},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(error_of(row.first) == row.second);
  }
}

TEST_CASE("limits hold to the byte") {
  const std::string head = "GET /abc HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  RequestLimits limits;
  limits.head_bytes_max = head.size();
  CHECK(error_of(head, limits) == 200);
  limits.head_bytes_max = head.size() - 1;
  CHECK(error_of(head, limits) == 431);
  limits.head_bytes_max = 6;  // inside the target
  CHECK(error_of(head, limits) == 414);
  limits = {};
  limits.target_bytes_max = 4;
  CHECK(error_of(head, limits) == 200);
  limits.target_bytes_max = 3;
  CHECK(error_of(head, limits) == 414);
  limits = {};
  limits.headers_max = 2;
  CHECK(error_of(head, limits) == 200);
  limits.headers_max = 1;
  CHECK(error_of(head, limits) == 431);
}

TEST_CASE("the body limit is on decoded bytes and known as early as the framing tells") {
  RequestLimits limits;
  limits.body_bytes_max = 4;
  CHECK(error_of(post_with("Content-Length: 4\r\n", "abcd"), limits) == 200);
  CHECK(error_of(post_with("Content-Length: 5\r\n", ""), limits) == 413);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(error_of(post_with(chunked, "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), limits) == 200);
  CHECK(error_of(post_with(chunked, "2\r\nab\r\n3\r\n"), limits) == 413);
  CHECK(error_of(post_with(chunked, "FFFFFFFFFFFFFFFF\r\n"), limits) == 413);
}

TEST_CASE("an endless run of empty lines is not read for ever") {
  RequestLimits limits;
  limits.head_bytes_max = 64;
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += "\r\n";
  CHECK(error_of(lines, limits) == 431);
}

TEST_CASE("empty lines alone do not start a request") {
  RequestParser parser;
  std::size_t consumed = 0;
  CHECK(parser.parse("\r\n", consumed) == Status::need_input);
  CHECK_FALSE(parser.head_started());
  CHECK(parser.parse("G", consumed) == Status::need_input);
  CHECK(parser.head_started());
}

TEST_CASE("the memory of a body is given back before the next request") {
  RequestParser parser;
  const std::string bytes = post_with("Content-Length: 100000\r\n", std::string(100'000, 'x'));
  std::size_t head = 0, body = 0;
  REQUIRE(parser.parse(bytes, head) == Status::head);
  REQUIRE(parser.parse(std::string_view(bytes).substr(head), body) == Status::complete);
  CHECK(parser.request().body.capacity() >= 100'000);
  parser.reset();
  CHECK(parser.request().body.capacity() < 100);
}
