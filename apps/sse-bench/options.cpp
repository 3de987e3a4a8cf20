#include "sse-bench/options.hpp"

#include "base/units.hpp"
#include "cli/command_line.hpp"

namespace sse::bench {
namespace {

using cli::add_duration;
using cli::add_rate;
using cli::add_size;

constexpr std::size_t kStreamsPerConnectionMax = 1'000'000;

constexpr const char* kConnecting = "Streams";
constexpr const char* kPublishing = "Events";
constexpr const char* kPhases = "Phases";
constexpr const char* kMeasuring = "Measuring";

// A header line as it goes on the wire must not smuggle in another.
std::string check_header(std::string& line) {
  const std::size_t colon = line.find(':');
  const bool named = colon != std::string::npos && colon > 0;
  if (named && line.find_first_of("\r\n") == std::string::npos) return {};
  return "'" + line + "' is not a header like 'Name: value'";
}

template <class T>
CLI::Option* add_count(CLI::App& app, const std::string& name, T& value, const std::string& help,
                       T max) {
  return app.add_option(name, value, help)
      ->check(CLI::Range(T{1}, max))
      ->type_name("N")
      ->capture_default_str();
}

void add_streams(CLI::App& app, Options& o) {
  app.add_option("URL", o.url, "What the streams subscribe to: http[s]://HOST:PORT/CHANNEL")
      ->required();
  CLI::Option* const http10 =
      app.add_flag("-0,--http1.0", o.http10, "Open the streams with HTTP/1.0");
  for (CLI::Option* option : {
           add_count<std::size_t>(app, "-n,--streams", o.streams, "Streams to open", 10'000'000),
           add_count<std::size_t>(app, "--channels", o.channels,
                                  "Channels that streams and events take in turn: URL-1, URL-2 ...",
                                  1'000'000),
           http10,
           app.add_flag("--http2", o.http2, "Open the streams with HTTP/2 (https://)")
               ->excludes(http10),
           app.add_flag("--http2-prior-knowledge", o.http2_prior_knowledge,
                        "Open the streams with HTTP/2 on clear text (http://)")
               ->excludes(http10),
           app.add_option("--streams-per-connection", o.streams_per_connection,
                          "With HTTP/2: streams that share a connection (default: 100)")
               ->check(CLI::Range(std::size_t{1}, kStreamsPerConnectionMax))
               ->type_name("N"),
           app.add_option("--cacert", o.ca_file,
                          "PEM file of the authorities to trust (default: the system's)")
               ->type_name("FILE"),
           app.add_flag("-k,--insecure", o.insecure, "Accept any certificate"),
           add_rate(app, "--ramp", o.ramp, "Streams opened per second; 0: no limit", "0"),
           add_count<std::size_t>(app, "--connects-max", o.connects_max,
                                  "Streams being opened at a time", 1'000'000),
           add_duration(app, "--connect-timeout", o.connect_timeout,
                        "For a stream to connect and be answered", Options::Milliseconds{1}),
           cli::repeatable(app.add_option("--source", o.sources,
                                          "Connect from this address (repeatable: in turn)"))
               ->type_name("ADDR"),
           cli::repeatable(
               app.add_option("-H,--header", o.headers, "Send this header with every request"))
               ->check(CLI::Validator(check_header, "'NAME: VALUE'"))
               ->type_name(""),
       })
    option->group(kConnecting);
}

void add_events(CLI::App& app, Options& o) {
  for (CLI::Option* option : {
           add_rate(app, "-r,--rate", o.rate, "Events per second, on a fixed schedule; 0: none",
                    "10"),
           add_size(app, "--size", o.size, "Payload of an event", kStampSize, 16u << 20),
           app.add_option("--publish-url", o.publish_url, "POST events here instead of to URL")
               ->type_name("URL"),
           app.add_flag("--saturate", o.saturate,
                        "Publish as fast as answers come (closed loop: throughput, not latency)"),
           add_count<std::size_t>(app, "--publishers", o.publishers,
                                  "With --saturate: publishes in flight", 1024),
           add_count<std::size_t>(app, "--unanswered-max", o.unanswered_max,
                                  "Publishes sent ahead of their answers", 1'000'000),
           app.add_option("--token-file", o.token_file,
                          "Publish with the bearer token in this file")
               ->type_name("FILE"),
       })
    option->group(kPublishing);
}

void add_phases(CLI::App& app, Options& o) {
  using Ms = Options::Milliseconds;
  for (CLI::Option* option : {
           add_duration(app, "--settle", o.settle, "Wait between opening and publishing"),
           add_duration(app, "--warmup", o.warmup, "Publish this long before measuring"),
           add_duration(app, "-d,--duration", o.duration, "Measure this long", Ms{1}),
           add_duration(app, "--drain", o.drain, "Wait for late deliveries at the end"),
       })
    option->group(kPhases);
}

void add_measuring(CLI::App& app, Options& o) {
  for (CLI::Option* option : {
           add_count<std::size_t>(app, "--threads", o.threads, "Reader threads", 256),
           app.add_flag("--quick-ack", o.quick_ack, "Leave TCP's acknowledgements to the system"),
           cli::repeatable(
               app.add_option(
                   "--server-pid", o.server_pids,
                   "Measure CPU and memory of this process and its children (repeatable)"))
               ->check(CLI::PositiveNumber)
               ->type_name("PID"),
           app.add_option_function<std::string>(
                  "-o,--output", [&o](const std::string& format) { o.json = format == "json"; },
                  "Format of the result: text or json")
               ->check(CLI::IsMember({"text", "json"}))
               ->type_name("")
               ->default_str("text"),
       })
    option->group(kMeasuring);
}

}  // namespace

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  cli::CommandLine line(
      {"sse-bench",
       "Open thousands of event streams and measure how fast events reach them all.",
       "  sse-bench -n 1000 -r 10 -d 10s http://localhost:8080/news\n"
       "  sse-bench -n 1000 --saturate --publishers 16 -o json http://localhost:8080/news",
       {}});
  add_streams(line.app(), options);
  add_events(line.app(), options);
  add_phases(line.app(), options);
  add_measuring(line.app(), options);
  return line.parse(argc, argv);
}

}  // namespace sse::bench
