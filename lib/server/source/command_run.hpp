#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/child_process.hpp"
#include "net/pipe.hpp"
#include "net/pipe_reader.hpp"
#include "server/source/line_publisher.hpp"
#include "server/source/source.hpp"

namespace sse::server {

/// One run of a command, from its start until it and all it left behind is gone.
///
/// The end is reached when the command was reaped, both outputs were read to their end and its
/// process group is empty. What the command left running is ended; if that holds its output open,
/// after `linger_ms`.
class CommandRun {
 public:
  /// `options` and `sink` must outlive the run.
  CommandRun(uv_loop_t* loop, SourceSink& sink, const CommandOptions& options);
  CommandRun(const CommandRun&) = delete;
  CommandRun& operator=(const CommandRun&) = delete;

  /// `ended` is called once, when the run may be destroyed, but not from within its call.
  Result<void> start(std::function<void(net::ChildExit)> ended);
  void pause() noexcept;
  void resume() noexcept;
  /// Ends the command; `ended` is called as ever. Its last lines are not held back by pause().
  void stop();
  void kill() noexcept { child_.kill_group(); }

 private:
  /// One of the two outputs.
  class Output final : public net::PipeReader::Handler {
   public:
    Output(CommandRun& run, std::string name, std::string event_type);
    void open(Fd read_end);
    /// Publishes what is left.
    void close();
    void bytes(std::string_view bytes) noexcept override { lines.bytes(bytes); }
    void end(int error) noexcept override;

    LinePublisher lines;
    std::optional<net::PipeReader> reader;

   private:
    std::string name_;
    CommandRun& run_;
  };

  bool is_open() const noexcept { return out_.reader || err_.reader; }
  void on_exit(net::ChildExit how);
  void on_output_end();
  void on_linger();
  void on_group_ended();
  void end_group();
  void finish();

  uv_loop_t* loop_;
  SourceSink& sink_;
  const CommandOptions& options_;
  Output out_;
  Output err_;
  net::ChildProcess child_;
  net::Timer linger_;
  std::function<void(net::ChildExit)> ended_;
  std::optional<net::ChildExit> exit_;
  bool paused_ = false;
  bool stopping_ = false;
  bool group_ended_ = false;
};

}  // namespace sse::server
