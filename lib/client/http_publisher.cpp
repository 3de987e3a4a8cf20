#include "client/http_publisher.hpp"

#include <optional>

#include <curl/curl.h>

#include "base/units.hpp"
#include "client/http_capture.hpp"
#include "client/publish_url.hpp"

namespace sse::client {
namespace {

using Kind = HttpAnswer::Kind;

constexpr int kPollMs = 60'000;  // only an upper bound: curl wakes for its own timeouts
constexpr const char* kDataType = "text/plain; charset=utf-8";
constexpr const char* kBlocksType = "text/event-stream";

struct Cleanup {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct MultiCleanup {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
using HeaderList = std::unique_ptr<curl_slist, Cleanup>;

void initialise_curl() {
  [[maybe_unused]] static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void add_header(HeaderList& list, const std::string& line) {
  list.reset(curl_slist_append(list.release(), line.c_str()));
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  [[maybe_unused]] const CURLcode code = curl_easy_setopt(easy, option, value);
}

// The answer's body up to a limit; what is longer is cut, not an error.
struct Body {
  std::string bytes;
  std::size_t bytes_max = 0;
};

std::size_t keep(char* bytes, std::size_t, std::size_t size, void* target) noexcept {
  auto* body = static_cast<Body*>(target);
  body->bytes.append(bytes, std::min(size, body->bytes_max - body->bytes.size()));
  return size;
}

// Failures before a byte of the request left: it certainly was not accepted.
bool is_connect_failure(CURL* easy, CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return true;
    default:
      break;
  }
  curl_off_t ready_us = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
  return ready_us == 0;
}

}  // namespace

class HttpPublisher::Impl {
 public:
  Impl(PublishBase base, const HttpPublisherOptions& options);

  HttpAnswer post(const std::string& url, const char* content_type, std::string_view body,
                  const Idempotency& idempotency);
  const PublishBase& base() const noexcept { return base_; }
  const std::string& display() const noexcept { return display_; }

 private:
  void set_connection();
  HeaderList make_headers(const char* content_type, const Idempotency& idempotency) const;
  void set_request(const std::string& url, const HeaderList& headers, std::string_view body);
  HttpAnswer post_captured(const std::string& url);
  std::optional<CURLcode> perform();
  HttpAnswer conclude(std::optional<CURLcode> code);

  PublishBase base_;
  std::string display_;
  HttpPublisherOptions options_;
  std::unique_ptr<CURLM, MultiCleanup> multi_{curl_multi_init()};
  std::unique_ptr<CURL, Cleanup> easy_{curl_easy_init()};
  char error_[CURL_ERROR_SIZE] = {};
  Body body_;
};

HttpPublisher::Impl::Impl(PublishBase base, const HttpPublisherOptions& options)
    : base_(std::move(base)), display_(base_.display), options_(options) {
  if (!options_.unix_socket.empty()) display_ += " (unix socket " + options_.unix_socket + ")";
  body_.bytes_max = options_.answer_bytes_max;
  set_connection();
}

void HttpPublisher::Impl::set_connection() {
  CURL* easy = easy_.get();
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PATH_AS_IS, 1L);  // a channel may be named a/../b
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.answer_timeout.count()));
  set(easy, CURLOPT_ERRORBUFFER, &error_[0]);
  set(easy, CURLOPT_WRITEFUNCTION, keep);
  set(easy, CURLOPT_WRITEDATA, &body_);
  if (!options_.unix_socket.empty())
    set(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
  if (!options_.ca_file.empty()) set(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.verify_tls) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

HeaderList HttpPublisher::Impl::make_headers(const char* content_type,
                                             const Idempotency& idempotency) const {
  HeaderList list;
  add_header(list, std::string("Content-Type: ") + content_type);
  add_header(list, "Expect:");  // the server's refusal of a large body needs no extra round trip
  if (!options_.bearer_token.empty())
    add_header(list, "Authorization: Bearer " + options_.bearer_token);
  if (!idempotency.key.empty()) {
    add_header(list, "Idempotency-Key: " + std::string(idempotency.key));
    add_header(list, "Idempotency-Sequence: " + std::to_string(idempotency.sequence));
  }
  for (const std::string& line : options_.headers) add_header(list, line);
  return list;
}

void HttpPublisher::Impl::set_request(const std::string& url, const HeaderList& headers,
                                      std::string_view body) {
  CURL* easy = easy_.get();
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_POSTFIELDS, body.data() == nullptr ? "" : body.data());
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

// Everything as it would be, but for where the connection leads.
HttpAnswer HttpPublisher::Impl::post_captured(const std::string& url) {
  CURL* easy = easy_.get();
  HttpCapture capture;
  const std::string plain = url.starts_with("https:") ? "http:" + url.substr(6) : url;
  HeaderList lead;
  add_header(lead, "::127.0.0.1:" + std::to_string(capture.port()));
  set(easy, CURLOPT_URL, plain.c_str());
  set(easy, CURLOPT_CONNECT_TO, lead.get());
  set(easy, CURLOPT_UNIX_SOCKET_PATH, static_cast<const char*>(nullptr));
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_FORBID_REUSE, 1L);
  HttpAnswer answer = conclude(perform());
  *options_.capture += mask_secret_headers(capture.take_request());
  return answer;
}

std::optional<CURLcode> HttpPublisher::Impl::perform() {
  curl_multi_add_handle(multi_.get(), easy_.get());
  curl_waitfd interrupt{options_.interrupt_fd, CURL_WAIT_POLLIN, 0};
  const unsigned extra = options_.interrupt_fd < 0 ? 0 : 1;
  std::optional<CURLcode> code;
  for (int running = 1; !code;) {
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left); message != nullptr) {
      code = message->data.result;
      break;
    }
    curl_multi_poll(multi_.get(), &interrupt, extra, kPollMs, nullptr);
    if (interrupt.revents != 0) break;
  }
  curl_multi_remove_handle(multi_.get(), easy_.get());
  return code;
}

