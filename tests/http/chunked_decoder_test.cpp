#include "http/chunked_decoder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using namespace sse::http;

namespace {

/// "body" when complete, "400" and such when refused, "…" when it goes on. Fed in pieces of `step`.
std::string decoded(std::string_view bytes, std::size_t step, const RequestLimits& limits) {
  ChunkedDecoder decoder(limits);
  std::string body;
  while (!bytes.empty() && !decoder.done() && !decoder.error()) {
    const std::string_view piece = bytes.substr(0, step);
    auto exact = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), exact.get());
    bytes.remove_prefix(decoder.decode({exact.get(), piece.size()}, body));
  }
  if (decoder.error()) return std::to_string(decoder.error()->status);
  return decoder.done() ? "'" + body + "'" + std::string(bytes) : "...";
}

std::string decoded_every_way(std::string_view bytes, const RequestLimits& limits = {}) {
  const std::string whole = decoded(bytes, std::max<std::size_t>(1, bytes.size()), limits);
  for (std::size_t step = 1; step < bytes.size(); ++step)
    CHECK(decoded(bytes, step, limits) == whole);
  return whole;
}

}  // namespace

TEST_CASE("well-formed chunked bodies are decoded and end where they end") {
  const std::pair<std::string, const char*> rows[] = {
      {"0\r\n\r\n", "''"},
      {"5\r\nhello\r\n0\r\n\r\nGET", "'hello'GET"},
      {"000005\r\nhello\r\n00\r\n\r\n", "'hello'"},
      {"a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n", "'0123456789abcdefghij'"},
      {"2;a\r\nhi\r\n0;b=c;d=\"e;\\\"\r\"\r\n\r\n", "400"},  // a CR inside quotes
      {"2;a\r\nhi\r\n0;b=c;d=\"e;\\\"\t\";f\r\n\r\n", "'hi'"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "'\r\n'"},
      {"0\r\nA: b\r\nC:\r\n\r\nX", "''X"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(decoded_every_way(row.first) == row.second);
  }
}

TEST_CASE("whatever another parser could read differently is refused") {
  for (std::string bytes : {
           "\r\n",
           " 5\r\n",
           "5 \r\n",
           "5\t\r\n",
           "+5\r\n",
           "-1\r\n",
           "0x5\r\n",
           "1_0\r\n",
           "g\r\n",
           "5\n",
           "5\rx",
           "5\r\nhelloX",
           "5\r\nhello\n",
           "5\r\nhello\rX",
           "5;\r\n",
           "5;;a\r\n",
           "5; a\r\n",
           "5;a =b\r\n",
           "5;a=\r\n",
           "5;a= b\r\n",
           "5;a=[\r\n",
           "5;a[=b\r\n",
           "5;a=\"b\"c\r\n",
           "5;a=\"\x01\"\r\n",
           "5;a=\"\\\x01\"\r\n",
           "5;a\n",
           "0\r\n A: b\r\n\r\n",
           "0\r\nA : b\r\n\r\n",
           "0\r\nA\r\n\r\n",
           "0\r\n\n",
           "0\r\nA: b\n\r\n",
           "00000000000000005\r\nhello\r\n",
           "FFFFFFFFFFFFFFFF0\r\n",
       }) {
    CAPTURE(bytes);
    CHECK(decoded_every_way(bytes) == "400");
  }
}

TEST_CASE("what is cut short goes on") {
  for (std::string bytes : {"", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n",
                            "0\r\n", "0\r\n\r", "0\r\nA: b\r\n"})
    CHECK_MESSAGE(decoded_every_way(bytes) == "...", bytes);
}

TEST_CASE("extensions and trailers are bounded over the whole body") {
  RequestLimits limits;
  limits.head_bytes_max = 8;
  CHECK(decoded_every_way("1;abc\r\nx\r\n1;abc\r\ny\r\n0\r\n\r\n", limits) == "'xy'");
  CHECK(decoded_every_way("1;abc\r\nx\r\n1;abcde\r\ny\r\n0\r\n\r\n", limits) == "400");
  CHECK(decoded_every_way("0\r\nA:bc\r\n\r\n", limits) == "''");
  CHECK(decoded_every_way("0\r\nA:bcd\r\n\r\n", limits) == "431");
  limits = {};
  limits.headers_max = 1;
  CHECK(decoded_every_way("0\r\nA:b\r\nC:d\r\n\r\n", limits) == "431");
}
