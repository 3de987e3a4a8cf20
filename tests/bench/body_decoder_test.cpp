#include "sse-bench/body_decoder.hpp"

#include <string>

#include <doctest/doctest.h>

using sse::bench::BodyDecoder;
using sse::bench::ResponseHead;

namespace {

BodyDecoder decoder_for(const std::string& headers) {
  ResponseHead head;
  head.feed("HTTP/1.1 200 OK\r\n" + headers + "\r\n");
  REQUIRE(head.state() == ResponseHead::State::complete);
  return BodyDecoder(head);
}

struct Decoded {
  std::string body;
  std::string rest;  ///< after the end of the body
  bool done = false;
  bool malformed = false;
};

void decode_piece(BodyDecoder& decoder, std::string_view bytes, Decoded& out) {
  std::string_view piece;
  while (decoder.next(bytes, piece)) out.body += piece;
  out.rest += bytes;
  out.done = decoder.done();
  out.malformed = decoder.malformed();
}

Decoded decode(const std::string& headers, const std::string& wire) {
  Decoded whole;
  BodyDecoder first = decoder_for(headers);
  decode_piece(first, wire, whole);
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    Decoded cut_in_two;
    BodyDecoder decoder = decoder_for(headers);
    decode_piece(decoder, std::string_view(wire).substr(0, cut), cut_in_two);
    decode_piece(decoder, std::string_view(wire).substr(cut), cut_in_two);
    CAPTURE(cut);
    CHECK(cut_in_two.body == whole.body);
    CHECK(cut_in_two.done == whole.done);
    CHECK(cut_in_two.malformed == whole.malformed);
  }
  return whole;
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";

}  // namespace

TEST_CASE("a body delimited by close is taken as it is") {
  const Decoded got = decode("", "data: 1\n\n5\r\n");
  CHECK(got.body == "data: 1\n\n5\r\n");
  CHECK_FALSE(got.done);
}

TEST_CASE("chunks lose their framing, extensions and trailers") {
  const Decoded got =
      decode(kChunked, "5\r\nhello\r\nA;name=\"x\"\r\n0123456789\r\n000\r\nX: y\r\n\r\nHTTP/1.1");
  CHECK(got.body == "hello0123456789");
  CHECK(got.done);
  CHECK(got.rest == "HTTP/1.1");
}

TEST_CASE("chunk data may look like framing") {
  CHECK(decode(kChunked, "8\r\n0\r\n\r\n5\r\n\r\n1\r\nx\r\n").body == "0\r\n\r\n5\r\nx");
}

TEST_CASE("a body of a stated length ends there") {
  const Decoded got = decode("Content-Length: 5\r\n", "helloHTTP/1.1");
  CHECK(got.body == "hello");
  CHECK(got.done);
  CHECK(got.rest == "HTTP/1.1");
  CHECK(decoder_for("Content-Length: 0\r\n").done());
}

TEST_CASE("broken chunk framing is malformed") {
  for (const char* bad : {"x\r\n", "\r\n", "5\r\nhelloX", "1234567890123456\r\n"})
    CHECK_MESSAGE(decode(kChunked, bad).malformed, bad);
}
