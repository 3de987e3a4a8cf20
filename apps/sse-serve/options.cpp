#include "options.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "cpu_list.hpp"
#include "define_options.hpp"
#include "http/ascii.hpp"
#include "http/authority.hpp"
#include "redis/login.hpp"
#include "redis/tls.hpp"
#include "server/start_point.hpp"

namespace sse::serve {
namespace {

constexpr const char* kExamples =
    "  sse-serve                                 curl -N localhost:8080/news\n"
    "  sse-serve -- vmstat 1                     curl -N localhost:8080/events\n"
    "  sse-serve --follow log=/var/log/syslog    curl -N localhost:8080/log\n"
    "  curl -d 'hello' localhost:8080/news       publish\n";

std::uint64_t ms(milliseconds value) { return static_cast<std::uint64_t>(value.count()); }

Result<void> resolve_listen(const Raw& raw, server::Options& options) {
  for (const std::string& text : raw.listen) {
    auto addresses = net::parse_listen_address(text);
    if (!addresses) return fail("--listen: " + addresses.error().message);
    for (net::ListenAddress& address : *addresses) options.listen.push_back(std::move(address));
  }
  options.sockets.backlog = static_cast<int>(raw.backlog);
  options.sockets.unsent_bytes_max = static_cast<int>(raw.unsent_bytes_max);
  options.sockets.send_buffer_bytes = static_cast<int>(raw.send_buffer_bytes);
  options.sockets.user_timeout_ms = static_cast<int>(raw.tcp_user_timeout.count());
  options.sockets.keepalive_s = static_cast<int>((raw.tcp_keepalive.count() + 999) / 1000);
  if (raw.io != "auto") options.io = raw.io == "uring" ? server::Io::uring : server::Io::send;
  if (raw.cpus) {
    auto cpus = parse_cpu_list(*raw.cpus);
    if (!cpus) return fail("--cpu-affinity: " + cpus.error().message);
    options.cpus = std::move(*cpus);
  }
  options.workers = raw.workers != 0 ? static_cast<unsigned>(raw.workers)
                                     : std::max(1u, std::thread::hardware_concurrency());
  return {};
}

void resolve_times(const Raw& raw, server::Options& options) {
  options.heartbeat_ms = ms(raw.heartbeat);
  options.retry_ms = ms(raw.retry);
  options.flood_wait_ms = ms(raw.flood_wait);
  options.drain_ms = ms(raw.drain);
  options.head_ms = ms(raw.head_timeout);
  options.body_ms = ms(raw.body_timeout);
  options.idle_ms = ms(raw.idle_timeout);
  options.linger_ms = ms(raw.linger_timeout);
  options.hub.limits.history_events_max = raw.history;
  options.hub.limits.history_bytes_max = raw.history_bytes;
  options.hub.limits.history_age_ms = ms(raw.history_age);
  options.hub.limits.lag_ms = ms(raw.lag_time);
  // One body may grow into several times its size in the log, and must not evict past live streams.
  options.hub.limits.lag_bytes_max =
      std::max(options.hub.limits.lag_bytes_max, 8 * options.request.body_bytes_max);
}

// As a Host header has it: an IPv6 literal in brackets.
Result<void> resolve_hosts(const Raw& raw, server::Options& options) {
  for (const std::string& host : raw.hosts) {
    auto pattern = http::HostPattern::parse(host);
    if (!pattern || pattern->has_port())
      return fail("--host: '" + host + "' is neither a host name nor *.DOMAIN");
    options.hosts.push_back(std::move(*pattern));
    const bool literal = host.front() == '[';
    if (options.tls)
      options.tls->self_signed_names.push_back(literal ? host.substr(1, host.size() - 2) : host);
  }
  for (const net::ListenAddress& address : options.listen)
    if (auto own = http::HostPattern::parse(http::bracketed(address.host)))
      options.hosts.push_back(std::move(*own));
  return {};
}

Result<void> resolve_requests(const server::Options& options) {
  if (options.bodies_bytes_max < options.request.body_bytes_max)
    return fail("--bodies-bytes-max must not be less than --body-bytes-max");
  return {};
}

Result<void> resolve_access(const Raw& raw, server::Options& options) {
  auto cors = http::CorsPolicy::parse(raw.cors, raw.cors_credentials);
  if (!cors) return fail("--cors: " + cors.error().message);
  options.cors = std::move(*cors);
  if (!options.user_header.empty() && !http::is_token(options.user_header))
    return fail("--user-header: '" + options.user_header + "' is not the name of a header");
  if (raw.publish_token_file.empty()) return {};
  std::string error;
  const auto token = cli::read_secret_file(raw.publish_token_file, error);
  if (!token) return fail("--publish-token-file: " + error);
  options.publish_token = *token;
  return {};
}

Result<void> resolve_hub(const Raw& raw, server::Options& options) {
  options.hub.epoch = raw.epoch.empty() ? hub::new_epoch(unix_ms()) : raw.epoch;
  if (!hub::is_epoch(options.hub.epoch)) return fail("--epoch: must be 1 to 16 of 0-9a-z");
  auto start = server::parse_since(raw.since, unix_ms());
  if (!start) return fail("--since: " + start.error().message);
  options.start = std::move(*start);
  std::string& base = options.base_path;
  while (base.ends_with('/')) base.pop_back();
  if (!base.empty() && base.front() != '/') return fail("--base-path: must start with /");
  return {};
}

Result<void> resolve_login(const Raw& raw, redis::RedisUrl& url) {
  std::optional<std::string> password = "";
  std::string error;
  if (!raw.redis_password_file.empty())
    password = cli::read_secret_file(raw.redis_password_file, error);
  if (!password) return fail("--redis-password-file: " + error);
  if (auto login = redis::complete_login(url, *password); !login)
    return fail("--redis: " + login.error().message);
  return redis::complete_tls(url, raw.redis_tls);
}

Result<void> resolve_redis(const Raw& raw, server::Options& options) {
  options.producer_ttl_ms = ms(raw.idempotency_time);
  if (raw.redis.empty()) {
    if (!raw.redis_history.empty()) return fail("--redis-history needs --redis");
    if (!raw.redis_patterns.empty()) return fail("--redis-subscribe needs --redis");
    if (raw.redis_tls != redis::RedisTls()) return fail(std::string(redis::kTlsNeedsRedis));
    return {};
  }
  auto url = redis::parse_redis_url(raw.redis);
  if (!url) return fail("--redis: " + url.error().message);
  if (auto login = resolve_login(raw, *url); !login) return login;
  auto keys = redis::HubKeys::make(raw.redis_prefix);
  if (!keys) return fail("--redis-prefix: " + keys.error().message);
  redis::NodeOptions node{.link = {.url = std::move(*url), .keys = std::move(*keys)}};
  if (!raw.redis_history.empty()) {
    if (!raw.redis_patterns.empty())
      return fail("--redis-subscribe: not with --redis-history, which holds all channels anyway");
    if (!raw.epoch.empty()) return fail("--epoch: not with --redis-history, which has its own");
    const auto limits = redis::parse_history_limits(raw.redis_history);
    if (!limits) return fail("--redis-history: " + limits.error().message);
    node.link.history = *limits;
  }
  node.link.timeout_ms = ms(raw.redis_timeout);
  node.link.backoff_ms_max = ms(raw.redis_backoff_max);
  node.feed.patterns = raw.redis_patterns;
  node.feed.grace_ms = ms(raw.redis_grace);
  node.feed.page = raw.redis_page;
  node.feed.event_bytes_max = options.request.body_bytes_max;
  node.feed.held_bytes_max = raw.redis_held_bytes_max;
  node.feed.history_events_max = options.hub.limits.history_events_max;
  node.feed.history_bytes_max = options.hub.limits.history_bytes_max;
  node.feed.producers_max = options.producers_max;
  node.feed.producer_ttl_ms = options.producer_ttl_ms;
  node.publishes_max = raw.redis_publishes_max;
  options.patience_ms = ms(raw.redis_patience);
  options.hub.remember_forgotten = false;
  options.redis = std::move(node);
  return {};
}

void resolve_source_times(const Raw& raw, Settings& settings) {
  settings.following.interval_ms = ms(raw.follow_interval);
  server::CommandOptions& command = settings.command;
  command.restart_delay_ms = ms(raw.restart_delay);
  command.restart_delay_ms_max = ms(raw.restart_delay_max);
  command.healthy_ms = ms(raw.restart_reset);
  command.end = {.grace_ms = ms(raw.stop_grace), .kill_ms = ms(raw.kill_timeout)};
  command.linger_ms = ms(raw.leftover_timeout);
}

Result<void> resolve_sources(const Raw& raw, Settings& settings) {
  if (!hub::is_channel_name(settings.channel))
    return fail("--channel: '" + settings.channel + "' is not a channel name");
  for (const std::string& text : raw.follow)
    settings.follow.push_back(parse_follow(text, settings.channel));
  if (settings.command.restart && settings.command.argv.empty())
    return fail("--restart needs a command after --");
  if (settings.exit_on_end && settings.command.argv.empty() && !settings.read_stdin)
    return fail("--exit-on-end needs --stdin or a command after --");
  return {};
}

Result<void> resolve(const Raw& raw, Settings& settings) {
  resolve_times(raw, settings.server);
  resolve_source_times(raw, settings);
  for (const auto& step :
       {resolve_listen(raw, settings.server), resolve_tls(raw.tls, settings.server),
        resolve_hosts(raw, settings.server), resolve_requests(settings.server),
        resolve_access(raw, settings.server), resolve_hub(raw, settings.server),
        resolve_redis(raw, settings.server), resolve_sources(raw, settings)})
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
  cli::CommandLine line(
      {.name = "sse-serve",
       .summary = "Fans events out to thousands of open text/event-stream streams.\n"
                  "With -- COMMAND [ARGUMENT...] it runs the command once and "
                  "publishes its output.",
       .examples = kExamples,
       .build_notes = "HTTP/1.1, HTTP/2; sources: POST, command, stdin, files, Redis; " +
                      net::tls_library_version() + "; " + redis::library_version()});
  Settings settings;
  Raw raw;
  // What follows -- is the command's own, options included.
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  if (dashes != end) settings.command.argv.assign(dashes + 1, end);
  define_options(line.app(), raw, settings);
  if (const auto status = line.parse(static_cast<int>(dashes - argv), argv)) {
    exit_status = *status;
    return std::nullopt;
  }
  auto resolved = resolve(raw, settings);
  if (resolved && dashes != end && settings.command.argv.empty())
    resolved = fail("no command after --");
  if (!resolved) {
    cli::complain("sse-serve", resolved.error().message);
    exit_status = static_cast<int>(cli::Exit::usage);
    return std::nullopt;
  }
  return settings;
}

}  // namespace sse::serve
