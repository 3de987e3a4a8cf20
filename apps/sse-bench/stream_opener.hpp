#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"
#include "sse-bench/stream.hpp"
#include "sse-bench/target.hpp"

namespace sse::bench {

/// Why a stream did not open, in the order of the exit statuses that tell of it.
enum class OpenFailure : std::uint8_t { connect, refused, not_event_stream };
inline constexpr std::size_t kOpenFailures = 3;

/// How streams are opened. Shared by all reader threads, immutable.
struct OpenPlan {
  Endpoint target;
  std::vector<Endpoint> sources;      ///< empty: the kernel's choice
  std::vector<std::string> requests;  ///< the whole request head for each channel
  double per_second = 0;              ///< of one reader; 0: no limit
  std::size_t in_flight_max = 256;
  std::chrono::nanoseconds timeout{};
  bool quick_ack = false;
};

/// What opening came to.
struct OpenTally {
  Histogram connect_ns;     ///< connect() to established
  Histogram first_byte_ns;  ///< connect() to the first byte of the response
  std::array<std::uint32_t, kOpenFailures> failed{};
  std::array<std::string, kOpenFailures> first_reason;
};

/// Opens the streams of one reader: a bounded number at a time, at a limited rate, each within the
/// time limit from connect() to the end of the response head. Not thread-safe.
class StreamOpener {
 public:
  /// `streams` must stay where they are. `number` of the first one decides whose turn it is among
  /// the channels and the source addresses.
  StreamOpener(const OpenPlan& plan, std::vector<Stream>& streams, std::size_t number, int epoll);

  /// Starts what is due now and fails what took too long.
  void turn(std::uint64_t now_ns);
  /// Nothing is left to start or being opened.
  bool done() const noexcept { return next_ == streams_.size() && in_flight_ == 0; }

  /// The socket of a connecting stream is writable or failed.
  void connected(std::size_t index, std::uint64_t now_ns);
  /// Bytes for a stream that awaits its head; what follows the head is left in `bytes`. True when
  /// the stream is open.
  bool answered(std::size_t index, std::string_view& bytes, std::uint64_t now_ns);
  /// The connection ended before the head did.
  void cut(std::size_t index, int error);

  const OpenTally& tally() const noexcept { return tally_; }

 private:
  bool may_start(std::uint64_t now_ns);
  void start(std::size_t index, std::uint64_t now_ns);
  void judge(std::size_t index);
  void fail(std::size_t index, OpenFailure kind, std::string reason);

  const OpenPlan& plan_;
  std::vector<Stream>& streams_;
  const std::size_t number_;
  const int epoll_;
  std::size_t next_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t first_start_ns_ = 0;
  std::deque<std::uint32_t> started_;  ///< in the order of their deadlines
  OpenTally tally_;
};

}  // namespace sse::bench
