#include "base/json_text.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace {

std::string json_of(std::string_view text) {
  std::string out;
  sse::append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("a JSON string escapes what it must and nothing else") {
  CHECK(json_of("") == "\"\"");
  CHECK(json_of("plain \x7f/") == "\"plain \x7f/\"");
  CHECK(json_of("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
  CHECK(json_of(std::string("\0\x1b\x1f", 3)) == R"("\u0000\u001b\u001f")");
  CHECK(json_of("\u2026\U0001F600") == "\"\u2026\U0001F600\"");
}

TEST_CASE("every ASCII text reads back the same with a JSON parser") {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const std::string part = text.substr(cut) + text.substr(0, cut);
    CHECK(nlohmann::json::parse(json_of(part)).get<std::string>() == part);
  }
}

TEST_CASE("texts of every size around a word and a vector read back the same") {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      CHECK(json_of(text) == "\"" + text + "\"");
      text[at] = '"';
      CHECK(nlohmann::json::parse(json_of(text)).get<std::string>() == text);
    }
  }
}

TEST_CASE("a byte that must be escaped is found at every place of a word") {
  const std::string around = "\u00e4\u2026 ~\x7f and more, \u00df";
  for (int c = 0; c < 128; ++c) {
    for (std::size_t at = 0; at <= 16; ++at) {
      const std::string text = std::string(at, 'x') + static_cast<char>(c) + around;
      CHECK(nlohmann::json::parse(json_of(text)).get<std::string>() == text);
    }
  }
}
