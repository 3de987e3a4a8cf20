#include "redis/question.hpp"

#include <nlohmann/json.hpp>

namespace sse::redis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextBytesMax = 4096;  ///< so that nesting cannot cost anything

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// An object whose members are looked at one by one; anything else is an empty one.
Json object_of(std::string_view text) {
  if (text.size() > kTextBytesMax) return Json::object();
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  return json.is_object() ? json : Json::object();
}

std::optional<std::string> text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

std::string encode_question(const Question& question) {
  return dump({{"ask", "streams"}, {"channel", question.channel}, {"answer", question.answer}});
}

std::optional<Question> decode_question(std::string_view text) {
  const Json object = object_of(text);
  auto channel = text_of(object, "channel");
  auto answer = text_of(object, "answer");
  if (text_of(object, "ask") != "streams" || !channel || !answer) return std::nullopt;
  return Question{*std::move(channel), *std::move(answer)};
}

std::string encode_answer(const Answer& answer) {
  return dump({{"node", answer.node}, {"channel", answer.channel}, {"streams", answer.streams}});
}

std::optional<Answer> decode_answer(std::string_view text) {
  const Json object = object_of(text);
  auto node = text_of(object, "node");
  auto channel = text_of(object, "channel");
  const auto streams = object.find("streams");
  if (!node || !channel || streams == object.end() || !streams->is_number_unsigned())
    return std::nullopt;
  return Answer{*std::move(node), *std::move(channel), streams->get<std::size_t>()};
}

}  // namespace sse::redis
