#include <optional>
#include <utility>

#include "formatter.hpp"

namespace sse::tail {
namespace {

class TemplateFormatter final : public Formatter {
 public:
  TemplateFormatter(OutputTemplate output_template, std::string url, std::string delimiter,
                    std::function<std::uint64_t()> unix_ms)
      : template_(std::move(output_template)),
        url_(std::move(url)),
        delimiter_(std::move(delimiter)),
        unix_ms_(std::move(unix_ms)) {}

  void event(std::string_view label, const Event& event, std::string& out) override {
    const std::uint64_t now = unix_ms_();
    const std::uint64_t before = std::exchange(last_ms_, now).value_or(now);
    template_.append(out, event,
                     {.url = label.empty() ? std::string_view(url_) : label,
                      .number = ++number_,
                      .now_ms = now,
                      .gap_ms = now > before ? now - before : 0});
    out.append(delimiter_);
  }

 private:
  OutputTemplate template_;
  std::string url_;
  std::string delimiter_;
  std::function<std::uint64_t()> unix_ms_;
  std::uint64_t number_ = 0;
  std::optional<std::uint64_t> last_ms_;
};

}  // namespace

std::unique_ptr<Formatter> make_template_formatter(OutputTemplate output_template, std::string url,
                                                   std::string delimiter,
                                                   std::function<std::uint64_t()> unix_ms) {
  return std::make_unique<TemplateFormatter>(std::move(output_template), std::move(url),
                                             std::move(delimiter), std::move(unix_ms));
}

}  // namespace sse::tail
