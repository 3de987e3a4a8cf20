#pragma once

#include <uv.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "net/loop.hpp"

namespace sse::net {

/// A descriptor to read what `fd` (a standard input, say) reads from, without making reads through
/// `fd` non-blocking for the processes that share it. Pipes and terminals are opened anew where
/// the system permits; files keep sharing the position.
Result<Fd> open_for_reading(int fd);

/// Reads a descriptor to its end, in pieces of at most kReadBytes: pipes, sockets and terminals
/// when they are readable, files and devices by libuv's thread pool, so that a slow disk does not
/// hold up the loop.
class PipeReader {
 public:
  static constexpr std::size_t kReadBytes = 64u << 10;

  /// Told on the loop's thread. Must not destroy the reader in bytes(), but may in end().
  class Handler {
   public:
    virtual void bytes(std::string_view bytes) noexcept = 0;
    /// The last call: end of input (0) or the errno of what failed.
    virtual void end(int error) noexcept = 0;

   protected:
    ~Handler() = default;
  };

  /// The handler must outlive the reader; destroying the reader ends the calls at once.
  PipeReader(uv_loop_t* loop, Fd fd, Handler& handler);
  ~PipeReader();
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;

  /// Begins; also after pause(). At the end of input nothing.
  void resume() noexcept;
  /// No more reads; one under way in the thread pool is still delivered.
  void pause() noexcept;

 private:
  struct FileRead;
  struct Orphan {
    void operator()(FileRead* read) const noexcept;
  };

  void on_readable() noexcept;
  void read_file() noexcept;
  void deliver(ssize_t size, int error) noexcept;

  uv_loop_t* loop_;
  Handler& handler_;
  Fd fd_;
  std::optional<Handle<uv_poll_t>> poll_;
  std::unique_ptr<char[]> buffer_;
  std::unique_ptr<FileRead, Orphan> file_;
  bool reading_ = false;
  bool ended_ = false;
  bool delivering_ = false;
};

}  // namespace sse::net
