#include "sse-pub/options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

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
constexpr std::size_t kSpoolBytesMax = std::size_t{1} << 50;
constexpr std::size_t kBatchEventsMax = 1'000'000;

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
          "Publish through Redis: redis://[[USER][:PASS]@]HOST[:PORT][/DB], rediss:// for TLS, "
          "redis+unix:///PATH, or redis+sentinel://HOST[,HOST...]/MASTER");
  to.flag("--redis-history", o.redis_history,
          "The nodes keep a history in Redis: number and store events there");
  to.text("--redis-prefix", o.redis_prefix, "TEXT", "Text before the channel name in Redis");
  to.text("--redis-password-file", o.redis_password_file, "FILE", "File with the Redis password");
  to.text("--redis-cacert", o.redis_tls.ca_file, "FILE", "Whom to trust (PEM), with rediss://");
  to.text("--redis-cert", o.redis_tls.cert_file, "FILE", "Certificate to show Redis (PEM)");
  to.text("--redis-key", o.redis_tls.key_file, "FILE", "Key of that certificate (PEM)");
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
  to.text("--replay", o.replay, "FILE", "Publish recorded event objects with their original gaps");
  to.flag("--on-exit", o.on_exit, "Run the command behind --, then publish how it ended");
  lines->excludes(null);
}

// "2x", "0.5x", "2" or "max".
Result<double> parse_speed(std::string_view text) {
  if (text == "max") return std::numeric_limits<double>::infinity();
  std::string_view digits = text;
  if (digits.ends_with('x')) digits.remove_suffix(1);
  double speed = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), speed,
                                            std::chars_format::fixed);
  if (error != std::errc{} || end != digits.data() + digits.size() || !(speed > 0))
    return fail("'" + std::string(text) + "' is not a speed like 2x, 0.5x or max");
  return speed;
}

void add_pace(Group to, PubOptions& o, CLI::App& app) {
  cli::add_rate(app, "--rate", o.rate, "Events per second, on a fixed schedule; 0: no limit", "0")
      ->group("Pace");
  const auto check = [](std::string& text) {
    const auto speed = parse_speed(text);
    return speed ? std::string() : speed.error().message;
  };
  app.add_option_function<std::string>(
         "--speed", [&o](const std::string& text) { o.speed = *parse_speed(text); },
         "Speed of --replay, or max: as fast as possible")
      ->check(CLI::Validator(check, ""))
      ->type_name("FACTOR")
      ->default_str("1x")
      ->group("Pace");
  cli::add_count(app, "-n,--repeat", o.repeat, "Publish the one event so often; 0: for ever")
      ->group("Pace");
  to.flag("--template", o.expand, "Fill in {seq} {now} {uuid} {env:NAME}; {{ is a brace");
}

void add_spool(Group to, PubOptions& o, CLI::App& app) {
  to.text("--spool", o.spool, "DIR", "Keep events on disk until the server has them");
  to.flag("--drain", o.drain, "Only send what is in the spool");
  cli::add_size(app, "--spool-bytes-max", o.spool_bytes_max, "Most bytes in the spool", 1,
                kSpoolBytesMax)
      ->group("Spool");
}

void add_event(Group to, PubOptions& o) {
  to.optional("-e,--event", o.event, "TYPE", "Event type");
  to.optional("--id", o.id, "ID", "Event ID; without it the server numbers the event");
  to.duration("--retry", o.retry, "Reconnection time for the clients to use from now on")
      ->default_str("");
}

void add_connection(Group to, PubOptions& o, CLI::App& app) {
  to.text("--token-file", o.token_file, "FILE", "File with the token for Authorization: Bearer");
  cli::repeatable(app.add_option("-H,--header", o.headers,
                                 "Further request header, 'Name: value' (repeatable)"))
      ->type_name("LINE")
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

void add_report(Group to, PubOptions& o, CLI::App& app) {
  cli::add_count(app, "--require-receivers", o.require_receivers,
                 "Exit with 6 unless the channel has so many streams after publishing; 0: any")
      ->group("Report");
  to.duration("--receivers-timeout", o.receivers_timeout,
              "Longest time for the nodes behind Redis to say how many streams they have", 1ms);
  to.flag("--dry-run", o.dry_run, "Print the bytes that would be sent (secrets as ***) and exit");
  auto* verbose = to.flag("-v,--verbose", o.verbose, "Print each answer as one line of JSON");
  to.flag("--confirm", o.confirm, "Print what is known of each accepted event as a line of JSON")
      ->excludes(verbose);
  to.flag("-q,--quiet", o.quiet, "Print no messages but usage errors; the exit status tells")
      ->excludes(verbose);
}

}  // namespace

void take_command(int& argc, char** argv, PubOptions& options) {
  char** const end = argv + argc;
  char** const dashes = std::find(argv, end, std::string_view("--"));
  if (dashes == end || std::find(argv, dashes, std::string_view("--on-exit")) == dashes) return;
  options.command.assign(dashes + 1, end);
  argc = static_cast<int>(dashes - argv);
}

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
  add_pace({app, "Pace"}, options, app);
  add_connection({app, "Connection"}, options, app);
  add_spool({app, "Spool"}, options, app);
  add_limits({app, "Limits"}, options, app);
  add_report({app, "Report"}, options, app);
}

}  // namespace sse::pub
