#include <optional>
#include <utility>

#include <fmt/format.h>

#include "formatter.hpp"
#include "stream_lint.hpp"

namespace sse::tail {
namespace {

class LintFormatter final : public Formatter {
 public:
  explicit LintFormatter(std::function<std::uint64_t()> monotonic_ms)
      : monotonic_ms_(std::move(monotonic_ms)) {}

  void event(std::string_view, const Event&, std::string&) override {}
  void open(std::string_view, const client::ResponseHead& head, std::string& out) override {
    lint_.emplace();
    lint_->head(head.fields, monotonic_ms_());
    append_remarks(out);
  }
  void bytes(std::string_view, std::string_view bytes, std::string& out) override {
    lint_->bytes(bytes, monotonic_ms_());
    append_remarks(out);
  }
  void error(std::string_view, const client::StreamError& error, std::string& out) override {
    end(error.kind == client::ErrorKind::ended, out);
  }
  void close(std::string_view, std::string_view, std::string& out) override { end(false, out); }
  bool found_faults() const noexcept override { return faulty_; }

 private:
  void append_remarks(std::string& out) {
    for (const Remark& remark : lint_->take_remarks()) {
      if (remark.line != 0) out += fmt::format("line {}: ", remark.line);
      out += remark.fault ? "fault: " : "warning: ";
      out += fmt::format("{} [{}]\n", remark.text, remark.name);
    }
  }

  void end(bool by_server, std::string& out) {
    if (!lint_) return;
    lint_->end(by_server);
    append_remarks(out);
    faulty_ = faulty_ || lint_->faulty();
    lint_.reset();
  }

  std::function<std::uint64_t()> monotonic_ms_;
  std::optional<StreamLint> lint_;  // of the open connection
  bool faulty_ = false;
};

}  // namespace

std::unique_ptr<Formatter> make_lint_formatter(std::function<std::uint64_t()> monotonic_ms) {
  return std::make_unique<LintFormatter>(std::move(monotonic_ms));
}

}  // namespace sse::tail
