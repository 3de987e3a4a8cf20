#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sse-bench/stamp.hpp"

namespace sse::bench {

/// What the command line asks for. Times in milliseconds, sizes in bytes, rates per second.
struct Options {
  using Milliseconds = std::chrono::milliseconds;

  std::string url;
  std::string publish_url;  ///< empty: url

  std::size_t streams = 100;
  std::size_t channels = 1;
  bool http10 = false;
  bool http2 = false;                      ///< by ALPN
  bool http2_prior_knowledge = false;      ///< on clear text
  std::size_t streams_per_connection = 0;  ///< 0: not given
  std::string ca_file;                     ///< empty: the system's authorities
  bool insecure = false;
  double ramp = 0;  ///< connections per second; 0: as fast as connects_max lets
  std::size_t connects_max = 256;
  Milliseconds connect_timeout{10'000};
  std::vector<std::string> sources;

  double rate = 10;  ///< events per second; 0: only hold the streams
  bool saturate = false;
  std::size_t publishers = 1;
  std::size_t unanswered_max = 1024;
  std::size_t size = 100;
  std::vector<std::string> headers;
  std::string token_file;

  Milliseconds settle{1'000};
  Milliseconds warmup{1'000};
  Milliseconds duration{10'000};
  Milliseconds drain{5'000};

  std::size_t threads = 1;
  bool quick_ack = false;
  std::vector<pid_t> server_pids;
  bool json = false;

  bool speaks_http2() const noexcept { return http2 || http2_prior_knowledge; }
  bool publishes() const noexcept { return saturate || rate > 0; }
};

/// Fills `options`. nullopt: go on; otherwise the exit status, what there was to say being said.
std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace sse::bench
