#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace sse::perf {

/// Sends the same bytes to many sockets, each with one non-blocking send.
class Sender {
 public:
  virtual ~Sender() = default;

  /// Before the first send to a socket.
  virtual void add(int fd) = 0;
  /// Before the socket is closed.
  virtual void remove(int fd) = 0;
  /// Returns those that did not take all of it.
  virtual std::vector<int> send(const std::vector<int>& fds, std::string_view bytes) = 0;
};

/// One system call per socket.
std::unique_ptr<Sender> make_send_loop();
/// One system call per batch of sockets, by io_uring. Null: this build or this kernel has none.
std::unique_ptr<Sender> make_uring_sender();

}  // namespace sse::perf
