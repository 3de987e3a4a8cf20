#include "sse-pub/http_answer.hpp"

#include <doctest/doctest.h>

using sse::client::HttpAnswer;
using sse::pub::answer_line;
using sse::pub::read_receipt;
using sse::pub::refusal_reason;

namespace {

HttpAnswer answer(int status, std::string body) {
  HttpAnswer out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

std::size_t accepted_count(const HttpAnswer& given, std::size_t sent) {
  return sse::pub::accepted_count(read_receipt(given), sent);
}

}  // namespace

TEST_CASE("a refusal gives the server's own reason") {
  CHECK(refusal_reason(answer(413, R"({"error":"event too large","status":413})")) ==
        "event too large (status 413)");
  CHECK(refusal_reason(answer(401, "")) == "status 401");
  CHECK(refusal_reason(answer(404, "not here\nsecond line")) == "not here (status 404)");
  CHECK(refusal_reason(answer(400, "\x1b[31mred\x07")) == "[31mred (status 400)");
  CHECK(refusal_reason(answer(500, std::string(9999, 'x'))).size() < 300);
  CHECK(refusal_reason(answer(400, R"({"error":5})")) == R"({"error":5} (status 400))");
  CHECK(refusal_reason(answer(302, "")).starts_with("redirects are not followed"));
}

TEST_CASE("an answer that lists too few ids vouches for those only") {
  CHECK(accepted_count(answer(200, R"({"ids":["a","b"]})"), 2) == 2);
  CHECK(accepted_count(answer(200, R"({"ids":["a"]})"), 2) == 1);
  CHECK(accepted_count(answer(200, R"({"ids":["a","b","c"]})"), 2) == 2);
  CHECK(accepted_count(answer(200, R"({"ids":[]})"), 2) == 2);
  CHECK(accepted_count(answer(200, R"({"ids":["b"],"duplicates":1})"), 2) == 2);
  CHECK(accepted_count(answer(200, R"({"ids":[],"duplicates":2})"), 2) == 2);
  CHECK(accepted_count(answer(200, R"({"ids":[],"duplicates":1})"), 2) == 1);
  CHECK(accepted_count(answer(200, R"({"ids":["b"],"duplicates":18446744073709551615})"), 2) == 2);
  CHECK(accepted_count(answer(200, "ok"), 2) == 2);
}

TEST_CASE("an answer is shown as one line of JSON") {
  CHECK(answer_line(answer(200, "{\"b\": 1,\n \"a\": 2}\n")) == R"({"b":1,"a":2})");
  CHECK(answer_line(answer(202, "all\nright")) == R"({"status":202,"body":"all\nright"})");
}

TEST_CASE("a receipt of odd types is one that says nothing") {
  for (const char* body : {"", "[]", "{}", R"({"ids":5,"duplicates":-1,"streams":"x"})"}) {
    const auto receipt = read_receipt(answer(200, body));
    CHECK(receipt.ids.empty());
    CHECK(receipt.duplicates == 0);
    CHECK_FALSE(receipt.streams);
  }
  CHECK(read_receipt(answer(200, R"({"ids":["a",7],"streams":3})")).streams == 3);
}
