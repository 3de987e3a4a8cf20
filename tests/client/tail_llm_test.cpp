#include <doctest/doctest.h>

#include "llm_stream.hpp"
#include "mcp.hpp"

using namespace sse::tail;

namespace {

LlmStream::Step step(std::string_view type, std::string_view data) {
  LlmStream stream(0);
  return stream.take({type, data, ""}, 0);
}

}  // namespace

TEST_CASE("text in the shapes of the providers") {
  CHECK(step("message", R"({"choices":[{"delta":{"content":"a\u00e4"}}]})").text == "a\u00e4");
  CHECK(step("message", R"({"choices":[{"delta":{"role":"assistant","content":null}}]})")
            .text.empty());
  CHECK(step("message", R"({"choices":[],"usage":{"completion_tokens":7}})").text.empty());
  CHECK(step("message", R"({"choices":[{"text":"b"}]})").text == "b");
  CHECK(step("response.output_text.delta", R"({"type":"response.output_text.delta","delta":"c"})")
            .text == "c");
  CHECK(step("response.output_text.done", R"({"type":"response.output_text.done","text":"whole"})")
            .text.empty());
  CHECK(step("content_block_delta",
             R"({"type":"content_block_delta","delta":{"type":"text_delta","text":"d"}})")
            .text == "d");
  CHECK(step("ping", R"({"type":"ping"})").text.empty());
  CHECK(step("message", "no JSON").text.empty());
}

TEST_CASE("ends and errors in the shapes of the providers") {
  CHECK(step("message", "[DONE]").done);
  CHECK(step("message_stop", R"({"type":"message_stop"})").done);
  CHECK(step("response.completed", R"({"type":"response.completed","response":{"error":null}})")
            .done);
  CHECK(!step("response.completed", R"({"type":"response.completed","response":{"error":null}})")
             .error);
  CHECK(step("error", R"({"type":"error","error":{"type":"overloaded_error","message":"Busy"}})")
            .error == "Busy");
  CHECK(step("message", R"({"error":{"message":"Quota","code":429}})").error == "Quota");
  CHECK(step("message", R"({"error":"plain"})").error == "plain");
  CHECK(step("error", "broken").error == "broken");
  CHECK(step("error", R"({"type":"error","message":"Responses"})").error == "Responses");
  CHECK(!step("message", R"({"choices":[],"error":null})").error);
}

TEST_CASE("the report counts from the request") {
  LlmStream stream(1000);
  CHECK(stream.report() == "no text came");
  const auto text = [&](const char* piece, std::uint64_t now) {
    stream.take({"message", std::string(R"({"choices":[{"text":")") + piece + "\"}]}", ""}, now);
  };
  text("a", 1500);
  CHECK(stream.report() == "time to first token 0.50s, 1 tokens, longest gap 0.00s");
  text("b", 2500);
  text("c\\n", 3500);
  CHECK(!stream.line_open());
  CHECK(stream.report() == "time to first token 0.50s, 3 tokens, 1.5 tokens/s, longest gap 1.00s");
  stream.take({"message", R"({"choices":[],"usage":{"completion_tokens":40}})", ""}, 9000);
  CHECK(stream.report() ==
        "time to first token 0.50s, 40 tokens, 20.0 tokens/s, longest gap 1.00s");
}

TEST_CASE("a request over MCP knows its answer") {
  using enum McpRequest::Answer;
  const McpRequest request(R"({"jsonrpc":"2.0","id":"a","method":"tools/list"})");
  CHECK(request.answered_by(R"({"id":"a","result":{}})") == result);
  CHECK(request.answered_by(R"({"id":"a","error":{}})") == error);
  CHECK(request.answered_by(R"({"id":null,"error":{}})") == error);
  CHECK(request.answered_by(R"({"id":"b","result":{}})") == none);
  CHECK(request.answered_by(R"({"id":"a","method":"ping"})") == none);
  CHECK(request.answered_by(R"({"method":"notifications/progress"})") == none);
  CHECK(request.answered_by("x") == none);
  CHECK(!McpRequest(R"({"method":"notifications/initialized"})").waits());
  CHECK(!McpRequest("").waits());
}
