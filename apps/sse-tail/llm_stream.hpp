#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sse/event.hpp>

namespace sse::tail {

/// --llm: the running text of one answer of a language model, in the shapes of OpenAI (chat
/// completions, completions, responses) and Anthropic (messages), and how fast it came.
class LlmStream {
 public:
  /// What one event brings.
  struct Step {
    std::string text;
    bool done = false;                   ///< the answer is complete
    std::optional<std::string> error{};  ///< the provider's message: the answer failed
  };

  /// `now_ms`: when the request was made.
  explicit LlmStream(std::uint64_t now_ms) : asked_at_(now_ms) {}

  Step take(const Event& event, std::uint64_t now_ms);
  bool done() const noexcept { return done_; }
  /// Whether the text so far needs a newline to end its last line.
  bool line_open() const noexcept { return line_open_; }
  /// "time to first token 0.32s, 45 tokens, 23.1 tokens/s, longest gap 0.81s". Tokens are those the
  /// provider counted, else pieces of text.
  std::string report() const;

 private:
  void count(const Step& step, std::uint64_t now_ms);

  std::uint64_t asked_at_;
  std::optional<std::uint64_t> first_at_;
  std::uint64_t last_at_ = 0;
  std::uint64_t longest_gap_ms_ = 0;
  std::uint64_t pieces_ = 0;
  std::optional<std::uint64_t> tokens_;
  bool done_ = false;
  bool line_open_ = false;
};

}  // namespace sse::tail
