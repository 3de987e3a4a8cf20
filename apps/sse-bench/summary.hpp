#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "sse-bench/audit.hpp"
#include "sse-bench/http_session.hpp"

namespace sse::bench {

/// Values in nanoseconds, and how many never came to a value: those count as infinite.
struct Distribution {
  Histogram values;
  std::uint64_t never = 0;

  std::uint64_t count() const noexcept { return values.count() + never; }
  /// Empty: infinite, or nothing was measured.
  std::optional<std::uint64_t> quantile(double q) const noexcept;
};

/// How busy a thread was while events were measured, as fractions of the time.
struct ThreadLoad {
  double running = 0;
  double waiting = 0;  ///< runnable, but another thread had the CPU
};

struct ServerUse {
  double cpu_s = 0;                ///< from the first measured event to the last delivery
  double cpu_us_per_delivery = 0;  ///< 0: nothing was delivered
  double opening_cpu_us_per_stream = 0;
  double memory_bytes = 0;  ///< growth by the open streams
  double memory_bytes_per_stream = 0;
};

/// Everything a run found out. Each field is defined in the man page, under its name in the JSON.
struct Summary {
  std::string url;
  std::string publish_url;
  bool saturate = false;
  double rate = 0;
  std::size_t publishers = 1;
  std::size_t size = 0;
  double duration_s = 0;

  std::size_t channels = 1;
  std::size_t streams_wanted = 0;
  std::size_t streams_opened = 0;
  std::size_t streams_ended = 0;
  std::string first_end;  ///< why the first of those did
  std::array<std::uint32_t, kOpenFailures> streams_failed{};
  std::array<std::string, kOpenFailures> failure_reason;
  double connects_per_s = 0;
  std::string protocol = "HTTP/1.1";
  std::size_t streams_per_connection = 1;
  std::size_t connections = 0;
  std::string tls_version;  ///< empty: no TLS
  std::string tls_cipher;

  std::uint64_t events_sent = 0;
  std::uint64_t events_accepted = 0;
  std::uint64_t events_refused = 0;
  std::uint64_t events_unanswered = 0;
  std::string first_refusal;
  std::string publish_error;
  std::uint64_t publisher_stalls = 0;
  double events_per_s = 0;

  Audit audit;
  std::uint64_t duplicates = 0;
  std::optional<std::uint64_t> reordered;  ///< empty: several publishers, so there is no order
  std::uint64_t corrupt = 0;
  std::uint64_t foreign = 0;
  std::uint64_t misrouted = 0;
  double deliveries_per_s = 0;

  Distribution latency;
  Distribution latency_from_send;
  Distribution fan_out;
  Distribution connect;
  Distribution handshake;
  Distribution first_byte;
  Distribution publish_answer;
  Distribution publisher_lag;

  ThreadLoad reader;  ///< the busiest one
  ThreadLoad publisher;
  std::size_t reader_threads = 1;
  std::optional<ServerUse> server;
  int signal = 0;  ///< stopped early by this signal

  std::vector<std::string> warnings;  ///< why not to trust the figures, one sentence each
};

/// What in the summary says that the bench itself, or its use, spoiled the figures.
std::vector<std::string> find_warnings(const Summary& summary);

/// "812 ns", "4.61 ms", "12.0 s": three significant digits.
std::string format_time(std::uint64_t ns);

/// The result for people; several lines.
std::string to_text(const Summary& summary);
/// The result for programs: one line of JSON, `"v":1`.
std::string to_json(const Summary& summary);

}  // namespace sse::bench
