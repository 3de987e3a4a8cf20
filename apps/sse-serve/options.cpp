#include "options.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "server/start_point.hpp"

namespace sse::serve {
namespace {

using std::chrono::milliseconds;

constexpr const char* kExamples =
    "  sse-serve                                 curl -N localhost:8080/news\n"
    "  sse-serve -- vmstat 1                     curl -N localhost:8080/events\n"
    "  sse-serve --follow log=/var/log/syslog    curl -N localhost:8080/log\n"
    "  curl -d 'hello' localhost:8080/news       publish\n";

/// Options as written; turned into server::Options once all are known.
struct Raw {
  std::vector<std::string> listen{"127.0.0.1:8080"};
  std::size_t workers = 0;
  milliseconds heartbeat{15'000};
  milliseconds retry{3'000};
  std::size_t history = 1000;
  std::size_t history_bytes = 16u << 20;
  milliseconds history_age{0};
  std::string since = "now";
  milliseconds drain{5'000};
  milliseconds head_timeout{10'000};
  milliseconds body_timeout{30'000};
  milliseconds idle_timeout{60'000};
  std::size_t unsent_bytes_max = 16u << 10;
  std::string epoch;
  std::vector<std::string> cors;
  bool cors_credentials = false;
  std::string publish_token_file;
  std::vector<std::string> follow;
};

// Names this life of the counter: the time, and some chance against two that start at once.
std::string new_epoch() {
  constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string text;
  for (std::uint64_t ms = unix_ms(); ms > 0; ms /= 36) text.insert(0, 1, kDigits[ms % 36]);
  std::random_device random;
  for (int i = 0; i < 3; ++i) text += kDigits[random() % 36];
  return text;
}

std::uint64_t ms(milliseconds value) { return static_cast<std::uint64_t>(value.count()); }

void define_listening(CLI::App& app, Raw& raw, server::Options& options) {
  const std::string group = "Listening";
  app.add_option("--listen", raw.listen,
                 "HOST:PORT, [V6]:PORT, PORT or unix:PATH; repeatable; port 0 picks a free one")
      ->type_name("ADDRESS")
      ->group(group)
      ->expected(1)
      ->take_all()
      ->capture_default_str();
  cli::add_count(app, "--workers", raw.workers, "Threads that serve streams; 0: one per core", 0,
                 1024)
      ->group(group);
  app.add_option("--base-path", options.base_path, "Serve everything below this path")
      ->type_name("PATH")
      ->group(group);
  cli::add_count(app, "--connections-max", options.connections_max,
                 "Open connections; more are answered 503; 0: what the file limit allows")
      ->group(group);
  cli::add_duration(app, "--drain", raw.drain, "At shutdown, time for streams to take what is left")
      ->group(group);
}

void define_streams(CLI::App& app, Raw& raw, server::Options& options) {
  const std::string group = "Streams";
  cli::add_duration(app, "--heartbeat", raw.heartbeat,
                    "Longest silence on a stream before a comment is sent; 0: none",
                    milliseconds{0}, std::chrono::hours{24})
      ->group(group);
  cli::add_duration(app, "--retry", raw.retry,
                    "Reconnection time told to clients, varied by 25 % each")
      ->group(group);
  app.add_option_function<std::string>(
         "--slow",
         [&options](const std::string& text) {
           options.slow =
               text == "skip" ? server::SlowPolicy::skip : server::SlowPolicy::disconnect;
         },
         "What happens to a stream that fell behind the history: disconnect (it resumes) or skip")
      ->check(CLI::IsMember({"disconnect", "skip"}))
      ->type_name("POLICY")
      ->group(group)
      ->default_str("disconnect");
  app.add_option("--since", raw.since,
                 "Where clients without a position start: now, earliest, -100, 5m or a time")
      ->type_name("START")
      ->group(group)
      ->capture_default_str();
  cli::add_size(app, "--turn-bytes-max", options.turn_bytes_max,
                "Most bytes one stream gets before others have their turn", 1024, 64u << 20)
      ->group(group);
  cli::add_size(app, "--unsent-bytes-max", raw.unsent_bytes_max,
                "Most bytes the kernel holds unsent for a stream (TCP_NOTSENT_LOWAT); 0: no bound",
                0, 64u << 20)
      ->group(group);
  cli::add_count(app, "--channels-per-stream-max", options.channels_per_stream_max,
                 "Channels one stream may join", 1, 10'000)
      ->group(group);
}

void define_history(CLI::App& app, Raw& raw, server::Options& options) {
  const std::string group = "History";
  cli::add_count(app, "--history", raw.history, "Events kept for replay, per channel")
      ->group(group);
  cli::add_size(app, "--history-bytes", raw.history_bytes, "Bytes kept for replay, per channel")
      ->group(group);
  cli::add_duration(app, "--history-age", raw.history_age,
                    "How long events are kept for replay; 0: no limit")
      ->group(group);
  cli::add_size(app, "--lag-bytes-max", options.hub.limits.lag_bytes_max,
                "Bytes kept beyond the history for streams that lag, per channel")
      ->group(group);
  cli::add_count(app, "--channels-max", options.hub.channels_max, "Channels in memory", 1,
                 100'000'000)
      ->group(group);
  app.add_option("--epoch", raw.epoch,
                 "First part of event ids: 1 to 16 of 0-9a-z; default: new "
                 "with every start")
      ->type_name("TEXT")
      ->group(group);
}

void define_sources(CLI::App& app, Raw& raw, Settings& settings) {
  const std::string group = "Sources";
  app.add_option("--channel", settings.channel,
                 "Channel of the command, standard input and followed files")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  app.add_flag("--stdin", settings.read_stdin, "Publish each line of standard input")->group(group);
  app.add_option("--follow", raw.follow,
                 "Publish each line added to a file, through rotation; repeatable")
      ->type_name("[CHANNEL=]FILE")
      ->group(group)
      ->expected(1)
      ->take_all();
  app.add_flag("--follow-from-start", settings.follow_from_start,
               "Publish also what followed files hold already")
      ->group(group);
  app.add_flag("--restart", settings.restart, "Start the command again when it ends")->group(group);
  app.add_flag("--exit-on-end", settings.exit_on_end, "Exit when every source has ended")
      ->group(group);
  cli::add_size(app, "--line-bytes-max", settings.line_bytes_max,
                "Longest line of a source; the rest of a longer one is dropped with a warning", 1,
                1u << 30)
      ->group(group);
}

void define_requests(CLI::App& app, Raw& raw, server::Options& options) {
  const std::string group = "Requests";
  cli::add_size(app, "--body-bytes-max", options.request.body_bytes_max, "Largest published body",
                1, 1u << 30)
      ->group(group);
  cli::add_size(app, "--head-bytes-max", options.request.head_bytes_max, "Largest request head",
                256, 16u << 20)
      ->group(group);
  cli::add_count(app, "--headers-max", options.request.headers_max, "Header lines in a request", 1,
                 100'000)
      ->group(group);
  cli::add_size(app, "--target-bytes-max", options.request.target_bytes_max,
                "Longest request target", 16, 16u << 20)
      ->group(group);
  cli::add_duration(app, "--head-timeout", raw.head_timeout, "For a request head to arrive",
                    milliseconds{1})
      ->group(group);
  cli::add_duration(app, "--body-timeout", raw.body_timeout, "For a request body to arrive",
                    milliseconds{1})
      ->group(group);
  cli::add_duration(app, "--idle-timeout", raw.idle_timeout, "Between requests of a connection",
                    milliseconds{1})
      ->group(group);
  app.add_option("--cors", raw.cors,
                 "Origin whose pages may subscribe and publish: https://a.example, "
                 "https://*.example or *; repeatable")
      ->type_name("ORIGIN")
      ->group(group)
      ->expected(1)
      ->take_all();
  app.add_flag("--cors-credentials", raw.cors_credentials,
               "Let browsers send cookies and credentials from those origins")
      ->group(group);
  app.add_option("--publish-token-file", raw.publish_token_file,
                 "Publishing needs the bearer token in this file (not through unix sockets)")
      ->type_name("FILE")
      ->group(group);
}

Result<void> resolve_listen(const Raw& raw, server::Options& options) {
  for (const std::string& text : raw.listen) {
    auto address = net::parse_listen_address(text);
    if (!address) return fail("--listen: " + address.error().message);
    options.listen.push_back(std::move(*address));
  }
  options.sockets.unsent_bytes_max = static_cast<int>(raw.unsent_bytes_max);
  options.workers = raw.workers != 0 ? static_cast<unsigned>(raw.workers)
                                     : std::max(1u, std::thread::hardware_concurrency());
  return {};
}

void resolve_times(const Raw& raw, server::Options& options) {
  options.heartbeat_ms = ms(raw.heartbeat);
  options.retry_ms = ms(raw.retry);
  options.drain_ms = ms(raw.drain);
  options.head_ms = ms(raw.head_timeout);
  options.body_ms = ms(raw.body_timeout);
  options.idle_ms = ms(raw.idle_timeout);
  options.hub.limits.history_events_max = raw.history;
  options.hub.limits.history_bytes_max = raw.history_bytes;
  options.hub.limits.history_age_ms = ms(raw.history_age);
}

Result<void> resolve_access(const Raw& raw, server::Options& options) {
  auto cors = http::CorsPolicy::parse(raw.cors, raw.cors_credentials);
  if (!cors) return fail("--cors: " + cors.error().message);
  options.cors = std::move(*cors);
  if (raw.publish_token_file.empty()) return {};
  std::string error;
  const auto token = cli::read_secret_file(raw.publish_token_file, error);
  if (!token) return fail("--publish-token-file: " + error);
  options.publish_token = *token;
  return {};
}

Result<void> resolve_hub(const Raw& raw, server::Options& options) {
  options.hub.epoch = raw.epoch.empty() ? new_epoch() : raw.epoch;
  if (!hub::is_epoch(options.hub.epoch)) return fail("--epoch: must be 1 to 16 of 0-9a-z");
  auto start = server::parse_since(raw.since, unix_ms());
  if (!start) return fail("--since: " + start.error().message);
  options.start = std::move(*start);
  std::string& base = options.base_path;
  while (base.ends_with('/')) base.pop_back();
  if (!base.empty() && base.front() != '/') return fail("--base-path: must start with /");
  return {};
}

Result<void> resolve_sources(const Raw& raw, Settings& settings) {
  if (!hub::is_channel_name(settings.channel))
    return fail("--channel: '" + settings.channel + "' is not a channel name");
  for (const std::string& text : raw.follow)
    settings.follow.push_back(parse_follow(text, settings.channel));
  if (settings.restart && settings.command.empty())
    return fail("--restart needs a command after --");
  if (settings.exit_on_end && settings.command.empty() && !settings.read_stdin)
    return fail("--exit-on-end needs --stdin or a command after --");
  return {};
}

Result<void> resolve(const Raw& raw, Settings& settings) {
  resolve_times(raw, settings.server);
  for (const auto& step :
       {resolve_listen(raw, settings.server), resolve_access(raw, settings.server),
        resolve_hub(raw, settings.server), resolve_sources(raw, settings)})
    if (!step) return step;
  return {};
}

}  // namespace

Follow parse_follow(const std::string& text, const std::string& channel) {
  struct stat info {};
  const std::size_t equals = text.find('=');
  const bool named = equals != std::string::npos && hub::is_channel_name(text.substr(0, equals)) &&
                     ::stat(text.c_str(), &info) != 0;
  if (!named) return {channel, text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::optional<Settings> read_settings(int argc, char** argv, int& exit_status) {
  cli::CommandLine line({.name = "sse-serve",
                         .summary =
                             "Fans events out to thousands of open text/event-stream streams.\n"
                             "With -- COMMAND [ARGUMENT...] it runs the command once and "
                             "publishes its output.",
                         .examples = kExamples,
                         .build_notes = "HTTP/1.1; sources: POST, command, stdin, files"});
  Settings settings;
  Raw raw;
  // What follows -- is the command's own, options included.
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  if (dashes != end) settings.command.assign(dashes + 1, end);
  define_listening(line.app(), raw, settings.server);
  define_streams(line.app(), raw, settings.server);
  define_history(line.app(), raw, settings.server);
  define_sources(line.app(), raw, settings);
  define_requests(line.app(), raw, settings.server);
  line.app().add_flag("-q,--quiet", settings.quiet, "Print errors only");
  if (const auto status = line.parse(static_cast<int>(dashes - argv), argv)) {
    exit_status = *status;
    return std::nullopt;
  }
  auto resolved = resolve(raw, settings);
  if (resolved && dashes != end && settings.command.empty()) resolved = fail("no command after --");
  if (!resolved) {
    cli::complain("sse-serve", resolved.error().message);
    exit_status = static_cast<int>(cli::Exit::usage);
    return std::nullopt;
  }
  return settings;
}

}  // namespace sse::serve
