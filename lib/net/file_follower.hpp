#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/file_tail.hpp"
#include "net/loop.hpp"

namespace sse::net {

/// Follows a file by name, as `tail -F` does. Changes are noticed through inotify on the directory
/// and, where that tells nothing (network file systems, links), every `interval_ms`. The disk is
/// touched in libuv's thread pool only, except in start().
///
/// Nothing is lost or doubled when the file
/// - does not exist yet, nor its directory: it is waited for and read from its start;
/// - is renamed or deleted and made anew: the old one is read to its end, then the new one from its
///   start (see FileTail). A file with several rotations between two looks is lost but for those
///   that were seen; each change of the name causes a look;
/// - is truncated: it is read from its start. What was written since the last look before that is
///   gone: this is the race of "copytruncate", which no reader can close.
/// A deleted file stays open, and so keeps its space, until another takes its name.
class FileFollower {
 public:
  static constexpr std::size_t kReadBytes = 64u << 10;

  /// Told on the loop's thread; must not destroy the follower.
  class Handler {
   public:
    virtual void bytes(std::string_view bytes) noexcept = 0;
    /// What follows is of another file, or of the same started over.
    virtual void cut() noexcept = 0;
    virtual void warn(std::string_view message) noexcept = 0;

   protected:
    ~Handler() = default;
  };

  /// The handler must outlive the follower; destroying the follower ends the calls at once.
  /// `waiting_max`: see FileTail.
  FileFollower(uv_loop_t* loop, std::string path, std::uint64_t interval_ms,
               std::size_t waiting_max, Handler& handler);
  ~FileFollower();
  FileFollower(const FileFollower&) = delete;
  FileFollower& operator=(const FileFollower&) = delete;

  /// Call once. The error names the file, which is no regular one or cannot be opened.
  Result<void> start(bool from_start);
  /// No more reads; one under way is still delivered. Rotations are noticed all the same.
  void pause() noexcept { paused_ = true; }
  void resume() noexcept;

 private:
  struct Job;
  struct Orphan {
    void operator()(Job* job) const noexcept;
  };

  void look() noexcept;
  void deliver() noexcept;
  void watch(std::optional<FileIdentity> directory) noexcept;

  uv_loop_t* loop_;
  Handler& handler_;
  std::uint64_t interval_ms_;
  std::string name_;  // in its directory
  Timer poll_;
  std::optional<Handle<uv_fs_event_t, const char*>> watch_;
  std::optional<FileIdentity> watched_;
  std::unique_ptr<Job, Orphan> job_;
  bool again_ = false;  // something changed while the job ran
  bool paused_ = false;
};

}  // namespace sse::net
