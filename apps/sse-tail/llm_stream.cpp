#include "llm_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "json_pointer.hpp"
#include "json_value.hpp"

namespace sse::tail {
namespace {

constexpr double kMsPerSecond = 1000;

std::optional<std::string> value(std::string_view json, std::string_view pointer) {
  const auto found = JsonPointer::parse(pointer)->find(json);
  if (!found || *found == "null") return std::nullopt;
  return json_as_text(*found);
}

std::string text_of(std::string_view json, std::string_view type) {
  if (type == "response.output_text.delta") return value(json, "/delta").value_or("");
  for (const std::string_view place :
       {"/choices/0/delta/content", "/choices/0/text", "/delta/text"})
    if (auto text = value(json, place)) return *std::move(text);
  return {};
}

std::optional<std::string> error_of(std::string_view json, std::string_view type) {
  for (const std::string_view place : {"/error/message", "/response/error/message"})
    if (auto message = value(json, place)) return message;
  if (auto error = value(json, "/error")) return error;
  if (type == "error" || type == "response.failed")
    return value(json, "/message").value_or("the answer failed");
  return std::nullopt;
}

bool ends(std::string_view type) {
  return type == "message_stop" || type == "response.completed" || type == "response.incomplete";
}

std::optional<std::uint64_t> tokens_in(std::string_view json) {
  for (const std::string_view place :
       {"/usage/completion_tokens", "/usage/output_tokens", "/response/usage/output_tokens"}) {
    const auto text = value(json, place);
    std::uint64_t number = 0;
    if (text &&
        std::from_chars(text->data(), text->data() + text->size(), number).ec == std::errc{})
      return number;
  }
  return std::nullopt;
}

}  // namespace

LlmStream::Step LlmStream::take(const Event& event, std::uint64_t now_ms) {
  Step step;
  if (event.data == "[DONE]") {
    step.done = true;
  } else if (is_json(event.data)) {
    const std::string type = value(event.data, "/type").value_or(std::string(event.type));
    step.error = error_of(event.data, type);
    step.text = text_of(event.data, type);
    step.done = ends(type);
    if (const auto tokens = tokens_in(event.data)) tokens_ = tokens;
  } else if (event.type == "error") {
    step.error = std::string(event.data);
  }
  count(step, now_ms);
  return step;
}

void LlmStream::count(const Step& step, std::uint64_t now_ms) {
  done_ = done_ || step.done;
  if (step.text.empty()) return;
  line_open_ = step.text.back() != '\n';
  ++pieces_;
  if (first_at_) longest_gap_ms_ = std::max(longest_gap_ms_, now_ms - last_at_);
  if (!first_at_) first_at_ = now_ms;
  last_at_ = now_ms;
}

std::string LlmStream::report() const {
  if (!first_at_) return "no text came";
  const std::uint64_t tokens = tokens_.value_or(pieces_);
  const auto seconds = static_cast<double>(last_at_ - *first_at_) / kMsPerSecond;
  std::string text =
      fmt::format("time to first token {:.2f}s, {} tokens",
                  static_cast<double>(*first_at_ - asked_at_) / kMsPerSecond, tokens);
  if (seconds > 0) text += fmt::format(", {:.1f} tokens/s", static_cast<double>(tokens) / seconds);
  return text +
         fmt::format(", longest gap {:.2f}s", static_cast<double>(longest_gap_ms_) / kMsPerSecond);
}

}  // namespace sse::tail
