#include "sse-pub/options.hpp"

#include <algorithm>
#include <cstdlib>

#include "client/library_version.hpp"
#include "redis/connection.hpp"

namespace sse::pub {
namespace {

using namespace std::chrono_literals;

constexpr const char* kExamples =
    "  sse-pub news 'Hello'                        one event\n"
    "  date | sse-pub news -e clock                its data from a pipe\n"
    "  tail -f app.log | sse-pub -l logs           one event per line, as they come\n"
    "  sse-pub --user alice --token-file t 'Hi'    to one user\n"
    "  sse-pub --redis redis://localhost news Hi   to every node that listens to Redis\n";

constexpr std::size_t kBytesMax = std::size_t{1} << 30;
constexpr std::size_t kBatchEventsMax = 1'000'000;
constexpr std::size_t kKeyBytesMax = 200;

/// One row of the table of options: adds to one group of the help.
class Group {
 public:
  Group(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  CLI::Option* text(const char* names, std::string& value, const char* type, const char* help) {
    return app_.add_option(names, value, help)->type_name(type)->group(name_);
  }
  // An option whose empty value differs from its absence.
  CLI::Option* optional(const char* names, std::optional<std::string>& value, const char* type,
                        const char* help) {
    const auto assign = [&value](const std::string& given) { value = given; };
    return app_.add_option_function<std::string>(names, assign, help)
        ->type_name(type)
        ->group(name_);
  }
  CLI::Option* flag(const char* names, bool& value, const char* help) {
    return app_.add_flag(names, value, help)->group(name_);
  }
  CLI::Option* duration(const char* name, std::chrono::milliseconds& value, const char* help,
                        std::chrono::milliseconds min = 0ms) {
    return cli::add_duration(app_, name, value, help, min)->group(name_);
  }
  CLI::Option* size(const char* name, std::size_t& value, const char* help) {
    return cli::add_size(app_, name, value, help, 1, kBytesMax)->group(name_);
  }

 private:
  CLI::App& app_;
  std::string name_;
};

void add_target(Group to, PubOptions& o) {
  to.text("-u,--url", o.url, "URL", "Server to publish to, base path included")
      ->capture_default_str();
  to.text("--unix-socket", o.unix_socket, "PATH", "Connect to the server through this unix socket");
  to.text("--redis", o.redis, "URL",
          "Publish through Redis: redis://[[USER]:PASS@]HOST[:PORT][/DB] or redis+unix:///PATH");
  to.text("--redis-prefix", o.redis_prefix, "TEXT", "Text before the channel name in Redis");
  to.text("--redis-password-file", o.redis_password_file, "FILE", "File with the Redis password");
  to.text("--user", o.user, "NAME", "Publish to a user: the channel @NAME (give no CHANNEL)");
}

void add_input(Group to, PubOptions& o) {
  to.text("-f,--file", o.file, "FILE", "Read the data from a file, - for standard input");
  auto* lines = to.flag("-l,--lines", o.lines, "One event per line, published as lines arrive");
  auto* null = to.flag("-0,--null", o.null, "One event per NUL-terminated record");
  to.text("-i,--input", o.input, "FORMAT",
          "What the input is: text; json: an event object per line; sse: an event stream")
      ->check(CLI::IsMember({"text", "json", "sse"}))
      ->capture_default_str();
  lines->excludes(null);
}

void add_event(Group to, PubOptions& o) {
  to.optional("-e,--event", o.event, "TYPE", "Event type");
  to.optional("--id", o.id, "ID", "Event ID; without it the server numbers the event");
  to.duration("--retry", o.retry, "Reconnection time for the clients to use from now on")
      ->default_str("");
}

void add_connection(Group to, PubOptions& o, CLI::App& app) {
  to.text("--token-file", o.token_file, "FILE", "File with the token for Authorization: Bearer");
  app.add_option("-H,--header", o.headers, "Further request header, 'Name: value' (repeatable)")
      ->type_name("LINE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->group("Connection");
  to.flag("-k,--insecure", o.insecure, "Do not verify the server's TLS certificate");
  to.text("--cacert", o.cacert, "FILE", "Trust the CA certificates in this PEM file");
  to.duration("--connect-timeout", o.connect_timeout, "Longest time to connect", 1ms);
  to.duration("-m,--max-time", o.max_time, "Longest time of one request, or for one Redis reply",
              1ms);
  to.duration("--retry-time", o.retry_time, "How long to keep trying while the server is away");
  to.text("--idempotency-key", o.idempotency_key, "KEY",
          "Key under which the server drops what it had; with a retry, random by default");
}

void add_limits(Group to, PubOptions& o, CLI::App& app) {
  to.size("--batch-bytes-max", o.batch_bytes_max, "Most bytes of events in one request");
  app.add_option("--batch-events-max", o.batch_events_max,
                 "Most events on their way before an answer is awaited")
      ->type_name("NUMBER")
      ->check(CLI::Range(std::size_t{1}, kBatchEventsMax))
      ->capture_default_str()
      ->group("Limits");
  to.size("--event-bytes-max", o.event_bytes_max, "Longest line, record or event to read");
}

void add_report(Group to, PubOptions& o) {
  to.flag("--dry-run", o.dry_run, "Print the bytes that would be sent (secrets as ***) and exit");
  auto* verbose = to.flag("-v,--verbose", o.verbose, "Print each answer as one line of JSON");
  to.flag("--confirm", o.confirm, "Print what is known of each accepted event as a line of JSON")
      ->excludes(verbose);
  to.flag("-q,--quiet", o.quiet, "Print no messages but usage errors; the exit status tells")
      ->excludes(verbose);
}

bool is_from_environment(const char* name, const std::string& value) {
  const char* found = std::getenv(name);
  return found != nullptr && value == found;
}

// A target given by option beats one that only the environment names.
Result<void> choose_target(PubOptions& o) {
  const bool url_given = o.url != PubOptions().url && !is_from_environment("SSE_URL", o.url);
  const bool redis_given = !o.redis.empty() && !is_from_environment("SSE_REDIS", o.redis);
  if (redis_given && (url_given || !o.unix_socket.empty()))
    return fail("--redis excludes --url and --unix-socket: there is one target");
  if (url_given) o.redis.clear();
  if (o.redis.empty() && !o.redis_password_file.empty())
    return fail("--redis-password-file needs --redis");
  return {};
}

Result<void> choose_channel(PubOptions& o) {
  if (!o.user.empty()) {
    if (o.data) return fail("--user NAME is the channel: give DATA only, no CHANNEL");
    o.data = std::exchange(o.channel, "@" + o.user);
  }
  if (!o.channel && o.input != "json") return fail("CHANNEL is missing");
  return {};
}

// Its way leads through an HTTP header.
Result<void> check_key(PubOptions& o) {
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (o.idempotency_key.size() > kKeyBytesMax ||
      !std::all_of(o.idempotency_key.begin(), o.idempotency_key.end(), is_visible))
    return fail("--idempotency-key: 1 to " + std::to_string(kKeyBytesMax) +
                " visible ASCII characters, no space");
  return {};
}

Result<void> choose_input(PubOptions& o) {
  const bool streamed = o.lines || o.null || o.input != "text";
  if (o.data && (streamed || !o.file.empty()))
    return fail("DATA excludes --file, --lines, --null and --input");
  if ((o.lines || o.null) && o.input != "text")
    return fail("--lines and --null are for --input text");
  if (streamed && o.id) return fail("--id names one event: not with --lines, --null or --input");
  if (o.lines) o.format = InputFormat::lines;
  if (o.null) o.format = InputFormat::null;
  if (o.input == "json") o.format = InputFormat::json;
  if (o.input == "sse") o.format = InputFormat::sse;
  return {};
}

}  // namespace

cli::ToolInfo tool_info() {
  cli::ToolInfo info;
  info.name = "sse-pub";
  info.summary = "Publish events on a channel of sse-serve, directly or through Redis";
  info.examples = kExamples;
  info.build_notes = client::library_version() + ", " + redis::library_version();
  return info;
}

void add_options(CLI::App& app, PubOptions& options) {
  Group first(app, "Positionals");
  first.optional("CHANNEL", options.channel, "", "Channel to publish on");
  first.optional("DATA", options.data, "", "Data of the event; without it, standard input");
  add_target({app, "Target"}, options);
  add_event({app, "Event"}, options);
  add_input({app, "Input"}, options);
  add_connection({app, "Connection"}, options, app);
  add_limits({app, "Limits"}, options, app);
  add_report({app, "Report"}, options);
}

Result<void> resolve(PubOptions& options) {
  for (const auto step : {choose_target, choose_channel, choose_input, check_key})
    if (auto done = step(options); !done) return done;
  return {};
}

}  // namespace sse::pub
