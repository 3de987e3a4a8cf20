#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "net/pipe_reader.hpp"
#include "server/source/line_publisher.hpp"
#include "server/source/source.hpp"

namespace sse::server {
namespace {

class StdinSource final : public Source, public net::PipeReader::Handler {
 public:
  StdinSource(uv_loop_t* loop, SourceSink& sink, const StdinOptions& options)
      : loop_(loop),
        sink_(sink),
        fd_(options.fd),
        lines_(sink, "standard input", "", options.line_bytes_max),
        stop_timer_(loop, [this] { std::exchange(stopped_, nullptr)(); }) {}

  Result<void> start() override {
    Result<Fd> input = net::open_for_reading(fd_);
    if (!input) return fail("cannot read standard input: " + input.error().message);
    reader_.emplace(loop_, std::move(*input), *this);
    reader_->resume();
    return {};
  }

  void pause() noexcept override {
    if (reader_) reader_->pause();
  }

  void resume() noexcept override {
    if (reader_ && !stopping_) reader_->resume();
  }

  void stop(std::function<void()> done) override {
    stopping_ = true;
    stopped_ = std::move(done);
    lines_.mute();
    pause();
    stop_timer_.start(0);
  }

  std::size_t descriptors_max() const noexcept override { return 1; }

 private:
  void bytes(std::string_view bytes) noexcept override { lines_.bytes(bytes); }

  void end(int error) noexcept override {
    reader_.reset();
    if (stopping_) return;
    if (error != 0) sink_.warn(std::string("cannot read standard input: ") + std::strerror(error));
    lines_.finish();
    if (!stopping_) sink_.line("end", error == 0 ? R"({"reason":"eof"})" : R"({"reason":"error"})");
    if (!stopping_) sink_.ended();
  }

  uv_loop_t* loop_;
  SourceSink& sink_;
  int fd_;
  LinePublisher lines_;
  std::optional<net::PipeReader> reader_;
  net::Timer stop_timer_;
  std::function<void()> stopped_;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Source> make_stdin_source(uv_loop_t* loop, SourceSink& sink, StdinOptions options) {
  return std::make_unique<StdinSource>(loop, sink, options);
}

}  // namespace sse::server
