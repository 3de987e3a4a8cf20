#include <utility>

#include "formatter.hpp"
#include "printable.hpp"

namespace sse::tail {
namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kName = "\x1b[1;36m";
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kContinuation = "         ";  // as wide as the time and its space

class PrettyFormatter final : public Formatter {
 public:
  PrettyFormatter(bool color, std::function<std::string()> time_of_day)
      : color_(color), time_of_day_(std::move(time_of_day)) {}

  void event(std::string_view label, const Event& event, std::string& out) override {
    const bool quiet = event.type == "gap";
    begin(label, out);
    paint(quiet ? kDim : kName, event.type, out);
    if (!event.last_event_id.empty()) {
      out += ' ';
      paint(kDim, event.last_event_id, out);
    }
    append_data(event.data, quiet ? kDim : std::string_view(), out);
  }

  void comment(std::string_view label, std::string_view text, std::string& out) override {
    begin(label, out);
    paint(kDim, std::string(":").append(text), out);
    out += '\n';
  }

 private:
  void begin(std::string_view label, std::string& out) {
    paint(kDim, time_of_day_(), out);
    out += ' ';
    if (label.empty()) return;
    paint(kDim, label, out);
    out += ' ';
  }

  // The first line goes beside the name, more lines below it.
  void append_data(std::string_view data, std::string_view style, std::string& out) {
    for (bool first = true;; first = false) {
      const std::size_t end = data.find('\n');
      out.append(first ? " " : kContinuation);
      paint(style, data.substr(0, end), out);
      out += '\n';
      if (end == std::string_view::npos) return;
      data.remove_prefix(end + 1);
    }
  }

  void paint(std::string_view style, std::string_view text, std::string& out) {
    const bool painted = color_ && !style.empty();
    if (painted) out.append(style);
    append_printable(out, text);
    if (painted) out.append(kReset);
  }

  bool color_;
  std::function<std::string()> time_of_day_;
};

}  // namespace

std::unique_ptr<Formatter> make_pretty_formatter(bool color,
                                                 std::function<std::string()> time_of_day) {
  return std::make_unique<PrettyFormatter>(color, std::move(time_of_day));
}

}  // namespace sse::tail
