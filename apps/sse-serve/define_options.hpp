#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"
#include "redis/redis_url.hpp"
#include "tls_options.hpp"

namespace CLI {
class App;
}

namespace sse::serve {

using std::chrono::milliseconds;

/// Options as written; turned into server::Options once all are known.
struct Raw {
  std::vector<std::string> listen{"127.0.0.1:8080"};
  RawTls tls;
  std::size_t workers = 0;
  milliseconds heartbeat{15'000};
  milliseconds retry{3'000};
  std::size_t history = 1000;
  std::size_t history_bytes = 16u << 20;
  milliseconds history_age{0};
  milliseconds lag_time{10'000};
  std::string since = "now";
  milliseconds drain{5'000};
  milliseconds head_timeout{10'000};
  milliseconds body_timeout{30'000};
  milliseconds idle_timeout{60'000};
  milliseconds linger_timeout{2'000};
  std::size_t backlog = 4096;
  std::size_t unsent_bytes_max = 16u << 10;
  std::size_t send_buffer_bytes = 0;
  milliseconds flood_wait{1'000};
  milliseconds tcp_user_timeout{120'000};
  milliseconds tcp_keepalive{60'000};
  std::optional<std::string> cpus;
  std::string io = "auto";
  std::string epoch;
  std::vector<std::string> cors;
  bool cors_credentials = false;
  std::vector<std::string> hosts;
  std::string publish_token_file;
  std::string redis;
  std::string redis_password_file;
  redis::RedisTls redis_tls;
  std::string redis_prefix;
  std::string redis_history;
  std::vector<std::string> redis_patterns;
  milliseconds redis_grace{30'000};
  milliseconds redis_timeout{5'000};
  milliseconds redis_backoff_max{5'000};
  milliseconds redis_patience{1'000};
  std::size_t redis_page = 500;
  std::size_t redis_held_bytes_max = 64u << 20;
  std::size_t redis_publishes_max = 10'000;
  milliseconds idempotency_time{24 * 3'600'000};
  std::vector<std::string> follow;
  milliseconds follow_interval{250};
  milliseconds restart_delay{1'000};
  milliseconds restart_delay_max{60'000};
  milliseconds restart_reset{60'000};
  milliseconds stop_grace{5'000};
  milliseconds kill_timeout{2'000};
  milliseconds leftover_timeout{1'000};
};

/// Adds every option of the program but those all tools have. What needs no second look goes
/// straight to `settings`.
void define_options(CLI::App& app, Raw& raw, Settings& settings);

}  // namespace sse::serve
