#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"
#include "sse-bench/connection.hpp"
#include "sse-bench/stream.hpp"
#include "sse-bench/stream_requests.hpp"
#include "sse-bench/target.hpp"

namespace sse::bench {

/// How streams are opened. Shared by all reader threads, immutable.
struct OpenPlan {
  Endpoint target;
  std::unique_ptr<const TlsClient> tls;  ///< null: clear text
  std::vector<Endpoint> sources;         ///< empty: the kernel's choice
  StreamRequests requests;
  bool http2 = false;
  std::uint32_t streams_per_connection = 1;
  double per_second = 0;  ///< streams of one reader; 0: no limit
  std::size_t in_flight_max = 256;
  std::chrono::nanoseconds timeout{};
  bool quick_ack = false;

  std::size_t connections(std::size_t streams) const noexcept {
    return (streams + streams_per_connection - 1) / streams_per_connection;
  }
};

/// What opening came to.
struct OpenTally {
  std::uint32_t connections = 0;  ///< established, and over TLS secured
  std::string tls_version;        ///< of the first one; empty: no TLS
  std::string tls_cipher;
  Histogram connect_ns;     ///< connect() to established, of each connection
  Histogram handshake_ns;   ///< that to the end of the TLS handshake, of each connection
  Histogram first_byte_ns;  ///< connect() to the first byte of the response, of each stream
  std::array<std::uint32_t, kOpenFailures> failed{};
  std::array<std::string, kOpenFailures> first_reason;
};

/// Opens the streams of one reader: a bounded number at a time, at a limited rate, each within the
/// time limit from connect() to the end of the response head. Not thread-safe.
class StreamOpener {
 public:
  /// All but the plan must stay where they are. `number` of the first stream decides whose turn it
  /// is among the channels and the source addresses.
  StreamOpener(const OpenPlan& plan, std::vector<Stream>& streams,
               std::vector<Connection>& connections, std::size_t number, int epoll,
               StreamEvents& events);

  /// Starts what is due now and fails what took too long.
  void turn(std::uint64_t now_ns);
  /// Nothing is left to start or being opened.
  bool done() const noexcept { return next_ == connections_.size() && in_flight_ == 0; }

  /// The socket of a connection being made is writable or failed.
  void connected(std::size_t index, std::uint64_t now_ns);
  /// A connection was served: perhaps its TLS handshake is done now.
  void served(Connection& connection, std::uint64_t now_ns);
  /// The first byte of an answer has come.
  void began(std::size_t stream, std::uint64_t now_ns);
  /// The head of an answer: true when the stream is open now.
  bool answered(std::size_t index, const Answer& answer);
  /// A stream being opened never will be.
  void fail(std::size_t index, OpenFailure kind, std::string_view reason);

  /// Nor will any that is being opened on this connection; closes it if none is open. Not within a
  /// call of its session.
  void fail_all(Connection& connection, std::string_view reason);

  Connection& connection_of(std::size_t stream) noexcept {
    return connections_[stream / plan_.streams_per_connection];
  }
  const OpenTally& tally() const noexcept { return tally_; }

 private:
  bool may_start(std::uint64_t now_ns) const;
  void start(std::size_t index, std::uint64_t now_ns);
  std::unique_ptr<HttpSession> make_session(const Connection& connection) const;
  void settle(std::size_t index);
  void note_ready(Connection& connection, std::uint64_t now_ns);
  Result<void> watch(const Connection& connection, std::size_t index) const;

  const OpenPlan& plan_;
  std::vector<Stream>& streams_;
  std::vector<Connection>& connections_;
  const std::size_t number_;
  const int epoll_;
  StreamEvents& events_;
  std::size_t next_ = 0;
  std::size_t in_flight_ = 0;  ///< streams
  std::uint64_t first_start_ns_ = 0;
  std::deque<std::uint32_t> started_;  ///< connections in the order of their deadlines
  OpenTally tally_;
};

}  // namespace sse::bench
