#include "json_layout.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "json_cursor.hpp"

namespace sse::tail {
namespace {

constexpr std::size_t kIndentedLevelsMax = 32;

class Layout {
 public:
  using Sink = std::function<void(JsonPart, std::string_view)>;
  Layout(std::string_view json, const Sink& sink) : rest_(json), sink_(sink) {}

  void run() {
    for (skip_space(); !rest_.empty(); skip_space()) take_token();
  }

 private:
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  void take_token() {
    const char c = rest_.front();
    if (c == '{' || c == '[') return open();
    if (c == '}' || c == ']') return close();
    if (c == ',') return punctuation([this] { new_line(); });
    if (c == ':') return punctuation([this] { sink_(JsonPart::space, " "); });
    const std::string_view value = JsonCursor(rest_).take_value();
    rest_.remove_prefix(value.size());
    skip_space();
    sink_(c != '"'                 ? JsonPart::other
          : rest_.starts_with(':') ? JsonPart::name
                                   : JsonPart::string,
          value);
  }

  void open() {
    ++depth_;
    punctuation([this] {
      skip_space();
      if (!rest_.starts_with('}') && !rest_.starts_with(']')) new_line();
      empty_ = rest_.starts_with('}') || rest_.starts_with(']');
    });
  }

  void close() {
    --depth_;
    if (!std::exchange(empty_, false)) new_line();
    punctuation([] {});
  }

  template <class Then>
  void punctuation(Then then) {
    sink_(JsonPart::punctuation, rest_.substr(0, 1));
    rest_.remove_prefix(1);
    then();
  }

  void new_line() {
    sink_(JsonPart::space, "\n" + std::string(2 * std::min(depth_, kIndentedLevelsMax), ' '));
  }

  std::string_view rest_;
  const Sink& sink_;
  std::size_t depth_ = 0;
  bool empty_ = false;
};

}  // namespace

void lay_out_json(std::string_view json,
                  const std::function<void(JsonPart, std::string_view)>& part) {
  Layout(json, part).run();
}

}  // namespace sse::tail
