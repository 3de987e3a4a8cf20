#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/temp_folder.hpp"

namespace sse::test {

/// A real redis-server of its own: a free TCP port on 127.0.0.1 and a unix socket in a temporary
/// folder, nothing saved. Stopped and removed on destruction.
class RedisServer {
 public:
  /// `settings`: further lines of its configuration file. Returns once it answers, or throws
  /// std::runtime_error, which fails the test.
  explicit RedisServer(const std::vector<std::string>& settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string socket_path() const { return folder_ / "redis.sock"; }
  /// "redis://127.0.0.1:PORT".
  std::string url() const;
  /// SIGKILL, as a crash would.
  void kill();
  /// SIGSTOP: accepts connections and answers nothing.
  void pause();

 private:
  void write_config(const std::vector<std::string>& settings) const;
  void spawn();
  void await_answer();

  TempFolder folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace sse::test
