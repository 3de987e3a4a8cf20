#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sse::redis {

/// What is asked of all nodes at once (docs/redis.md): how many streams a channel has.
struct Question {
  std::string channel;
  std::string answer;  ///< the topic to answer on
};

std::string encode_question(const Question& question);
/// nullopt for anything else.
std::optional<Question> decode_question(std::string_view text);

/// What one node answers.
struct Answer {
  std::string node;
  std::string channel;
  std::size_t streams = 0;
};

std::string encode_answer(const Answer& answer);
std::optional<Answer> decode_answer(std::string_view text);

}  // namespace sse::redis
