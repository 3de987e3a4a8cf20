#include "server/router.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.hpp"
#include "http/ascii.hpp"
#include "http/authority.hpp"
#include "http/negotiation.hpp"
#include "http/response.hpp"
#include "http/stream_head.hpp"
#include "http/url.hpp"
#include "server/admin.hpp"
#include "server/date_header.hpp"
#include "server/gap.hpp"
#include "server/idempotency.hpp"
#include "server/inspector.hpp"
#include "server/publication.hpp"
#include "server/start_point.hpp"
#include "server/worker.hpp"

namespace sse::server {
namespace {

using http::Method;
using http::Request;

constexpr std::string_view kJson = "application/json";
constexpr const char* kForeignHost =
    "the Host header names another machine, as when a web page was made to point here (--host)";

// Compares without telling by its duration how much was right.
bool equal_secret(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

bool bears_token(const Request& request, std::string_view token) {
  const std::string* header = request.header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (header == nullptr || header->size() < kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if (static_cast<char>((*header)[i] | 0x20) != static_cast<char>(kScheme[i] | 0x20))
      return false;
  return equal_secret(token, std::string_view(*header).substr(kScheme.size()));
}

bool may_stay(const Stream& stream, const Request& request) {
  return request.keep_alive && !stream.worker().draining() && !stream.listener().above_max;
}

bool is_read(const Request& request) {
  return request.method == Method::get || request.method == Method::head;
}

}  // namespace

Target Router::target(const Request& request) const {
  Target target;
  const auto path = http::strip_base_path(request.path, shared_.options.base_path);
  if (!path) return target;
  target.below = *path;
  if (*path == "/" || path->empty()) {
    target.kind = Target::Kind::root;
  } else if (path->starts_with("/-/")) {
    target.kind = Target::Kind::admin;
    target.admin = path->substr(3);
  } else {
    target.kind = Target::Kind::channels;
    std::string_view names = path->substr(1);
    for (std::size_t comma; (comma = names.find(',')) != std::string_view::npos;) {
      target.channels.push_back(names.substr(0, comma));
      names.remove_prefix(comma + 1);
    }
    target.channels.push_back(names);
  }
  if (asks_for_inspector(request, target)) target.kind = Target::Kind::inspector;
  return target;
}

// By its own address, or by a browser that goes to that of a stream.
bool Router::asks_for_inspector(const Request& request, const Target& target) const {
  if (!shared_.options.inspector || !is_read(request)) return false;
  return target.kind == Target::Kind::admin ? target.admin.empty()
                                            : http::prefers(request, "text/html");
}

std::optional<Router::Refusal> Router::refusal(const Stream& stream, const Request& request,
                                               const Target& target) const {
  if (stream.listener().above_max && target.kind != Target::Kind::admin &&
      target.kind != Target::Kind::inspector)
    return Refusal{503, "the server is full, try again", {{"Retry-After", "1"}}};
  switch (target.kind) {
    case Target::Kind::none:
      return Refusal{404, "not under the base path " + shared_.options.base_path, {}};
    case Target::Kind::root:
      return Refusal{404, "no channel named: GET or POST /CHANNEL", {}};
    case Target::Kind::admin:
      return admin_refusal(stream, request, target);
    case Target::Kind::inspector:
      return std::nullopt;
    case Target::Kind::channels:
      break;
  }
  if (auto refused = channel_refusal(request, target)) return refused;
  return request.method == Method::post ? publish_refusal(stream, request) : std::nullopt;
}

std::optional<Router::Refusal> Router::channel_refusal(const Request& request,
                                                       const Target& target) const {
  if (!is_read(request) && request.method != Method::post)
    return Refusal{
        405, "use GET to subscribe or POST to publish", {{"Allow", "GET, HEAD, POST, OPTIONS"}}};
  if (target.channels.size() > shared_.options.channels_per_stream_max)
    return Refusal{400,
                   "more than " + std::to_string(shared_.options.channels_per_stream_max) +
                       " channels in one request (--channels-per-stream-max)",
                   {}};
  for (const std::string_view name : target.channels) {
    if (!hub::is_channel_name(name))
      return Refusal{400,
                     "'" + std::string(name.substr(0, 200)) +
                         "' is not a channel name: 1 to "
                         "200 letters, digits and . _ - : / ~ @, not starting with -",
                     {}};
    if (is_read(request) && hub::is_personal(name) && name != personal_channel(request))
      return Refusal{403, "personal channels are only for their authenticated user", {}};
  }
  const std::string personal = is_read(request) ? personal_channel(request) : std::string();
  if (!personal.empty() && !hub::is_channel_name(personal))
    return Refusal{
        400, "the user in " + shared_.options.user_header + " cannot be the name of a channel", {}};
  if (request.method == Method::post && target.channels.size() > 1)
    return Refusal{400, "publish to one channel at a time", {}};
  // An icon a browser looks for by itself would take one of its six connections for ever.
  if (is_read(request) &&
      (!http::accepts_event_stream(request) || http::prefers(request, "image/png")))
    return Refusal{406, "a channel is text/event-stream, which the Accept header excludes", {}};
  return std::nullopt;
}

// That of the user a proxy named; empty if it named none. Two headers make no valid one.
std::string Router::personal_channel(const Request& request) const {
  const std::string& header = shared_.options.user_header;
  const std::string user = header.empty() ? std::string() : request.joined_header(header);
  return user.empty() ? user : "@" + user;
}

std::optional<Router::Refusal> Router::admin_refusal(const Stream& stream, const Request& request,
                                                     const Target& target) const {
  if (!Admin::knows(target.admin)) return Refusal{404, "no such page", {}};
  if (!is_read(request)) return Refusal{405, "use GET", {{"Allow", "GET, HEAD, OPTIONS"}}};
  if (Admin::is_public(target.admin)) return std::nullopt;
  if (!is_named_as_ours(stream, request)) return Refusal{403, kForeignHost, {}};
  // Who may publish (--cors) need not know all channels and who reads them.
  if (shared_.options.publish_token.empty() && !http::is_same_host(request))
    return Refusal{403, "without a token this is not for pages of other origins", {}};
  return operator_refusal(stream, request);
}

std::optional<Router::Refusal> Router::publish_refusal(const Stream& stream,
                                                       const Request& request) const {
  const std::string* origin = request.header("origin");
  if (origin != nullptr && !shared_.options.cors.allows(*origin)) {
    if (!http::is_same_host(request))
      return Refusal{403, "publishing from this origin is not allowed (--cors)", {}};
    if (!is_named_as_ours(stream, request)) return Refusal{403, kForeignHost, {}};
  }
  return operator_refusal(stream, request);
}

// Refused before it is sent, where the client says how long it is.
std::optional<Router::Refusal> Router::body_refusal(const Request& request) const {
  const std::string* length = request.header("content-length");
  std::size_t bytes = 0;
  if (length != nullptr) std::from_chars(length->data(), length->data() + length->size(), bytes);
  if (shared_.bodies.has_room(bytes)) return std::nullopt;
  return Refusal{503, std::string(kBodiesRefused), {{"Retry-After", "1"}}};
}

// What is for those who run the server: with a token for who bears it, else for this machine.
std::optional<Router::Refusal> Router::operator_refusal(const Stream& stream,
                                                        const Request& request) const {
  const std::string& token = shared_.options.publish_token;
  const Listener& listener = stream.listener();
  if (token.empty() ? listener.local : listener.unix_socket || bears_token(request, token))
    return std::nullopt;
  if (token.empty())
    return Refusal{
        403, "this needs a token unless the listener is local (--publish-token-file)", {}};
  return Refusal{401, "this needs the bearer token", {{"WWW-Authenticate", "Bearer"}}};
}

// A page whose host name was made to point here (DNS rebinding) is of our origin to its browser,
// but the name it asks for is still its own. A token, and a unix socket, no such page has.
bool Router::is_named_as_ours(const Stream& stream, const Request& request) const {
  const Options& options = shared_.options;
  const std::string* header = request.header("host");
  if (!options.publish_token.empty() || stream.listener().unix_socket || header == nullptr)
    return true;
  const std::string_view host = http::split_authority(*header).host;
  return http::is_loopback_host(host) ||
         std::any_of(options.hosts.begin(), options.hosts.end(),
                     [&](const http::HostPattern& name) { return name.matches_host(host); });
}

void Router::refuse(Stream& stream, const Request& request, Refusal refusal,
                    bool keep_alive) const {
  // Its head is out: there is no other answer any more.
  if (stream.state() == Stream::State::opening) return stream.close();
  keep_alive = keep_alive && may_stay(stream, request);
  stream.worker().stats().refused.add();
  for (auto& header : dated(shared_.options.cors.headers(request.header("origin"))))
    refusal.headers.push_back(std::move(header));
  stream.respond(http::error_answer(refusal.status, refusal.reason, std::move(refusal.headers)),
                 keep_alive);
}

void Router::answer(Stream& stream, const Request& request, int status,
                    std::string_view content_type, std::string_view body,
                    http::HeaderList headers) const {
  for (auto& header : dated(shared_.options.cors.headers(request.header("origin"))))
    headers.push_back(std::move(header));
  stream.respond({.status = status,
                  .content_type = std::string(content_type),
                  .body = std::string(body),
                  .headers = std::move(headers)},
                 may_stay(stream, request));
}

void Router::head_arrived(Stream& stream, const Request& request) const {
  if (request.method != Method::post) {
    // Nobody may make the server hold a body it has no use for.
    if (request.has_body) refuse(stream, request, {400, "only a POST has a body here", {}}, false);
    return;
  }
  // The body was not read, so the connection cannot be used for another request.
  auto refused = refusal(stream, request, target(request));
  if (!refused) refused = body_refusal(request);
  if (refused) return refuse(stream, request, std::move(*refused), false);
  if (request.expect_continue) stream.send_continue();
}

void Router::handle(Stream& stream, const Request& request) const {
  if (request.method == Method::options) return options(stream, request);
  const Target where = target(request);
  if (auto refused = refusal(stream, request, where))
    return refuse(stream, request, std::move(*refused), request.keep_alive);
  if (where.kind == Target::Kind::inspector) return show_inspector(stream, request, where);
  if (where.kind == Target::Kind::admin) {
    const Admin::Page page = admin_.page(where.admin);
    return answer(stream, request, page.status, page.content_type, page.body);
  }
  if (request.method == Method::post) return publish(stream, request, where.channels.front());
  subscribe(stream, request, where);
}

void Router::show_inspector(Stream& stream, const Request& request, const Target& where) const {
  Inspector page = Inspector::page(where.below);
  if (where.admin.data() == nullptr) http::add_vary(page.headers, "Accept");
  answer(stream, request, 200, "text/html; charset=utf-8", page.body, std::move(page.headers));
}

void Router::options(Stream& stream, const Request& request) const {
  http::HeaderList headers{{"Allow", "GET, HEAD, POST, OPTIONS"}};
  if (!http::CorsPolicy::is_preflight(request))
    return answer(stream, request, 204, {}, {}, std::move(headers));
  for (auto& header : dated(shared_.options.cors.preflight_headers(request)))
    headers.push_back(std::move(header));
  stream.respond({.status = 204, .content_type = {}, .body = {}, .headers = std::move(headers)},
                 may_stay(stream, request));
}

void Router::subscribe(Stream& stream, const Request& request, const Target& where) const {
  const auto from = start_point(request, shared_.options.start, unix_ms());
  if (!from) return refuse(stream, request, {400, from.error().message, {}}, request.keep_alive);

  std::vector<std::string_view> names = where.channels;
  const std::string personal = personal_channel(request);
  if (!personal.empty()) names.push_back(personal);
  Channels channels;
  for (const std::string_view name : names) {
    auto channel = shared_.hub.open(name);
    if (!channel)
      return refuse(stream, request,
                    {503, "too many channels (--channels-max)", {{"Retry-After", "10"}}}, false);
    if (std::find(channels.begin(), channels.end(), channel) == channels.end())
      channels.push_back(std::move(channel));
  }
  if (shared_.node) return subscribe_upstream(stream, request, channels, *from);
  const hub::Start start = shared_.hub.start(channels, *from);
  if (start.ended) return answer(stream, request, 204, {}, {});
  open(stream, request, channels, *from, start);
}

http::StreamHead Router::head(const Request& request, const std::optional<hub::Gap>& gap) const {
  http::StreamHead head;
  head.extra = dated(shared_.options.cors.headers(request.header("origin")));
  head.vary_accept = shared_.options.inspector;
  if (gap) head.gap = gap_json(*gap);
  return head;
}

void Router::open(Stream& stream, const Request& request, const Channels& channels,
                  const hub::StartPoint& from, const hub::Start& start) const {
  if (request.method == Method::head) return stream.respond_head(head(request, start.gap));
  std::string opening = stream.state() == Stream::State::opening
                            ? std::exchange(stream.exchange().out, {})
                            : stream.start_head(head(request, start.gap));
  WorkerStats& stats = stream.worker().stats();
  if (std::holds_alternative<hub::StartAfterId>(from)) stats.resumed.add();
  if (start.gap) stats.gaps.add();
  opening += prime_block(stream.worker().jittered_retry_ms(), start.epoch, start.position);
  if (start.gap) opening += gap_block(*start.gap);
  stream.open(channels, start, std::move(opening));
}

void Router::publish(Stream& stream, const Request& request, std::string_view name) const {
  const auto publication = read_publication(request, shared_.options.request.body_bytes_max);
  if (!publication)
    return refuse(stream, request, {400, publication.error().message, {}}, request.keep_alive);
  const auto idempotency = read_idempotency(request);
  if (!idempotency)
    return refuse(stream, request, {400, idempotency.error().message, {}}, request.keep_alive);
  // Through Redis it may have no streams here, or come back only if it has.
  const auto channel = shared_.node ? shared_.hub.find(name) : shared_.hub.open(name);
  if (!channel && !shared_.node)
    return refuse(stream, request,
                  {503, "too many channels (--channels-max)", {{"Retry-After", "10"}}},
                  request.keep_alive);
  if (channel && !stream.worker().await_room(channel)) return stream.hold();
  if (shared_.node) return publish_upstream(stream, request, name, *publication, *idempotency);
  auto fields = publication->fields();
  ReceiptFacts facts{.channel = name, .ids = {}, .nodes = {}};
  if (!idempotency->key.empty())
    facts.duplicates =
        shared_.producers.accept(idempotency->key, idempotency->number, fields.size(), unix_ms());
  fields = fields.subspan(facts.duplicates);
  for (hub::Published& event : shared_.hub.publish(*channel, fields, unix_ms()))
    facts.ids.push_back(std::move(event.id));
  facts.streams = channel->streams.load();
  answer(stream, request, 200, kJson, receipt(facts));
}

}  // namespace sse::server
