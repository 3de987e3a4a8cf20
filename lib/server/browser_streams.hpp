#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/request.hpp"

namespace sse::server {

/// Notices browsers that are at their limit of connections: over HTTP/1.1 they open six to one host
/// name, all tabs together, and what is asked for next waits without an error anywhere.
///
/// One browser and host name are told from another by the peer's address and by the origin, host
/// and names the browser sends. Who gets further than six was no single browser. Thread-safe.
class BrowserStreams {
 public:
  /// Of one HTTP/1.1 browser to one host name.
  static constexpr unsigned kStreamsMax = 6;
  /// Names a browser and a host name, or 0: not a browser that is connected here directly.
  using Key = std::uint32_t;

  /// A stream was opened on this socket; give the key back to closed().
  Key opened(const http::Request& request, int fd);
  void closed(Key key) noexcept;

  /// Once a second. What to tell the operator, or nothing: only the first time there is something.
  std::string look();
  /// How many times a browser was at its limit.
  std::uint64_t times_full() const noexcept { return times_full_; }

 private:
  /// A browser that had six streams a moment ago: judged when there was time for a seventh.
  struct Candidate {
    Key key;
    std::string origin;
    std::string host;
  };
  /// More at the same moment are not looked at.
  static constexpr std::size_t kCandidatesMax = 64;

  std::mutex mutex_;
  std::unordered_map<Key, unsigned> streams_;
  std::vector<Candidate> fresh_;    ///< since the last look
  std::vector<Candidate> waiting_;  ///< since the one before
  std::atomic<std::uint64_t> times_full_{0};
};

}  // namespace sse::server
