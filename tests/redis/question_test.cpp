#include "redis/question.hpp"

#include <doctest/doctest.h>

using namespace sse::redis;

TEST_CASE("a question and its answer are read as they were written") {
  const auto question = decode_question(encode_question({"news", "{sse}:answer:1"}));
  REQUIRE(question);
  CHECK(question->channel == "news");
  CHECK(question->answer == "{sse}:answer:1");
  const auto answer = decode_answer(encode_answer({"n1", "news", 3}));
  REQUIRE(answer);
  CHECK(answer->node == "n1");
  CHECK(answer->streams == 3);
}

TEST_CASE("anything else is none") {
  for (const char* text : {"", "x", "[]", "{}", R"({"ask":"time","channel":"a","answer":"b"})",
                           R"({"ask":"streams","channel":1,"answer":"b"})"})
    CHECK_MESSAGE(!decode_question(text), text);
  for (const char* text :
       {"", "{}", R"({"node":"n","channel":"c","streams":-1})", R"({"node":"n","streams":1})"})
    CHECK_MESSAGE(!decode_answer(text), text);
  CHECK(!decode_question(std::string(5000, '[')));
}
