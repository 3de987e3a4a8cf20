#include <doctest/doctest.h>

#include "stream_lint.hpp"

using namespace sse::tail;
using namespace std::string_literals;

namespace {

const std::vector<std::string> kGoodHead{"Content-Type: text/event-stream; charset=UTF-8",
                                         "Cache-Control: No-Store, no-transform",
                                         "x-accel-buffering: no"};

std::string names_of(StreamLint& lint) {
  std::string names;
  for (const Remark& remark : lint.take_remarks())
    names += (names.empty() ? "" : " ") + std::string(remark.fault ? "!" : "") +
             std::to_string(remark.line) + ":" + std::string(remark.name);
  return names;
}

std::string of_head(const std::vector<std::string>& fields) {
  StreamLint lint;
  lint.head(fields, 0);
  return names_of(lint);
}

// What is remarked of a body in pieces of this size; the server ends it.
std::string of_body(const std::string& body, std::size_t piece = 1000, bool by_server = true) {
  StreamLint lint;
  lint.head(kGoodHead, 0);
  for (std::size_t at = 0; at < body.size(); at += piece) lint.bytes(body.substr(at, piece), 0);
  lint.end(by_server);
  return names_of(lint);
}

}  // namespace

TEST_CASE("a good stream gives no remark, however it is cut") {
  const std::string body =
      "\xEF\xBB\xBFretry: 10\r\n\r\n: hello\r\nid: 1\nevent: a\ndata\ndata: \xC3\xA9\n\nid\n\n:\n";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) CHECK(of_body(body, piece) == "");
}

TEST_CASE("heads") {
  CHECK(of_head(kGoodHead) == "");
  CHECK(of_head({"content-type: text/event-stream"}) == "0:cache 0:transform 0:buffering");
  const auto with = [](const std::string& field) {
    auto fields = kGoodHead;
    fields.push_back(field);
    return of_head(fields);
  };
  CHECK(with("Content-Length: 10") == "0:length");
  CHECK(with("CONTENT-ENCODING: br") == "0:encoding");
  CHECK(of_head({"Content-Type: text/event-stream; charset=latin1", kGoodHead[1], kGoodHead[2]}) ==
        "!0:charset");
}

TEST_CASE("faults of a stream") {
  for (std::size_t piece : {1u, 2u, 3u, 1000u}) {
    CAPTURE(piece);
    CHECK(of_body("id: 1\nretry: 5s\nretry:\ndata: a\n\n", piece) == "!2:retry !3:retry");
    CHECK(of_body("id: a\0b\ndata: a\n\n"s, piece) == "!1:id");
    CHECK(of_body("id: 1\n\xEF\xBB\xBF"
                  "data: a\ndata: b\n\n",
                  piece) == "!2:bom");
    CHECK(of_body("id: 1\ndata: \xC3\n\n", piece) == "!2:utf-8");
    CHECK(of_body("id: 1\nevent: a\n\ndata: a\n\n", piece) == "!3:type");
    CHECK(of_body("id: 1\nData: a\n data: a\ndata : a\n\n", piece) == "!2:field !3:field !4:field");
    CHECK(of_body("id: 1\ndata: a", piece) == "!2:unfinished");
    CHECK(of_body("id: 1\ndata: a\n", piece) == "!3:unfinished");
    CHECK(of_body("id: 1\ndata: a\r", piece) == "!3:unfinished");
  }
}

TEST_CASE("what is merely suspicious") {
  CHECK(of_body("id: 1\nname: a\ndata: a\n\n") == "2:field");
  CHECK(of_body("id: 1\rdata: a\n\n") == "1:cr");
  CHECK(of_body("data: a\n\n") == "0:no-id");
  CHECK(of_body("id: 1\ndata: " + std::string(70'000, 'x') + "\n\n") == "2:long 3:large");
  const std::string line = "data: " + std::string(40'000, 'x') + "\n";
  CHECK(of_body("id: 1\n" + line + line + "\n") == "4:large");
}

TEST_CASE("nobody but the server is blamed for the end") {
  CHECK(of_body("id: 1\ndata: a", 1000, false) == "");
}

TEST_CASE("a silence is noticed") {
  StreamLint lint;
  lint.head(kGoodHead, 1000);
  lint.bytes(":\n", 30'999);
  CHECK(names_of(lint) == "");
  lint.bytes(":\n", 61'000);
  CHECK(names_of(lint) == "2:silence");
}

TEST_CASE("the first of a kind are told, the others counted") {
  std::string body = "id: 1\n";
  for (int i = 0; i < 10; ++i) body += "retry: x\n";
  CHECK(of_body(body + "\n") == "!2:retry !3:retry !4:retry 0:retry");
}

TEST_CASE("long lines take little memory and are not half judged") {
  StreamLint lint;
  const std::string piece(1 << 20, '\xC3');
  lint.bytes(":", 0);
  for (int i = 0; i < 3; ++i) lint.bytes(piece, 0);
  lint.bytes("\n", 0);
  CHECK(names_of(lint) == "");
}
