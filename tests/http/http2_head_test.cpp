#include <doctest/doctest.h>

#include <string>

#include "http/http2_head.hpp"

using namespace sse::http;

namespace {

struct Read {
  Request request;
  std::optional<HttpError> error;
};

Read read(const HeaderList& fields, bool has_body = false, const RequestLimits& limits = {}) {
  Read read;
  Http2Head head(read.request, limits);
  for (const auto& [name, value] : fields) head.add(name, value);
  read.error = head.finish(has_body);
  return read;
}

const HeaderList kGet = {
    {":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/n%20s?x=1"}};

HeaderList with(HeaderList fields, const std::string& name, const std::string& value) {
  fields.emplace_back(name, value);
  return fields;
}

int status_of(const Read& read) { return read.error ? read.error->status : 0; }

}  // namespace

TEST_CASE("pseudo-header fields make a request as HTTP/1.1 would") {
  const Read got = read(with(kGet, "last-event-id", " e-7 "));
  REQUIRE(!got.error);
  CHECK(got.request.method == Method::get);
  CHECK(got.request.path == "/n s");
  CHECK(*got.request.param("x") == "1");
  CHECK(*got.request.header("Host") == "a.example");
  CHECK(*got.request.header("Last-Event-ID") == "e-7");
  CHECK(got.request.keep_alive);
  CHECK(!got.request.has_body);
}

TEST_CASE("Host and :authority must agree, and be there") {
  CHECK(status_of(read(with(kGet, "host", "A.example"))) == 0);
  CHECK(status_of(read(with(kGet, "host", "b.example"))) == 400);
  CHECK(status_of(read({{":method", "GET"}, {":path", "/a"}})) == 400);
  CHECK(status_of(read({{":method", "GET"}, {":path", "/a"}, {"host", "a.example"}})) == 0);
  CHECK(status_of(read({{":method", "GET"}, {":authority", "u@a"}, {":path", "/a"}})) == 400);
}

TEST_CASE("limits: the head, its fields, the target, the body") {
  RequestLimits limits;
  limits.head_bytes_max = 200;
  CHECK(status_of(read(with(kGet, "x", std::string(200, 'x')), false, limits)) == 431);
  limits = {};
  limits.headers_max = 2;
  CHECK(status_of(read(with(with(with(kGet, "a", ""), "b", ""), "c", ""), false, limits)) == 431);
  limits = {};
  limits.target_bytes_max = 4;
  CHECK(status_of(read(kGet, false, limits)) == 414);
  limits = {};
  limits.body_bytes_max = 9;
  CHECK(status_of(read(with(kGet, "content-length", "10"), true, limits)) == 413);
}

TEST_CASE("a body may come without a length") {
  const HeaderList post = {{":method", "POST"}, {":authority", "a.example"}, {":path", "/a"}};
  CHECK(read(post, true).request.has_body);
  CHECK(!read(post, false).request.has_body);
  const HeaderList expects = with(with(post, "expect", "100-continue"), "content-length", "3");
  CHECK(read(expects, true).request.expect_continue);
  CHECK(!read(expects, false).request.expect_continue);
}

TEST_CASE("a GET whose end is still to come has no body yet") {
  CHECK(!read(kGet, true).request.has_body);
  CHECK(read(with(kGet, "content-length", "1"), true).request.has_body);
}

TEST_CASE("what HTTP/1.1 refuses is refused") {
  CHECK(status_of(read({{":method", "CONNECT"}, {":authority", "a:80"}})) == 501);
  CHECK(status_of(read({{":method", "GET"}, {":authority", "a"}, {":path", "/%ff"}})) == 400);
  CHECK(status_of(read(with(kGet, "content_length", "3"))) == 400);
}