HttpAnswer HttpPublisher::Impl::conclude(std::optional<CURLcode> code) {
  HttpAnswer answer;
  answer.body = std::exchange(body_.bytes, {});
  if (!code) {
    answer.kind = Kind::interrupted;
    return answer;
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  // A server that refuses a large body may answer and close before it read all of it.
  const bool early = status >= 300 && (*code == CURLE_SEND_ERROR || *code == CURLE_RECV_ERROR);
  if (*code == CURLE_OK || early) return answer;
  answer.kind = is_connect_failure(easy_.get(), *code) ? Kind::not_connected : Kind::lost;
  answer.reason = error_[0] != '\0' ? &error_[0] : curl_easy_strerror(*code);
  if (*code == CURLE_OPERATION_TIMEDOUT && answer.kind == Kind::lost)
    answer.reason = "no complete answer within " + format_duration(options_.answer_timeout);
  return answer;
}

HttpAnswer HttpPublisher::Impl::post(const std::string& url, const char* content_type,
                                     std::string_view body, const Idempotency& idempotency) {
  const HeaderList headers = make_headers(content_type, idempotency);
  error_[0] = '\0';
  set_request(url, headers, body);
  return options_.capture == nullptr ? conclude(perform()) : post_captured(url);
}

Result<HttpPublisher> HttpPublisher::create(const HttpPublisherOptions& options) {
  initialise_curl();
  auto base = parse_publish_base(options.base_url);
  if (!base) return tl::unexpected(base.error());
  return HttpPublisher(std::make_unique<Impl>(*std::move(base), options));
}

HttpPublisher::HttpPublisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpPublisher::HttpPublisher(HttpPublisher&&) noexcept = default;
HttpPublisher& HttpPublisher::operator=(HttpPublisher&&) noexcept = default;
HttpPublisher::~HttpPublisher() = default;

HttpAnswer HttpPublisher::publish(std::string_view channel, const EventFields& fields,
                                  const Idempotency& idempotency) {
  return impl_->post(publish_url(impl_->base(), channel, fields), kDataType,
                     fields.data.value_or(std::string_view{}), idempotency);
}

HttpAnswer HttpPublisher::publish_blocks(std::string_view channel, std::string_view blocks,
                                         const Idempotency& idempotency) {
  return impl_->post(publish_url(impl_->base(), channel, {}), kBlocksType, blocks, idempotency);
}

const std::string& HttpPublisher::display_url() const noexcept { return impl_->display(); }

}  // namespace sse::client
