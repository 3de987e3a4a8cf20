#include "client/http_publisher.hpp"

#include <string>

#include <doctest/doctest.h>

#include "client/http_capture.hpp"
#include "client/publish_url.hpp"

using sse::EventFields;
using sse::client::HttpAnswer;
using sse::client::HttpPublisher;
using sse::client::HttpPublisherOptions;
using sse::client::mask_secret_headers;
using sse::client::parse_publish_base;
using sse::client::percent_encode;
using sse::client::publish_url;

TEST_CASE("the base URL: scheme optional, base path kept, password masked") {
  CHECK(parse_publish_base("http://h:80/").value().url == "http://h:80");
  CHECK(parse_publish_base("localhost:8080").value().url == "http://localhost:8080");
  CHECK(parse_publish_base("https://h/a/../b//").value().url == "https://h/a/../b");
  CHECK(parse_publish_base("http://[::1]:8080").value().url == "http://[::1]:8080");
  const auto login = parse_publish_base("http://al:secret@h").value();
  CHECK(login.url == "http://al:secret@h");
  CHECK(login.display == "http://al:***@h");
  for (const char* bad : {"", "ftp://h", "http://", "http://h:99999", "http://h?a=b", "http://h#x",
                          "file:///secret", "http://u:secret@h/?q"}) {
    const auto base = parse_publish_base(bad);
    CHECK_MESSAGE(!base, bad);
    if (!base) CHECK(base.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("channel and fields are percent-encoded as needed") {
  const auto base = parse_publish_base("http://h/base").value();
  EventFields fields;
  CHECK(publish_url(base, "a:b/c@d~e.f_g-h", fields) == "http://h/base/a:b/c@d~e.f_g-h");
  CHECK(publish_url(base, "a b?#é", fields) == "http://h/base/a%20b%3F%23%C3%A9");
  fields.event = "a&b=c d";
  fields.id = "";
  fields.retry_ms = 0;
  CHECK(publish_url(base, "n", fields) == "http://h/base/n?event=a%26b%3Dc%20d&id=&retry=0");
  CHECK(percent_encode("+%\x7f\xff") == "%2B%25%7F%FF");
}

TEST_CASE("the capture holds the request as it goes out, without secrets") {
  std::string captured;
  HttpPublisherOptions options;
  options.base_url = "https://al:secret@example.invalid/base";
  options.bearer_token = "top-secret";
  options.headers = {"X-Trace: 7", "cookie: secret"};
  options.user_agent = "test";
  options.capture = &captured;
  auto publisher = HttpPublisher::create(options).value();
  EventFields fields;
  fields.data = "secret data stays\r\n\r\nx";
  fields.event = "tick";
  const HttpAnswer answer = publisher.publish("a/../news", fields);
  CHECK(answer.kind == HttpAnswer::Kind::answered);
  CHECK(answer.status == 200);
  CHECK(
      captured.starts_with("POST /base/a/../news?event=tick HTTP/1.1\r\n"
                           "Host: example.invalid\r\n"));
  CHECK(captured.find("X-Trace: 7\r\n") != std::string::npos);
  CHECK(captured.find("Content-Length: 22\r\n") != std::string::npos);
  CHECK(captured.find("Authorization: ***\r\n") != std::string::npos);
  CHECK(captured.find("cookie: ***\r\n") != std::string::npos);
  CHECK(captured.ends_with("\r\n\r\nsecret data stays\r\n\r\nx"));
  CHECK(captured.find("Expect") == std::string::npos);
  CHECK(captured.find("secret") == captured.find("secret data"));
}

TEST_CASE("a capture follows another, and a body larger than any socket buffer fits") {
  std::string captured;
  HttpPublisherOptions options;
  options.base_url = "http://example.invalid";
  options.capture = &captured;
  auto publisher = HttpPublisher::create(options).value();
  const std::string blocks(8u << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    captured.clear();
    CHECK(publisher.publish_blocks("news", blocks).status == 200);
    CHECK(captured.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(captured.size() > blocks.size());
  }
}

TEST_CASE("masking leaves everything else byte for byte") {
  const std::string plain = "POST / HTTP/1.1\r\nHost: h\r\n\r\nAuthorization: stays\r\n\r\n";
  CHECK(mask_secret_headers(plain) == plain);
  CHECK(mask_secret_headers("POST / HTTP/1.1\r\nAUTHORIZATION: x\r\n\r\n") ==
        "POST / HTTP/1.1\r\nAUTHORIZATION: ***\r\n\r\n");
  CHECK(mask_secret_headers("").empty());
}

TEST_CASE("nobody listens: not connected, and the message has no password") {
  HttpPublisherOptions options;
  options.base_url = "http://al:secret@127.0.0.1:1";
  auto publisher = HttpPublisher::create(options).value();
  EventFields fields;
  fields.data = "x";
  const HttpAnswer answer = publisher.publish("news", fields);
  CHECK(answer.kind == HttpAnswer::Kind::not_connected);
  CHECK_FALSE(answer.reason.empty());
  CHECK(answer.reason.find("secret") == std::string::npos);
  CHECK(publisher.display_url() == "http://al:***@127.0.0.1:1");
}
