#include "client/stream_url.hpp"

#include <doctest/doctest.h>

using sse::client::display_url;
using sse::client::parse_stream_url;

TEST_CASE("http and https URLs are taken, a host with a port means http") {
  CHECK(parse_stream_url("http://localhost:8080/news").value() == "http://localhost:8080/news");
  CHECK(parse_stream_url("HTTPS://example.com/a?b=c").value() == "https://example.com/a?b=c");
  CHECK(parse_stream_url("http://[::1]:80/").value() == "http://[::1]:80/");
  CHECK(parse_stream_url("http://h/a b").value() == "http://h/a%20b");
  CHECK(parse_stream_url("localhost:8080/news").value() == "http://localhost:8080/news");
}

TEST_CASE("everything else is refused by name") {
  for (const char* bad :
       {"", "http://", "http://this is invalid/", "http://h:99999/", "http://h:x/", "not-a-url",
        "/path", "ftp://example.not/", "about:blank", "mailto:whatwg@awesome.example",
        "javascript:alert('FAIL')", "file:///etc/passwd", "localhost:99999/x"}) {
    const auto url = parse_stream_url(bad);
    CHECK_MESSAGE(!url, bad);
    if (!url) CHECK(url.error().message.find(bad) != std::string::npos);
  }
}

TEST_CASE("messages do not show the password") {
  CHECK(display_url("http://u:secret@h/x") == "http://u@h/x");
  CHECK(display_url("http://h/x?y") == "http://h/x?y");
}
