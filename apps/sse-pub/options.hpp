#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/command_line.hpp"
#include "redis/redis_url.hpp"
#include "sse-pub/event_reader.hpp"

namespace sse::pub {

inline constexpr std::chrono::milliseconds kNoRetry{-1};

/// What the command line says, one member per option.
struct PubOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string redis;
  bool redis_history = false;
  std::string redis_prefix;
  std::string redis_password_file;
  redis::RedisTls redis_tls;
  std::string user;

  std::string file;
  bool lines = false;
  bool null = false;
  std::string input = "text";
  std::string replay;
  double speed = 1;  ///< of the replay; infinite: as fast as possible
  bool on_exit = false;

  double rate = 0;         ///< events per second; 0: as fast as possible
  std::size_t repeat = 1;  ///< 0: for ever
  bool expand = false;     ///< --template

  std::optional<std::string> event;
  std::optional<std::string> id;
  std::chrono::milliseconds retry = kNoRetry;

  std::string token_file;
  std::vector<std::string> headers;
  bool insecure = false;
  std::string cacert;
  std::string unix_socket;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds max_time{30'000};
  std::chrono::milliseconds retry_time{0};

  std::size_t batch_bytes_max = 256u << 10;
  std::size_t batch_events_max = 1000;
  std::size_t event_bytes_max = 16u << 20;

  std::string idempotency_key;  ///< empty: none
  std::string spool;
  std::size_t spool_bytes_max = std::size_t{1} << 30;
  bool drain = false;

  std::size_t require_receivers = 0;  ///< 0: they are not counted
  std::chrono::milliseconds receivers_timeout{2'000};
  bool dry_run = false;
  bool confirm = false;
  bool verbose = false;
  bool quiet = false;

  std::optional<std::string>
      channel;  ///< none after resolve(): each record names its own (-i json)
  std::optional<std::string> data;
  std::vector<std::string> command;         ///< what stands behind --, with on_exit
  InputFormat format = InputFormat::whole;  ///< found out by resolve()
};

/// Name, summary, examples and libraries for --help and --version.
cli::ToolInfo tool_info();

/// Adds every option, bound to `options`, which must outlive the app.
void add_options(CLI::App& app, PubOptions& options);

/// With --on-exit before a `--`: takes what stands behind that as the command, word for word.
void take_command(int& argc, char** argv, PubOptions& options);

/// Checks what concerns several options and fills in the members at the end. Error: a usage error.
Result<void> resolve(PubOptions& options);

}  // namespace sse::pub
