#include "http/response.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "http/date.hpp"
#include "http/stream_head.hpp"

using namespace sse::http;

TEST_CASE("a response is complete and says no more than it must") {
  CHECK(response(200, "text/plain", "hi\n") ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
        "Cache-Control: no-store\r\n\r\nhi\n");
  CHECK(response(200, "", "") ==
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n");
}

TEST_CASE("the answer to HEAD tells the size and leaves the body out") {
  CHECK(response(200, "a/b", "four", {}, true, 1, true) ==
        "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 4\r\n"
        "Cache-Control: no-store\r\n\r\n");
}

TEST_CASE("204 has neither body nor Content-Length") {
  CHECK(response(204, "a/b", "x", {{"Allow", "GET"}}) ==
        "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\nAllow: GET\r\n\r\n");
}

TEST_CASE("Connection is said when it is not the version's default") {
  auto connection = [](bool keep_alive, int version_minor) {
    const std::string text = response(200, "", "", {}, keep_alive, version_minor);
    const std::size_t at = text.find("Connection: ");
    return at == std::string::npos ? "" : text.substr(at, text.find('\r', at) - at);
  };
  CHECK(connection(true, 1) == "");
  CHECK(connection(false, 1) == "Connection: close");
  CHECK(connection(true, 0) == "Connection: keep-alive");
  CHECK(connection(false, 0) == "Connection: close");
}

TEST_CASE("an extra Cache-Control replaces the default") {
  const std::string text = response(200, "", "", {{"cache-control", "max-age=60"}});
  CHECK(text.find("no-store") == std::string::npos);
  CHECK(text.find("cache-control: max-age=60\r\n") != std::string::npos);
}

TEST_CASE("a header value cannot start another header") {
  CHECK(response(200, "", "", {{"X", "a\r\nSet-Cookie: b\n\x7f"}})
            .find("X: a  Set-Cookie: b  \r\n") != std::string::npos);
}

TEST_CASE("an error is one line of JSON") {
  CHECK(error_answer(404, "no channel \"x\"").body ==
        "{\"error\":\"no channel \\\"x\\\"\",\"status\":404}\n");
  const std::string text = error_response(404, "gone");
  CHECK(text.rfind("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n", 0) == 0);
  CHECK(text.find("Connection: close\r\n") != std::string::npos);
  CHECK(text.substr(text.find("\r\n\r\n") + 4) == "{\"error\":\"gone\",\"status\":404}\n");
}

TEST_CASE("JSON strings read back as the text, malformed UTF-8 as U+FFFD") {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  all += "é€😀";
  CHECK(nlohmann::json::parse(json_string(all)).get<std::string>() == all);
  CHECK(json_string(all).find('\n') == std::string::npos);
  CHECK(nlohmann::json::parse(json_string(std::string(1, '\0'))).get<std::string>().size() == 1);
  CHECK(nlohmann::json::parse(json_string("a\xff\xc3(\xe2\x82")).get<std::string>() ==
        "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("every status the parser answers with has a name") {
  for (int status : {400, 413, 414, 417, 431, 501, 505}) CHECK(status_text(status) != "Unknown");
  CHECK(status_text(299) == "Unknown");
}

TEST_CASE("Vary stays one line without repeats") {
  HeaderList headers;
  add_vary(headers, "Origin");
  add_vary(headers, "Accept");
  add_vary(headers, "origin");
  CHECK(headers == HeaderList{{"Vary", "Origin, Accept"}});
}

TEST_CASE("a stream's head is that of design: no charset, no length, closed at the end") {
  CHECK(stream_head({}) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Cache-Control: no-cache, no-store, no-transform\r\nX-Accel-Buffering: no\r\n"
        "Connection: close\r\n\r\n");
}

TEST_CASE("a stream's head carries permission, Vary and the gap") {
  StreamHead head;
  head.extra = {{"Vary", "Origin"}, {"Access-Control-Allow-Origin", "https://a"}};
  head.vary_accept = true;
  head.gap = "evicted; missed=3";
  const std::string text = stream_head(head);
  CHECK(text.find("\r\nVary: Origin, Accept\r\n") != std::string::npos);
  CHECK(text.find("\r\nAccess-Control-Allow-Origin: https://a\r\n") != std::string::npos);
  CHECK(text.find("\r\nSSE-Gap: evicted; missed=3\r\n") != std::string::npos);
  for (const auto& [name, value] : stream_headers(head)) CHECK(name != "Connection");
}

TEST_CASE("dates are in the one format of HTTP") {
  CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(1709164800) == "Thu, 29 Feb 2024 00:00:00 GMT");
}
