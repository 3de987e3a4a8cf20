#include <array>
#include <map>
#include <utility>

#include "formatter.hpp"
#include "json_layout.hpp"
#include "json_value.hpp"
#include "printable.hpp"

namespace sse::tail {
namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kName = "\x1b[1;36m";
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::array<std::string_view, 6> kLabels{"\x1b[33m", "\x1b[35m", "\x1b[34m",
                                                  "\x1b[32m", "\x1b[31m", "\x1b[36m"};
// JSON that is no longer than this stays on the line of its event.
constexpr std::size_t kJsonLineBytesMax = 60;

std::string_view style_of(JsonPart part) {
  switch (part) {
    case JsonPart::name:
      return "\x1b[34m";
    case JsonPart::string:
      return "\x1b[32m";
    case JsonPart::other:
      return "\x1b[33m";
    case JsonPart::space:
    case JsonPart::punctuation:
      break;
  }
  return {};
}

class PrettyFormatter final : public Formatter {
 public:
  PrettyFormatter(bool color, std::function<std::string()> stamp)
      : color_(color), stamp_(std::move(stamp)) {}

  void event(std::string_view label, const Event& event, std::string& out) override {
    const bool quiet = event.type == "gap";
    const std::string stamp = stamp_();
    begin(stamp, label, out);
    paint(quiet ? kDim : kName, event.type, out);
    if (!event.last_event_id.empty()) {
      out += ' ';
      paint(kDim, event.last_event_id, out);
    }
    const std::string margin(stamp.empty() ? 2 : stamp.size() + 1, ' ');
    if ((event.data.starts_with('{') || event.data.starts_with('[')) && is_json(event.data)) {
      append_json(event.data, margin, out);
    } else {
      append_text(event.data, quiet ? kDim : std::string_view(), margin, out);
    }
  }

 private:
  void begin(std::string_view stamp, std::string_view label, std::string& out) {
    if (!stamp.empty()) {
      paint(kDim, stamp, out);
      out += ' ';
    }
    if (label.empty()) return;
    paint(style_of_label(label), label, out);
    out += ' ';
  }

  std::string_view style_of_label(std::string_view label) {
    const auto next = kLabels[label_styles_.size() % kLabels.size()];
    return label_styles_.try_emplace(std::string(label), next).first->second;
  }

  // The first line goes beside the name, more lines below it.
  void append_text(std::string_view data, std::string_view style, std::string_view margin,
                   std::string& out) {
    for (bool first = true;; first = false) {
      const std::size_t end = data.find('\n');
      out.append(first ? " " : margin);
      paint(style, data.substr(0, end), out);
      out += '\n';
      if (end == std::string_view::npos) return;
      data.remove_prefix(end + 1);
    }
  }

  void append_json(std::string_view data, std::string_view margin, std::string& out) {
    std::string line;
    append_minified(line, data);
    const bool wrapped = line.size() > kJsonLineBytesMax;
    if (wrapped)
      out.append("\n").append(margin);
    else
      out += ' ';
    lay_out_json(line, [&](JsonPart part, std::string_view text) {
      if (part != JsonPart::space) return paint(style_of(part), text, out);
      if (wrapped && text.starts_with('\n')) {
        out.append("\n").append(margin).append(text.substr(1));
      } else if (text == " " || out.ends_with(',')) {
        out += ' ';
      }
    });
    out += '\n';
  }

  void paint(std::string_view style, std::string_view text, std::string& out) {
    const bool painted = color_ && !style.empty();
    if (painted) out.append(style);
    append_printable(out, text);
    if (painted) out.append(kReset);
  }

  bool color_;
  std::function<std::string()> stamp_;
  std::map<std::string, std::string_view> label_styles_;
};

}  // namespace

std::unique_ptr<Formatter> make_pretty_formatter(bool color, std::function<std::string()> stamp) {
  return std::make_unique<PrettyFormatter>(color, std::move(stamp));
}

}  // namespace sse::tail
