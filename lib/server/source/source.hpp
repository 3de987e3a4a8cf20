#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/child_process.hpp"
#include "net/loop.hpp"

namespace sse::server {

/// Where a source's events go: one channel. Called on the loop's thread. May call pause(),
/// resume() and stop() of the source, but must not destroy it.
class SourceSink {
 public:
  virtual ~SourceSink() = default;
  /// One event. `data` is well-formed UTF-8, may be empty (an empty line is an event too) and may
  /// hold CR and NUL; `event_type` is empty for `message`. The views die with the call.
  virtual void line(std::string_view event_type, std::string_view data) noexcept = 0;
  /// No more events will come: mark the channel ended.
  virtual void ended() noexcept = 0;
  /// One clause for the operator that names the source; nothing was lost without one.
  virtual void warn(std::string_view message) noexcept = 0;
};

/// Turns what is written somewhere else into events, a line each (LF or CRLF; a last line needs
/// none). Runs on one loop and belongs to its thread. Must be destroyed before the loop and the
/// sink, and not between stop() and its `done`.
class Source {
 public:
  virtual ~Source() = default;
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Call once. The error names what cannot be read or run, and why.
  virtual Result<void> start() = 0;
  /// Stops reading (back-pressure), so that the writer blocks or the file waits. The lines of one
  /// read, at most 64 KiB, may still be delivered.
  virtual void pause() noexcept = 0;
  virtual void resume() noexcept = 0;
  /// Ends it; the lines a command still writes until it is gone are delivered. `done` is called on
  /// the loop, never from within stop(), when no call of the sink follows and the source may be
  /// destroyed. Call at most once.
  virtual void stop(std::function<void()> done) = 0;
  /// Kills at once what it has started, for a process that is about to end itself.
  virtual void kill() noexcept {}
  /// Most descriptors it has open at a time: they must be there when it needs them.
  virtual std::size_t descriptors_max() const noexcept = 0;
};

/// Longest line published in full; of a longer one the rest is dropped, with a warning.
inline constexpr std::size_t kLineBytesMax = 1u << 20;

struct CommandOptions {
  std::vector<std::string> argv;  ///< the program (looked up in PATH) and its arguments
  bool restart = false;           ///< start it again whenever it ended
  std::size_t line_bytes_max = kLineBytesMax;
  net::EndTimes end{};  ///< of the command's process group
  /// How long output of processes the command left behind is waited for; then they are ended.
  std::uint64_t linger_ms = 1'000;
  std::uint64_t restart_delay_ms = 1'000;       ///< before the first restart; doubles each time ...
  std::uint64_t restart_delay_ms_max = 60'000;  ///< ... up to this ...
  std::uint64_t healthy_ms = 60'000;  ///< ... and starts over after a run that lasted so long
};

/// Runs a command in a process group of its own, standard input from /dev/null. Each line of its
/// standard output is an event, each line of its standard error one of type `stderr`, in the order
/// they are read. At its end comes an event `end` with data `{"status":0}` or `{"signal":"TERM"}`
/// (and with `restart` `"restarts"`, how often it was started again so far); then the channel is
/// ended, unless it restarts. start() fails if the command cannot be run.
std::unique_ptr<Source> make_command_source(uv_loop_t* loop, SourceSink& sink,
                                            CommandOptions options);

struct StdinOptions {
  int fd = 0;  ///< not owned; a pipe, socket, terminal, device or file
  std::size_t line_bytes_max = kLineBytesMax;
};

/// Reads standard input. At its end comes an event `end` with data `{"reason":"eof"}` (`"error"`
/// after a read error, which is also warned of), then the channel is ended.
std::unique_ptr<Source> make_stdin_source(uv_loop_t* loop, SourceSink& sink, StdinOptions options);

struct FollowOptions {
  std::string path;
  bool from_start = false;             ///< also what the file holds already
  std::uint64_t interval_ms = 250;     ///< how often to look where the system reports no changes
  std::size_t waiting_files_max = 64;  ///< that took the path's name but are not read yet
  std::size_t line_bytes_max = kLineBytesMax;
};

/// Follows a file by name, as `tail -F` does; see net::FileFollower for what it survives. Never
/// ends. start() fails if the path is there and is no regular file.
std::unique_ptr<Source> make_follow_source(uv_loop_t* loop, SourceSink& sink,
                                           FollowOptions options);

}  // namespace sse::server
