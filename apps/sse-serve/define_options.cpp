#include "define_options.hpp"

#include "cli/command_line.hpp"

// The table of options: one entry each, in the order of --help.
namespace sse::serve {
namespace {

void define_listening(CLI::App& app, Raw& raw, server::Options& options) {
  const std::string group = "Listening";
  cli::repeatable(
      app.add_option(
          "--listen", raw.listen,
          "HOST:PORT, [V6]:PORT, PORT or unix:PATH, http:// or https:// before it; repeatable; "
          "port 0 picks a free one"))
      ->type_name("ADDRESS")
      ->group(group)
      ->capture_default_str();
  cli::add_count(app, "--workers", raw.workers, "Threads that serve streams; 0: one per core", 0,
                 1024)
      ->group(group);
  app.add_option("--cpu-affinity", raw.cpus,
                 "Run worker 1 on the first of these CPUs and so on, in turn: 0,2-3")
      ->type_name("LIST")
      ->group(group);
  app.add_option("--io", raw.io,
                 "How events are sent: auto, uring (in batches) or send (one by one)")
      ->check(CLI::IsMember({"auto", "uring", "send"}))
      ->type_name("HOW")
      ->group(group)
      ->capture_default_str();
  app.add_option("--base-path", options.base_path, "Serve everything below this path")
      ->type_name("PATH")
      ->group(group);
  app.add_flag_callback(
         "--no-inspector", [&options] { options.inspector = false; },
         "No page to look at streams with: /-/ and what browsers get that go to a channel")
      ->group(group);
  cli::add_count(app, "--connections-max", options.connections_max,
                 "Open connections; more are answered 503; 0: what the file limit allows")
      ->group(group);
  cli::add_size(app, "--memory-max", options.memory_max,
                "Memory of the process above which new connections are answered 503; 0: no bound")
      ->group(group);
  cli::add_count(app, "--admin-connections-max", options.admin_connections_max,
                 "Connections above that, for pages under /-/ only")
      ->group(group);
  cli::add_count(app, "--descriptors-reserved", options.descriptors_reserved,
                 "Descriptors of the file limit that connections never take", 0, 1u << 20)
      ->group(group);
  cli::add_count(app, "--backlog", raw.backlog, "Connections the kernel holds until accepted", 1,
                 1u << 20)
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
  cli::add_size(app, "--flood-bytes-max", options.flood_bytes_max,
                "Publishers wait while half of a channel's streams are further behind", 1024,
                1u << 30)
      ->group(group);
  cli::add_duration(app, "--flood-wait", raw.flood_wait,
                    "Longest time publishers wait for such a stream; 0: not at all",
                    milliseconds{0}, std::chrono::hours{1})
      ->group(group);
  cli::add_size(app, "--unsent-bytes-max", raw.unsent_bytes_max,
                "Most bytes the kernel holds unsent for a stream (TCP_NOTSENT_LOWAT); 0: no bound",
                0, 64u << 20)
      ->group(group);
  cli::add_size(app, "--send-buffer-bytes", raw.send_buffer_bytes,
                "Most bytes the kernel holds for a stream, sent or not (SO_SNDBUF); 0: it decides",
                0, 64u << 20)
      ->group(group);
  cli::add_duration(app, "--tcp-user-timeout", raw.tcp_user_timeout,
                    "A stream whose peer acknowledges nothing for so long is closed; 0: the "
                    "system's time",
                    milliseconds{0}, std::chrono::hours{24})
      ->group(group);
  cli::add_duration(app, "--tcp-keepalive", raw.tcp_keepalive,
                    "Silence before the kernel asks whether the peer is still there; 0: never",
                    milliseconds{0}, std::chrono::hours{9})
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
                "Bytes kept beyond the history for streams that lag, per channel; at least 8 "
                "times --body-bytes-max")
      ->group(group);
  cli::add_duration(app, "--lag-time", raw.lag_time,
                    "How long these are kept at most after they left the history",
                    milliseconds{100})
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

void define_sources(CLI::App& app, Settings& settings) {
  const std::string group = "Sources";
  app.add_option("--channel", settings.channel,
                 "Channel of the command, standard input and followed files")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  app.add_flag("--stdin", settings.read_stdin, "Publish each line of standard input")->group(group);
  app.add_flag("--exit-on-end", settings.exit_on_end, "Exit when every source has ended")
      ->group(group);
  cli::add_size(app, "--line-bytes-max", settings.line_bytes_max,
                "Longest line of a source; the rest of a longer one is dropped with a warning", 1,
                1u << 30)
      ->group(group);
}

void define_following(CLI::App& app, Raw& raw, Settings& settings) {
  const std::string group = "Sources";
  cli::repeatable(app.add_option("--follow", raw.follow,
                                 "Publish each line added to a file, through rotation; repeatable"))
      ->type_name("[CHANNEL=]FILE")
      ->group(group);
  app.add_flag("--follow-from-start", settings.following.from_start,
               "Publish also what followed files hold already")
      ->group(group);
  cli::add_duration(app, "--follow-interval", raw.follow_interval,
                    "How often to look where the system reports no changes of a file",
                    milliseconds{1})
      ->group(group);
  cli::add_count(app, "--follow-waiting-max", settings.following.waiting_files_max,
                 "Rotated files held open until they can be read, for each one followed", 1, 10'000)
      ->group(group);
}

void define_command(CLI::App& app, Raw& raw, Settings& settings) {
  const std::string group = "Command";
  app.add_flag("--restart", settings.command.restart, "Start the command again when it ends")
      ->group(group);
  cli::add_duration(app, "--restart-delay", raw.restart_delay,
                    "Before the command is started again; doubles with each time", milliseconds{1})
      ->group(group);
  cli::add_duration(app, "--restart-delay-max", raw.restart_delay_max, "What it doubles up to",
                    milliseconds{1})
      ->group(group);
  cli::add_duration(app, "--restart-reset", raw.restart_reset,
                    "After a run that lasted so long the delay is the first one again")
      ->group(group);
  cli::add_duration(app, "--stop-grace", raw.stop_grace,
                    "From SIGTERM to SIGKILL when the command is ended")
      ->group(group);
  cli::add_duration(app, "--kill-timeout", raw.kill_timeout,
                    "After SIGKILL, how long its end is waited for")
      ->group(group);
  cli::add_duration(app, "--leftover-timeout", raw.leftover_timeout,
                    "How long output of processes the command left behind is waited for")
      ->group(group);
}

void define_requests(CLI::App& app, Raw& raw, server::Options& options) {
  const std::string group = "Requests";
  cli::add_size(app, "--body-bytes-max", options.request.body_bytes_max, "Largest published body",
                1, 1u << 30)
      ->group(group);
  cli::add_size(app, "--bodies-bytes-max", options.bodies_bytes_max,
                "Bodies of all requests under way together; more are answered 503", 1)
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
  cli::add_duration(app, "--linger-timeout", raw.linger_timeout,
                    "For a client to read the last answer of a connection")
      ->group(group);
  cli::repeatable(app.add_option("--cors", raw.cors,
                                 "Origin whose pages may subscribe and publish: https://a.example, "
                                 "https://*.example (all below it) or *; repeatable"))
      ->type_name("ORIGIN")
      ->group(group);
  app.add_flag("--cors-credentials", raw.cors_credentials,
               "Let browsers send cookies and credentials from those origins")
      ->group(group);
  cli::repeatable(
      app.add_option("--host", raw.hosts,
                     "Name of this server beside those of --listen, or *.DOMAIN: without a token, "
                     "browsers may publish only where they know it by one; repeatable"))
      ->type_name("NAME")
      ->group(group);
  cli::add_duration(app, "--idempotency-time", raw.idempotency_time,
                    "How long an idempotency key of a publisher is remembered", milliseconds{1})
      ->group(group);
  cli::add_count(app, "--idempotency-keys-max", options.producers_max,
                 "Idempotency keys remembered, the latest ones", 1, 100'000'000)
      ->group(group);
  app.add_option("--user-header", options.user_header,
                 "Request header in which a proxy, which must set or remove it, names the user: "
                 "streams then get the user's personal channel @NAME too")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--publish-token-file", raw.publish_token_file,
                 "Publishing, /-/channels and /-/metrics need the bearer token in this file (not "
                 "through unix sockets)")
      ->type_name("FILE")
      ->group(group);
}

void define_redis(CLI::App& app, Raw& raw) {
  const std::string group = "Redis";
  app.add_option("--redis", raw.redis,
                 "Share events with other nodes through this Redis: "
                 "redis://[[USER][:PASS]@]HOST[:PORT][/DB], rediss:// for TLS, redis+unix:///PATH, "
                 "or redis+sentinel://HOST[,HOST...]/MASTER")
      ->type_name("URL")
      ->group(group);
  app.add_option("--redis-password-file", raw.redis_password_file, "File with the Redis password")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--redis-cacert", raw.redis_tls.ca_file, "Whom to trust (PEM), with rediss://")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--redis-cert", raw.redis_tls.cert_file, "Certificate to show Redis (PEM)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--redis-key", raw.redis_tls.key_file, "Key of that certificate (PEM)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--redis-prefix", raw.redis_prefix, "Text before every channel name in Redis")
      ->type_name("TEXT")
      ->group(group);
  app.add_option(
         "--redis-history", raw.redis_history,
         "Keep events in Redis, numbered for all nodes, up to these limits of each channel: "
         "a number, an age, a size with b, or several: 10000,24h,64mb")
      ->type_name("LIMITS")
      ->group(group);
  cli::repeatable(
      app.add_option("--redis-subscribe", raw.redis_patterns,
                     "Follow also channels without streams that match the pattern (* ? [..]); "
                     "repeatable"))
      ->type_name("PATTERN")
      ->group(group);
  cli::add_duration(app, "--redis-grace", raw.redis_grace,
                    "From the last stream of a channel to unsubscribing from it")
      ->group(group);
  cli::add_duration(app, "--redis-timeout", raw.redis_timeout,
                    "For Redis to take a connection, and for every answer", milliseconds{100},
                    std::chrono::hours{1})
      ->group(group);
  cli::add_duration(app, "--redis-backoff-max", raw.redis_backoff_max,
                    "Longest pause before another try to connect", milliseconds{1},
                    std::chrono::hours{1})
      ->group(group);
  cli::add_duration(app, "--redis-patience", raw.redis_patience,
                    "How long the head of a new stream waits for Redis", milliseconds{1},
                    std::chrono::hours{1})
      ->group(group);
}

void define_redis_limits(CLI::App& app, Raw& raw) {
  const std::string group = "Redis";
  cli::add_count(app, "--redis-page", raw.redis_page, "Events read from history at once", 1,
                 100'000)
      ->group(group);
  cli::add_size(app, "--redis-held-bytes-max", raw.redis_held_bytes_max,
                "Most bytes of new events that wait while history is read", 1u << 20)
      ->group(group);
  cli::add_count(app, "--redis-publishes-max", raw.redis_publishes_max,
                 "Requests to publish on their way to Redis; more are answered 503", 1, 10'000'000)
      ->group(group);
}

}  // namespace

void define_options(CLI::App& app, Raw& raw, Settings& settings) {
  define_listening(app, raw, settings.server);
  define_tls(app, raw.tls, settings.server);
  define_streams(app, raw, settings.server);
  define_history(app, raw, settings.server);
  define_sources(app, settings);
  define_following(app, raw, settings);
  define_command(app, raw, settings);
  define_requests(app, raw, settings.server);
  define_redis(app, raw);
  define_redis_limits(app, raw);
  app.add_option_function<std::string>(
         "--print-proxy-config",
         [&settings](const std::string& name) { settings.print_proxy = parse_proxy(name); },
         "Print the configuration of nginx, haproxy, caddy or apache in front of a server with "
         "the other options, and exit")
      ->check(CLI::IsMember({"nginx", "haproxy", "caddy", "apache"}))
      ->type_name("PROXY");
  app.add_flag("-q,--quiet", settings.quiet, "Do not print where the server listens");
}

}  // namespace sse::serve
