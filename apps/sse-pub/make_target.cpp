#include "sse-pub/make_target.hpp"

#include <sse/version.hpp>

#include "redis/login.hpp"
#include "redis/tls.hpp"
#include "sse-pub/dry_run.hpp"
#include "sse-pub/history_target.hpp"
#include "sse-pub/http_target.hpp"
#include "sse-pub/redis_result.hpp"
#include "sse-pub/redis_target.hpp"

namespace sse::pub {
namespace {

using Made = Result<std::unique_ptr<Target>>;

Result<std::string> read_secret(const char* option, const std::string& path) {
  if (path.empty()) return std::string();
  std::string error;
  auto secret = cli::read_secret_file(path, error);
  if (!secret) return fail(std::string(option) + ": " + error);
  return *std::move(secret);
}

AnswerStyle answer_style(const PubOptions& o) {
  if (o.confirm) return AnswerStyle::per_event;
  return o.verbose ? AnswerStyle::verbatim : AnswerStyle::none;
}

Result<void> check_headers(const std::vector<std::string>& headers) {
  for (const std::string& line : headers) {
    if (line.find_first_of("\r\n") != std::string::npos)
      return fail("--header: a header is one line");
    if (line.find(':') == std::string::npos || line.starts_with(':'))
      return fail("--header: write 'Name: value'");
  }
  return {};
}

Result<client::HttpPublisherOptions> http_options(const PubOptions& o, int interrupt_fd) {
  auto token = read_secret("--token-file", o.token_file);
  if (!token) return tl::unexpected(token.error());
  if (token->find_first_of("\r\n") != std::string::npos)
    return fail("--token-file: " + o.token_file + " has more than one line");
  if (auto headers = check_headers(o.headers); !headers) return tl::unexpected(headers.error());
  client::HttpPublisherOptions out;
  out.base_url = o.url;
  out.unix_socket = o.unix_socket;
  out.headers = o.headers;
  out.bearer_token = *token;
  out.user_agent = "sse-pub/" SSE_VERSION;
  out.ca_file = o.cacert;
  out.verify_tls = !o.insecure;
  out.connect_timeout = o.connect_timeout;
  out.answer_timeout = o.max_time;
  out.interrupt_fd = interrupt_fd;
  return out;
}

Made make_http(const PubOptions& o, int interrupt_fd) {
  auto options = http_options(o, interrupt_fd);
  if (!options) return tl::unexpected(options.error());
  const auto captured = std::make_shared<std::string>();  // shared: std::function is copied
  if (o.dry_run) options->capture = captured.get();
  auto publisher = client::HttpPublisher::create(*options);
  if (!publisher) return fail("--url: " + publisher.error().message);
  auto target =
      std::make_shared<HttpTarget>(*std::move(publisher), o.batch_bytes_max, answer_style(o));
  if (!o.dry_run) return std::make_unique<HttpTarget>(std::move(*target));
  auto render = [target, captured](const Batch& batch) -> Result<std::string> {
    const BatchResult sent = target->send(batch);
    if (sent.outcome != BatchResult::Outcome::accepted) return fail(sent.reason);
    return std::exchange(*captured, {});
  };
  return std::make_unique<DryRun>(target->name(), render, stdout);
}

Result<redis::RedisUrl> redis_url(const PubOptions& o) {
  auto url = redis::parse_redis_url(o.redis);
  if (!url) return fail("--redis: " + url.error().message);
  auto password = read_secret("--redis-password-file", o.redis_password_file);
  if (!password) return tl::unexpected(password.error());
  if (auto login = redis::complete_login(*url, *password); !login)
    return fail("--redis: " + login.error().message);
  if (auto tls = redis::complete_tls(*url, o.redis_tls); !tls) return tl::unexpected(tls.error());
  return url;
}

redis::ConnectionOptions redis_connection(const PubOptions& o, int interrupt_fd) {
  return {o.connect_timeout, o.max_time, interrupt_fd};
}

Result<redis::HubKeys> hub_keys(const PubOptions& o) {
  auto keys = redis::HubKeys::make(o.redis_prefix);
  if (!keys) return fail("--redis-prefix: " + keys.error().message);
  return keys;
}

redis::StreamCountOptions stream_count(const PubOptions& o, const redis::RedisUrl& url,
                                       const redis::HubKeys& keys, int interrupt_fd) {
  return {url, keys, redis_connection(o, interrupt_fd), o.receivers_timeout, o.require_receivers};
}

Made make_redis(const PubOptions& o, int interrupt_fd) {
  auto url = redis_url(o);
  if (!url) return tl::unexpected(url.error());
  const auto keys = hub_keys(o);
  if (!keys) return tl::unexpected(keys.error());
  const redis::PublisherOptions options{*url, o.redis_prefix, redis_connection(o, interrupt_fd),
                                        o.batch_events_max};
  if (!o.dry_run)
    return std::make_unique<RedisTarget>(options, answer_style(o),
                                         stream_count(o, *url, *keys, interrupt_fd));
  auto render = [publisher = std::make_shared<redis::RedisPublisher>(options)](const Batch& batch) {
    std::string bytes;
    for (const redis::Message& message : to_messages(batch)) bytes += publisher->render(message);
    return bytes;
  };
  return std::make_unique<DryRun>(redis::masked(*url), render, stdout);
}

Made make_history(const PubOptions& o, int interrupt_fd) {
  auto url = redis_url(o);
  if (!url) return tl::unexpected(url.error());
  const auto keys = hub_keys(o);
  if (!keys) return tl::unexpected(keys.error());
  redis::HistoryPublisherOptions options{
      .url = *url, .keys = *keys, .connection = redis_connection(o, interrupt_fd)};
  options.window = o.batch_events_max;
  if (!o.dry_run)
    return std::make_unique<HistoryTarget>(std::move(options), answer_style(o),
                                           stream_count(o, *url, *keys, interrupt_fd));
  auto render = [publisher = std::make_shared<redis::HistoryPublisher>(std::move(options))](
                    const Batch& batch) { return publisher->render(to_messages(batch)); };
  return std::make_unique<DryRun>(redis::masked(*url), render, stdout);
}

}  // namespace

Result<std::unique_ptr<Target>> make_target(const PubOptions& options, int interrupt_fd) {
  if (options.redis.empty()) return make_http(options, interrupt_fd);
  return options.redis_history ? make_history(options, interrupt_fd)
                               : make_redis(options, interrupt_fd);
}

}  // namespace sse::pub
