#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/transport_loop.hpp"

namespace CLI {
class App;
}

namespace sse::tail {

enum class Output { data, json, json_data, sse, raw, pretty, templated, llm, lint };
enum class Stamp { clock, gap, none };
enum class When { automatic, always, never };

/// The command line as given, each option within its own range; what options mean together is
/// settled by resolve(). A duration of 0 means none.
struct Options {
  std::vector<std::string> urls;

  std::optional<Output> output;
  std::optional<std::string> output_template;
  std::optional<std::string> delimiter;
  bool null_delimiter = false;
  std::vector<std::string> events;
  std::vector<std::string> patterns;
  std::vector<std::string> conditions;
  bool lifecycle = false;
  Stamp stamp = Stamp::clock;
  When color = When::automatic;
  bool verbose = false;

  std::uint64_t count = 0;  ///< 0: no limit
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds idle{0};
  std::chrono::milliseconds first_event{0};
  std::optional<std::string> until;

  std::string last_event_id;
  std::chrono::milliseconds reconnect_delay{3000};
  std::optional<std::uint32_t> max_retries;
  bool no_reconnect = false;
  std::vector<std::string> retry_statuses;
  std::string resume;  ///< a file; "true": the default one; empty: no
  std::chrono::milliseconds read_timeout{0};

  bool llm = false;
  bool mcp = false;

  std::string exec;
  std::string exec_pipe;
  std::size_t jobs = 1;

  std::size_t dedup = 0;   ///< events to remember; 0: none
  std::string expect_seq;  ///< a JSON pointer; "true": the id; empty: no
  std::string record;
  bool lint = false;

  std::vector<std::string> headers;
  std::string method;
  std::vector<std::string> data;
  std::vector<std::string> json;
  std::string oauth2_bearer;
  std::string token_file;
  std::optional<std::string> user;
  bool netrc = false;
  std::string netrc_file;
  bool compressed = false;

  bool insecure = false;
  std::string cacert;
  std::string cert;
  std::string key;
  std::optional<std::string> proxy;
  std::optional<std::string> no_proxy;
  std::vector<std::string> resolve;
  std::vector<std::string> connect_to;
  client::IpVersion ip_version = client::IpVersion::any;
  client::HttpVersion http_version = client::HttpVersion::automatic;
  std::string unix_socket;
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t line_bytes_max = 16u << 20;
  std::size_t event_bytes_max = 16u << 20;
};

/// Defines every option of sse-tail on `app`; parsing writes into `options`, which must outlive it.
void define_options(CLI::App& app, Options& options);

}  // namespace sse::tail
