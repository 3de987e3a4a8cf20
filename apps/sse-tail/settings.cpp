#include "settings.hpp"

#include <algorithm>

#include <sse/version.hpp>

#include "client/stream_url.hpp"
#include "escapes.hpp"
#include "positions.hpp"
#include "request_settings.hpp"

namespace sse::tail {
namespace {

EventFilter::Rules filter_rules(const Options& options) {
  return {.types = options.events, .patterns = options.patterns, .conditions = options.conditions};
}

// What prints something else than events does it for one stream.
Result<Output> choose_special(const Options& options) {
  if (options.llm && options.lint)
    return fail("--lint and --llm exclude each other: leave out one");
  if (options.output || options.output_template || options.lifecycle || !options.exec.empty() ||
      options.urls.size() > 1)
    return fail(std::string(options.llm ? "--llm prints the text of one answer"
                                        : "--lint prints what it finds in one stream") +
                ": leave out --output, --format, --lifecycle, --exec and further URLs");
  return options.llm ? Output::llm : Output::lint;
}

Result<Output> choose_output(const Options& options, const Terminal& terminal) {
  if (options.llm || options.lint) return choose_special(options);
  if (options.output_template && options.output)
    return fail("--format and --output exclude each other: leave out one");
  if (options.lifecycle &&
      (options.output_template || (options.output.value_or(Output::json) != Output::json &&
                                   options.output != Output::json_data)))
    return fail("--lifecycle needs -o json or -o json-data");
  if (options.output) return *options.output;
  if (!options.exec_pipe.empty() && !options.output_template) return Output::json;
  if (!options.exec.empty() && !options.output_template) return Output::data;
  if (options.lifecycle) return Output::json;
  if (options.output_template) return Output::templated;
  return terminal.stdout_is_terminal ? Output::pretty : Output::data;
}

Result<void> check_commands(const Options& options, Output output) {
  if (options.exec.empty()) return {};
  if (!options.exec_pipe.empty())
    return fail("--exec and --exec-pipe exclude each other: leave out one");
  if (options.lifecycle || output == Output::raw)
    return fail("--exec runs for events only: leave out --lifecycle and -o raw");
  return {};
}

// What an option holds that may be given without a value.
constexpr std::string_view kBare = "true";

Result<void> check_raw(const Options& options) {
  if (options.dedup != 0) return fail("-o raw prints the bytes as they come: leave out --dedup");
  if (!filter_rules(options).empty())
    return fail(
        "-o raw prints the bytes as they come and cannot be filtered: leave out -e, "
        "--grep and --where");
  if (options.urls.size() > 1)
    return fail("-o raw would mix the bytes of several streams: give one URL");
  return {};
}

Result<std::string> choose_delimiter(const Options& options, Output output) {
  const bool data_of_exec = !options.exec.empty() && output == Output::data;
  if (!options.null_delimiter && !options.delimiter) return data_of_exec ? "" : "\n";
  if (options.null_delimiter && options.delimiter)
    return fail("--null and --delimiter exclude each other: leave out one");
  if (output == Output::sse || output == Output::raw || output == Output::pretty ||
      output == Output::llm || output == Output::lint)
    return fail(std::string(options.null_delimiter ? "--null" : "--delimiter") +
                " needs -o data, json or json-data, or --format");
  if (options.null_delimiter) return std::string(1, '\0');
  auto text = unescape(*options.delimiter);
  if (!text) return fail("--delimiter: " + text.error().message);
  return text;
}

bool choose_color(const Options& options, const Terminal& terminal) {
  if (options.color != When::automatic) return options.color == When::always;
  return terminal.stdout_is_terminal && !terminal.no_color;
}

Result<void> settle_output(const Options& options, const Terminal& terminal, Settings& settings) {
  const auto output = choose_output(options, terminal);
  if (!output) return tl::unexpected(output.error());
  settings.output = *output;
  settings.sanitize = terminal.stdout_is_terminal;
  settings.mcp = options.mcp;
  settings.lifecycle = options.lifecycle;
  settings.stamp = options.stamp;
  settings.status_line = terminal.stdout_is_terminal && terminal.stderr_is_terminal &&
                         !terminal.dumb && !options.llm && options.exec.empty() &&
                         options.exec_pipe.empty();
  settings.color = choose_color(options, terminal);
  if (auto ok = check_commands(options, *output); !ok) return ok;
  settings.exec = options.exec;
  settings.jobs = options.jobs;
  settings.exec_pipe = options.exec_pipe;
  if (*output == Output::raw)
    if (auto ok = check_raw(options); !ok) return ok;
  auto delimiter = choose_delimiter(options, *output);
  if (!delimiter) return tl::unexpected(delimiter.error());
  settings.delimiter = *std::move(delimiter);
  if (!options.output_template) return {};
  auto parsed = OutputTemplate::parse(*options.output_template);
  if (!parsed) return fail("--format: " + parsed.error().message);
  settings.output_template = *std::move(parsed);
  return {};
}

Result<void> settle_matching(const Options& options, Settings& settings) {
  auto filter = EventFilter::make(filter_rules(options));
  if (!filter) return tl::unexpected(filter.error());
  settings.filter = *std::move(filter);
  if (!options.until) return {};
  auto until = Pattern::compile(*options.until);
  if (!until) return fail("--until: " + until.error().message);
  settings.until = *std::move(until);
  return {};
}

Result<void> settle_checking(const Options& options, Settings& settings) {
  settings.dedup = options.dedup;
  settings.record_path = options.record;
  if (options.expect_seq.empty()) return {};
  settings.sequence.emplace();
  if (options.expect_seq == kBare) return {};
  auto pointer = JsonPointer::parse(options.expect_seq);
  if (!pointer) return fail("--expect-seq: " + pointer.error().message);
  settings.sequence = Sequence(*std::move(pointer));
  return {};
}

Result<void> settle_resuming(const Options& options, Settings& settings) {
  settings.positions_path = options.resume;
  if (options.resume != kBare) return {};
  auto path = default_position_path(settings.sources);
  if (!path) return fail("--resume: " + path.error().message);
  settings.positions_path = *std::move(path);
  return {};
}

void set_limits(const Options& options, client::EventSourceOptions& source) {
  source.reconnect.initial_delay = options.reconnect_delay;
  source.reconnect.retries_max = options.no_reconnect ? 0u : options.max_retries;
  // Asked again, a model begins again; and what is wrong with a stream shows in one connection.
  if ((options.llm || options.lint) && !options.max_retries) source.reconnect.retries_max = 0;
  source.plain_answers = source.resume_by_get = options.mcp;
  source.limits = {options.line_bytes_max, options.event_bytes_max};
  if (options.read_timeout.count() > 0) source.idle_max = options.read_timeout;
}

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Result<void> check_connection(const Options& options) {
  if (!options.key.empty() && options.cert.empty())
    return fail("--key is the key of a certificate: give --cert, too");
  if (options.user && options.user->find(':') == std::string::npos)
    return fail(
        "--user: a password is missing: write USER:PASSWORD, or put both into --netrc-file");
  if (options.user && !(options.oauth2_bearer.empty() && options.token_file.empty()))
    return fail("--user and a token exclude each other: leave out one");
  for (const std::string& entry : options.resolve)
    if (std::count(entry.begin(), entry.end(), ':') < 2)
      return fail("--resolve: '" + entry + "' is not HOST:PORT:ADDRESS");
  for (const std::string& entry : options.connect_to)
    if (std::count(entry.begin(), entry.end(), ':') < 3)
      return fail("--connect-to: '" + entry + "' is not HOST1:PORT1:HOST2:PORT2");
  return {};
}

client::ConnectionOptions connection_options(const Options& options) {
  client::ConnectionOptions connection;
  connection.user_agent = "sse-tail/" SSE_VERSION;
  connection.connect_timeout = options.connect_timeout;
  connection.insecure = options.insecure;
  connection.ca_file = given(options.cacert);
  connection.cert_file = given(options.cert);
  connection.key_file = given(options.key);
  connection.unix_socket = given(options.unix_socket);
  connection.proxy = options.proxy;
  connection.no_proxy = options.no_proxy;
  connection.resolve = options.resolve;
  connection.connect_to = options.connect_to;
  connection.http_version = options.http_version;
  connection.ip_version = options.ip_version;
  connection.user = options.user;
  connection.netrc = options.netrc;
  connection.netrc_file = given(options.netrc_file);
  connection.compressed = options.compressed;
  return connection;
}

}  // namespace

Result<Settings> resolve(const Options& options, const Terminal& terminal) {
  Settings settings;
  if (const auto ok = settle_output(options, terminal, settings); !ok)
    return tl::unexpected(ok.error());
  if (const auto ok = settle_matching(options, settings); !ok) return tl::unexpected(ok.error());
  if (const auto ok = settle_checking(options, settings); !ok) return tl::unexpected(ok.error());
  if (const auto ok = check_connection(options); !ok) return tl::unexpected(ok.error());
  settings.connection = connection_options(options);
  client::EventSourceOptions source;
  if (const auto ok = settle_request(options, source); !ok) return tl::unexpected(ok.error());
  set_limits(options, source);
  source.report_comments = options.lifecycle;
  for (const std::string& text : options.urls) {
    auto url = client::parse_stream_url(text);
    if (!url) return tl::unexpected(url.error());
    source.request.url = std::move(*url);
    settings.sources.push_back(source);
  }
  if (const auto ok = settle_resuming(options, settings); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace sse::tail
