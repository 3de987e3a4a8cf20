#include <string>
#include <utility>

#include "net/file_follower.hpp"
#include "server/source/line_publisher.hpp"
#include "server/source/source.hpp"

namespace sse::server {
namespace {

class FollowSource final : public Source, public net::FileFollower::Handler {
 public:
  FollowSource(uv_loop_t* loop, SourceSink& sink, const FollowOptions& options)
      : sink_(sink),
        from_start_(options.from_start),
        files_max_(options.waiting_files_max),
        lines_(sink, options.path, "", options.line_bytes_max),
        follower_(loop, options.path, options.interval_ms, options.waiting_files_max, *this),
        stop_timer_(loop, [this] { std::exchange(stopped_, nullptr)(); }) {}

  Result<void> start() override { return follower_.start(from_start_); }
  void pause() noexcept override { follower_.pause(); }
  void resume() noexcept override {
    if (!stopping_) follower_.resume();
  }

  void stop(std::function<void()> done) override {
    stopping_ = true;
    stopped_ = std::move(done);
    lines_.mute();
    pause();
    stop_timer_.start(0);
  }

  // The file being read, those that wait, and inotify.
  std::size_t descriptors_max() const noexcept override { return files_max_ + 2; }

 private:
  void bytes(std::string_view bytes) noexcept override { lines_.bytes(bytes); }
  void cut() noexcept override { lines_.finish(); }
  void warn(std::string_view message) noexcept override {
    if (!stopping_) sink_.warn(message);
  }

  SourceSink& sink_;
  bool from_start_;
  std::size_t files_max_;
  LinePublisher lines_;
  net::FileFollower follower_;
  net::Timer stop_timer_;
  std::function<void()> stopped_;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Source> make_follow_source(uv_loop_t* loop, SourceSink& sink,
                                           FollowOptions options) {
  return std::make_unique<FollowSource>(loop, sink, options);
}

}  // namespace sse::server
