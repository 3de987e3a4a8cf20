#include "options.hpp"

#include <map>

#include <CLI/CLI.hpp>

#include "cli/command_line.hpp"

namespace sse::tail {
namespace {

using cli::add_duration;
using cli::add_size;
using std::chrono::milliseconds;

const std::map<std::string, Output> kOutputs{
    {"data", Output::data}, {"json", Output::json}, {"json-data", Output::json_data},
    {"sse", Output::sse},   {"raw", Output::raw},   {"pretty", Output::pretty}};
const std::map<std::string, When> kWhens{
    {"auto", When::automatic}, {"always", When::always}, {"never", When::never}};

const std::map<std::string, Stamp> kStamps{
    {"clock", Stamp::clock}, {"gap", Stamp::gap}, {"none", Stamp::none}};

template <class Enum>
std::function<std::string(const std::string&)> one_of(const std::map<std::string, Enum>& names) {
  return [&names](const std::string& text) -> std::string {
    if (names.count(text) != 0) return {};
    std::string known;
    for (const auto& [name, value] : names) known += (known.empty() ? "" : ", ") + name;
    return "'" + text + "' is not one of " + known;
  };
}

// NOLINTBEGIN(readability-magic-numbers)
// clang-format off
void define_output(CLI::App& app, Options& o) {
  const char* const group = "Output";
  app.add_option_function<std::string>("-o,--output", [&o](const std::string& name) { o.output = kOutputs.at(name); },
      "data, json, json-data, sse, raw or pretty [pretty on a terminal, else data]")->check(CLI::Validator(one_of(kOutputs), ""))->type_name("FORMAT")->group(group);
  app.add_option("-f,--format", o.output_template, "Print each event as this template says, such as '{time:%T} {event:10} {/user/name}'")->type_name("TEMPLATE")->group(group);
  app.add_flag("-0,--null", o.null_delimiter, "End each event with a NUL instead of a newline")->group(group);
  app.add_option("-D,--delimiter", o.delimiter, "End each event with this text, which may have escapes such as \\t")->type_name("TEXT")->group(group);
  cli::repeatable(app.add_option("-e,--event", o.events, "Print only events of this type; !NAME: all but these (repeatable)"))->type_name("NAME")->group(group);
  cli::repeatable(app.add_option("--grep", o.patterns, "Print only events whose data this regular expression matches (repeatable: any)"))->type_name("REGEX")->group(group);
  cli::repeatable(app.add_option("--where", o.conditions, "Print only events whose JSON data has this value: /POINTER=VALUE, !=, or /POINTER (repeatable: all)"))->type_name("CONDITION")->group(group);
  app.add_flag("--lifecycle", o.lifecycle, "Print open, comment, error, retry and close records too (-o json)")->group(group);
  app.add_option_function<std::string>("-t,--time", [&o](const std::string& name) { o.stamp = kStamps.at(name); },
      "What a line of the pretty view begins with: clock, gap (time since the event before) or none [clock]")->check(CLI::Validator(one_of(kStamps), ""))->type_name("WHAT")->group(group);
  app.add_option_function<std::string>("--color", [&o](const std::string& name) { o.color = kWhens.at(name); },
      "auto, always or never [auto]")->check(CLI::Validator(one_of(kWhens), ""))->type_name("WHEN")->group(group);
  app.add_flag("-v,--verbose", o.verbose, "Tell on stderr of each connection, its end and the wait")->group(group);
}

void define_ending(CLI::App& app, Options& o) {
  const char* const group = "When to end";
  app.add_option("-c,--count", o.count, "End after this many printed events")->check(CLI::PositiveNumber)->type_name("N")->group(group);
  add_duration(app, "-W,--timeout", o.timeout, "End after this time, with status 124", milliseconds{1})->default_str("none")->group(group);
  add_duration(app, "--idle", o.idle, "End when not a byte has come for this long, with status 124", milliseconds{1})->default_str("none")->group(group);
  add_duration(app, "--first-event", o.first_event, "End when no event has been printed by then, with status 124", milliseconds{1})->default_str("none")->group(group);
  app.add_option("--until", o.until, "End with the first event whose data this regular expression matches")->type_name("REGEX")->group(group);
}

void define_reconnecting(CLI::App& app, Options& o) {
  const char* const group = "Reconnecting";
  app.add_option("--last-event-id", o.last_event_id, "Resume after the event with this id")->type_name("ID")->group(group);
  add_duration(app, "--reconnect-delay", o.reconnect_delay, "Wait before reconnecting, until the server sets it", milliseconds{0}, std::chrono::hours{24})->group(group);
  app.add_option("--max-retries", o.max_retries, "Give up after this many attempts in a row without an event or a stream that lasted [no limit]")->type_name("N")->group(group);
  app.add_flag("--no-reconnect", o.no_reconnect, "End with the first connection")->group(group);
  cli::repeatable(app.add_option("--retry-status", o.retry_statuses, "Try again after this HTTP status, such as 502 or 5xx (repeatable)")->delimiter(','))->type_name("STATUS")->group(group);
  app.add_flag("--resume", o.resume, "Go on where the last run with the same request ended: --resume[=FILE]")->group(group);
  add_duration(app, "--read-timeout", o.read_timeout, "Give up a connection without a byte for this long and connect anew", milliseconds{1})->default_str("none")->group(group);
}

void define_commands(CLI::App& app, Options& o) {
  const char* const group = "Commands";
  app.add_option("--exec", o.exec, "Run this shell command for each event, with its data as standard input and SSE_EVENT_TYPE, SSE_EVENT_ID and SSE_EVENT_URL set, instead of printing it")->type_name("COMMAND")->group(group);
  cli::add_count(app, "-j,--jobs", o.jobs, "Run so many commands of --exec at once", 1, 10'000)->group(group);
  app.add_option("--exec-pipe", o.exec_pipe, "Write to this shell command, started once, instead of standard output; -o json unless given")->type_name("COMMAND")->group(group);
}

void define_protocols(CLI::App& app, Options& o) {
  const char* const group = "Protocols on top";
  app.add_flag("--llm", o.llm, "Print the answer of a language model as running text, and on stderr how fast it came (OpenAI, Anthropic)")->group(group);
  app.add_flag("--mcp", o.mcp, "Speak MCP: accept JSON answers, resume by GET, keep the session, end with the answer")->group(group);
}

void define_checking(CLI::App& app, Options& o) {
  const char* const group = "Checking and recording";
  cli::add_count(app, "--dedup", o.dedup, "Leave out events that were among the last N already, by id", 0, 10'000'000)->default_str("none")->group(group);
  app.add_flag("--expect-seq", o.expect_seq, "Tell of holes in the numbers at the end of the ids, or in the data, and end with status 7: --expect-seq[=/POINTER]")->group(group);
  app.add_flag("--lint", o.lint, "Tell what is wrong or suspicious about one connection's stream instead of printing events, and end with status 7 if something is wrong")->group(group);
  app.add_option("--record", o.record, "Append what comes and when, bytes and events, to this file")->type_name("FILE")->group(group);
}

void define_request(CLI::App& app, Options& o) {
  const char* const group = "Request";
  cli::repeatable(app.add_option("-H,--header", o.headers, "Add a request header, or @FILE of them (repeatable)"))->type_name("'NAME: VALUE'")->group(group);
  app.add_option("-X,--request", o.method, "Request method [GET, with -d POST]")->type_name("METHOD")->group(group);
  cli::repeatable(app.add_option("-d,--data", o.data, "Send this body, or that of @FILE, with every request (repeatable, joined by &)"))->type_name("DATA")->group(group);
  cli::repeatable(app.add_option("--json", o.json, "The same as JSON, with its Content-Type (repeatable, joined as they are)"))->type_name("DATA")->group(group);
  app.add_option("-u,--user", o.user, "Send this user and password as Authorization: Basic; other users see them: prefer --netrc-file")->type_name("USER:PASSWORD")->group(group);
  app.add_option("--oauth2-bearer", o.oauth2_bearer, "Send this token as Authorization: Bearer; other users see it: prefer --token-file")->type_name("TOKEN")->group(group);
  app.add_option("--token-file", o.token_file, "Send the token in this file, read for every request")->type_name("FILE")->group(group);
  app.add_flag("-n,--netrc", o.netrc, "Take user and password from ~/.netrc")->group(group);
  app.add_option("--netrc-file", o.netrc_file, "Take user and password from this file")->check(CLI::ExistingFile)->type_name("FILE")->group(group);
  app.add_flag("--compressed", o.compressed, "Ask for a compressed stream")->group(group);
}

void define_connection(CLI::App& app, Options& o) {
  const char* const group = "Connection and limits";
  app.add_flag("-k,--insecure", o.insecure, "Accept any TLS certificate")->group(group);
  app.add_option("--cacert", o.cacert, "Trust the certificates of this PEM file")->check(CLI::ExistingFile)->type_name("FILE")->group(group);
  app.add_option("-E,--cert", o.cert, "Show this client certificate, a PEM file")->check(CLI::ExistingFile)->type_name("FILE")->group(group);
  app.add_option("--key", o.key, "The key of --cert, when it is not in the same file")->check(CLI::ExistingFile)->type_name("FILE")->group(group);
  app.add_option("-x,--proxy", o.proxy, "Use this proxy, '' for none, whatever the environment says")->type_name("URL")->group(group);
  app.add_option("--noproxy", o.no_proxy, "Hosts that need no proxy, separated by commas; * for all")->type_name("HOSTS")->group(group);
  cli::repeatable(app.add_option("--resolve", o.resolve, "Use this address for a host and port (repeatable)"))->type_name("HOST:PORT:ADDRESS")->group(group);
  cli::repeatable(app.add_option("--connect-to", o.connect_to, "Connect to HOST2:PORT2 instead of HOST1:PORT1; an empty one means any, or the same (repeatable)"))->type_name("HOST1:PORT1:HOST2:PORT2")->group(group);
  app.add_option("--unix-socket", o.unix_socket, "Connect to this unix socket instead of the URL's host")->type_name("PATH")->group(group);
  app.add_flag_callback("-4,--ipv4", [&o] { o.ip_version = client::IpVersion::v4; }, "Connect to IPv4 addresses only")->group(group);
  app.add_flag_callback("-6,--ipv6", [&o] { o.ip_version = client::IpVersion::v6; }, "Connect to IPv6 addresses only")->group(group);
  const auto speak = [&o](client::HttpVersion version) { return [&o, version] { o.http_version = version; }; };
  app.add_flag_callback("--http1.1", speak(client::HttpVersion::http1_1), "Speak HTTP/1.1 only")->group(group);
  app.add_flag_callback("--http2", speak(client::HttpVersion::http2), "Speak HTTP/2 where the server agrees: over TLS (the default), and without by Upgrade")->group(group);
  app.add_flag_callback("--http2-prior-knowledge", speak(client::HttpVersion::http2_prior_knowledge), "Speak HTTP/2 without asking, also without TLS")->group(group);
  add_duration(app, "--connect-timeout", o.connect_timeout, "Longest wait for a connection", milliseconds{1})->group(group);
  add_size(app, "--line-bytes-max", o.line_bytes_max, "Longest line of a stream", 1, std::size_t{1} << 40)->group(group);
  add_size(app, "--event-bytes-max", o.event_bytes_max, "Largest data of one event", 1, std::size_t{1} << 40)->group(group);
}
// clang-format on
// NOLINTEND(readability-magic-numbers)

}  // namespace

void define_options(CLI::App& app, Options& o) {
  app.add_option("URL", o.urls, "http:// or https:// URL of a stream; several are followed at once")
      ->required()
      ->type_name("");
  define_output(app, o);
  define_ending(app, o);
  define_reconnecting(app, o);
  define_commands(app, o);
  define_protocols(app, o);
  define_checking(app, o);
  define_request(app, o);
  define_connection(app, o);
}

}  // namespace sse::tail
