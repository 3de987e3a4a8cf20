#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "sse-bench/limits.hpp"
#include "sse-bench/session.hpp"

namespace sse::bench {
namespace {

constexpr std::size_t kStreamsPerConnection = 100;  // with HTTP/2, unless told otherwise

std::vector<HeaderField> given_fields(const Options& options) {
  std::vector<HeaderField> out;
  for (const std::string& line : options.headers) out.push_back(parse_header_field(line));
  return out;
}

// The paths of the channels; of a single one, the URL's own.
std::vector<std::string> channel_paths(const HttpUrl& url, std::size_t channels) {
  if (channels == 1) return {url.path};
  const std::size_t end = std::min(url.path.find('?'), url.path.size());
  std::vector<std::string> out;
  for (std::size_t i = 1; i <= channels; ++i)
    out.push_back(url.path.substr(0, end) + "-" + std::to_string(i) + url.path.substr(end));
  return out;
}

StreamRequests stream_requests(const HttpUrl& url, const Options& options) {
  StreamRequests out;
  out.scheme = url.tls ? "https" : "http";
  out.authority = url.authority;
  out.paths = channel_paths(url, options.channels);
  out.fields = {{"Accept", "text/event-stream"}, {"Cache-Control", "no-cache"}};
  for (HeaderField& field : given_fields(options)) {
    if (options.speaks_http2() && same_name(field.name, "host"))
      out.authority = field.value;
    else
      out.fields.push_back(std::move(field));
  }
  out.http10 = options.http10;
  return out;
}

Result<std::vector<std::string>> publish_requests(const HttpUrl& url, const Options& options) {
  std::string rest =
      " HTTP/1.1\r\nHost: " + url.authority +
      "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(options.size) + "\r\n" +
      http1_lines(given_fields(options));
  if (!options.token_file.empty()) {
    std::string error;
    const auto token = cli::read_secret_file(options.token_file, error);
    if (!token) return fail("--token-file: " + error);
    rest += "Authorization: Bearer " + *token + "\r\n";
  }
  std::vector<std::string> out;
  for (const std::string& path : channel_paths(url, options.channels))
    out.push_back("POST " + path + rest + "\r\n");
  return out;
}

Result<void> check_protocol(const HttpUrl& url, const Options& options) {
  if (options.http2 && !url.tls)
    return fail("--http2 is agreed on by TLS: give an https:// URL, or --http2-prior-knowledge");
  if (options.http2_prior_knowledge && url.tls)
    return fail("--http2-prior-knowledge is for http:// URLs: with https:// give --http2");
  if (!options.speaks_http2() && options.streams_per_connection != 0)
    return fail(
        "--streams-per-connection needs --http2 or --http2-prior-knowledge: with HTTP/1.x every "
        "stream has a connection of its own");
  for (const HeaderField& field : given_fields(options))
    if (options.speaks_http2() && is_connection_field(field.name))
      return fail("-H/--header: HTTP/2 has no header '" + field.name + "'");
  return {};
}

// Null: clear text.
Result<std::unique_ptr<const TlsClient>> plan_tls(const HttpUrl& url, const Options& options,
                                                  std::string_view protocol) {
  if (!url.tls) return nullptr;
  return TlsClient::create({url.host, options.ca_file, options.insecure, std::string(protocol)});
}

Result<void> plan_streams(const HttpUrl& url, const Options& options, OpenPlan& plan) {
  plan.http2 = options.speaks_http2();
  if (plan.http2)
    plan.streams_per_connection = static_cast<std::uint32_t>(options.streams_per_connection != 0
                                                                 ? options.streams_per_connection
                                                                 : kStreamsPerConnection);
  auto target = resolve(url);
  if (!target) return tl::unexpected(target.error());
  std::vector<Endpoint> given;
  for (const std::string& address : options.sources) {
    auto source = parse_source(address);
    if (!source) return fail("--source: " + source.error().message);
    given.push_back(*source);
  }
  auto sources =
      plan_sources(*target, plan.connections(options.streams), std::move(given), ephemeral_ports());
  if (!sources) return tl::unexpected(sources.error());
  auto tls = plan_tls(url, options, plan.http2 ? kHttp2 : kHttp1);
  if (!tls) return tl::unexpected(tls.error());
  plan.target = *target;
  plan.tls = std::move(*tls);
  plan.sources = std::move(*sources);
  plan.requests = stream_requests(url, options);
  plan.per_second = options.ramp / static_cast<double>(options.threads);
  plan.in_flight_max = std::max<std::size_t>(1, options.connects_max / options.threads);
  plan.timeout = options.connect_timeout;
  plan.quick_ack = options.quick_ack;
  return {};
}

Result<void> plan_events(const HttpUrl& url, const Options& options, PublishPlan& plan) {
  auto target = resolve(url);
  if (!target) return tl::unexpected(target.error());
  auto requests = publish_requests(url, options);
  if (!requests) return tl::unexpected(requests.error());
  auto tls = plan_tls(url, options, kHttp1);
  if (!tls) return tl::unexpected(tls.error());
  plan.target = *target;
  plan.tls = std::move(*tls);
  plan.request_heads = std::move(*requests);
  plan.warmup = options.warmup;
  plan.duration = options.duration;
  plan.answer_timeout = options.connect_timeout;
  plan.publishers = options.publishers;
  plan.unanswered_max = options.unanswered_max;
  return {};
}

}  // namespace

Result<SessionPlan> plan_session(const Options& options) {
  SessionPlan plan;
  plan.options = options;
  if (plan.options.publish_url.empty()) plan.options.publish_url = options.url;
  if (options.streams % options.channels != 0)
    return fail("-n/--streams must be a multiple of --channels, so that every channel has as many");
  const auto url = parse_http_url(options.url);
  if (!url) return tl::unexpected(url.error());
  const auto publish_url = parse_http_url(plan.options.publish_url);
  if (!publish_url) return fail("--publish-url: " + publish_url.error().message);
  if (auto checked = check_protocol(*url, options); !checked)
    return tl::unexpected(checked.error());
  if (auto planned = plan_streams(*url, options, plan.open); !planned)
    return tl::unexpected(planned.error());
  if (auto planned = plan_events(*publish_url, options, plan.publish); !planned)
    return tl::unexpected(planned.error());
  const std::size_t descriptors = plan.open.connections(options.streams) +
                                  (options.saturate ? options.publishers : 1) +
                                  kReservedDescriptors;
  if (auto allowed = allow_descriptors(descriptors); !allowed)
    return tl::unexpected(allowed.error());
  if (const auto pid = ServerProbe(options.server_pids).unreadable())
    return fail("--server-pid " + std::to_string(*pid) +
                ": no such process, or not one this user may examine");
  return plan;
}

}  // namespace sse::bench
