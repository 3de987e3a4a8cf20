#include "client/curl_transport.hpp"

#include <algorithm>
#include <utility>

namespace sse::client {
namespace {

constexpr long kRedirectsMax = 20;  // as Fetch has it
constexpr long kKeepaliveIdleS = 30;
constexpr long kKeepaliveIntervalS = 15;

// The most libcurl allows: what came while we were busy is read, and leaves, in one piece.
constexpr long kReceiveBytesMax = 512L << 10;

// What a callback returns to make libcurl give the transfer up: not the size it was given.
constexpr std::size_t kGiveUp = 0;

}  // namespace

CurlTransport::CurlTransport(TransportLoop& loop, ConnectionOptions options)
    : loop_(loop), options_(std::move(options)), easy_(::curl_easy_init()) {}

CurlTransport::~CurlTransport() {
  detach();
  std::erase(loop_.cancelled_, this);
}

template <class Value>
void CurlTransport::set(CURLoption option, Value value) {
  const CURLcode code = ::curl_easy_setopt(easy_.get(), option, value);
  if (setup_ == CURLE_OK) setup_ = code;
}

void CurlTransport::start(const Request& request, TransportListener& listener) {
  detach();
  ::curl_easy_reset(easy_.get());
  listener_ = &listener;
  reader_ = {};
  error_text_[0] = '\0';
  setup_ = CURLE_OK;
  cancelled_ = paused_ = false;
  set_connection_options();
  set_request(request);
  set_headers(request);
  ::curl_multi_add_handle(loop_.multi_, easy_.get());
  attached_ = true;
}

void CurlTransport::set_connection_options() {
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_BUFFERSIZE, kReceiveBytesMax);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, kKeepaliveIdleS);
  set(CURLOPT_TCP_KEEPINTVL, kKeepaliveIntervalS);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (options_.compressed) set(CURLOPT_ACCEPT_ENCODING, "");
  if (options_.netrc || options_.netrc_file)
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  set_optional(CURLOPT_NETRC_FILE, options_.netrc_file);
  set_optional(CURLOPT_USERPWD, options_.user);
  set_tls();
  set_route();
}

void CurlTransport::set_tls() {
  if (options_.insecure) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  set_optional(CURLOPT_CAINFO, options_.ca_file);
  set_optional(CURLOPT_SSLCERT, options_.cert_file);
  set_optional(CURLOPT_SSLKEY, options_.key_file);
}

void CurlTransport::set_route() {
  set_optional(CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket);
  if (options_.ip_version != IpVersion::any)
    set(CURLOPT_IPRESOLVE,
        long{options_.ip_version == IpVersion::v4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6});
  set_optional(CURLOPT_PROXY, options_.proxy);
  set_optional(CURLOPT_NOPROXY, options_.no_proxy);
  resolve_ = make_list(options_.resolve);
  set(CURLOPT_RESOLVE, resolve_.get());
  connect_to_ = make_list(options_.connect_to);
  set(CURLOPT_CONNECT_TO, connect_to_.get());
}

// A transfer waits for the connection of another where they may share it and this is known soon:
// after a TLS handshake. Without TLS it is when an answer comes, which may take for ever, and with
// prior knowledge libcurl (7.88) forgets to tell those that wait.
void CurlTransport::set_http_version(const std::string& url) {
  using enum HttpVersion;
  const HttpVersion version = options_.http_version;
  set(CURLOPT_PIPEWAIT, url.starts_with("https:") && version != http1_1 ? 1L : 0L);
  switch (version) {
    case automatic:
      return set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
    case http1_1:
      return set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    case http2:
      return set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2_0});
    case http2_prior_knowledge:
      return set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE});
  }
}

CurlTransport::List CurlTransport::make_list(const std::vector<std::string>& entries) {
  curl_slist* list = nullptr;
  for (const std::string& entry : entries) list = ::curl_slist_append(list, entry.c_str());
  return List(list);
}

void CurlTransport::set_optional(CURLoption option, const std::optional<std::string>& value) {
  if (value) set(option, value->c_str());
}

void CurlTransport::set_request(const Request& request) {
  set(CURLOPT_URL, request.url.c_str());
  set_http_version(request.url);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  set(CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, kRedirectsMax);
  const std::string& method = request.method;
  if (request.body || method == "POST" || method == "PUT" || method == "PATCH") {
    const std::string body = request.body.value_or("");
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_COPYPOSTFIELDS, body.data());
    if (method != "POST") set(CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

void CurlTransport::set_headers(const Request& request) {
  std::vector<std::string> lines = request.headers;
  lines.push_back("Expect:");  // no wait for 100 Continue
  headers_ = make_list(lines);
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_HEADERFUNCTION, &CurlTransport::on_header_line);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &CurlTransport::on_body_piece);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

// Inside a callback of libcurl the handle cannot be taken out: the loop does it after the turn.
void CurlTransport::cancel() {
  if (!attached_ || cancelled_) return;
  cancelled_ = true;
  if (loop_.performing_) {
    loop_.cancelled_.push_back(this);
  } else {
    detach();
  }
}

void CurlTransport::resume() {
  if (!attached_ || !std::exchange(paused_, false)) return;
  const bool nested = std::exchange(loop_.performing_, true);  // may call on_body_piece() at once
  ::curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
  loop_.performing_ = nested;
  if (!nested) loop_.drop_cancelled();
}

void CurlTransport::detach() {
  if (!std::exchange(attached_, false)) return;
  ::curl_multi_remove_handle(loop_.multi_, easy_.get());
}

std::size_t CurlTransport::on_header_line(char* data, std::size_t, std::size_t size,
                                          void* user) noexcept {
  auto* self = static_cast<CurlTransport*>(user);
  if (self->cancelled_) return kGiveUp;
  if (self->reader_.add({data, size}) != ResponseHeadReader::State::complete) return size;
  ResponseHead head = self->reader_.head();
  const char* url = nullptr;
  if (::curl_easy_getinfo(self->easy_.get(), CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url)
    head.url = url;
  self->listener_->on_head(head);
  return self->cancelled_ ? kGiveUp : size;
}

// libcurl gives a piece again after CURL_WRITEFUNC_PAUSE, while the listener has already taken the
// one that made it pause: the pause takes effect at the next piece.
std::size_t CurlTransport::on_body_piece(char* data, std::size_t, std::size_t size,
                                         void* user) noexcept {
  auto* self = static_cast<CurlTransport*>(user);
  if (self->cancelled_) return kGiveUp;
  if (self->paused_) return CURL_WRITEFUNC_PAUSE;
  if (!self->reader_.complete()) return size;  // the body of a redirect
  const Flow flow = self->listener_->on_body({data, size});
  if (flow == Flow::stop) self->cancel();
  self->paused_ = flow == Flow::pause;
  return self->cancelled_ ? kGiveUp : size;
}

void CurlTransport::finish(CURLcode code) {
  detach();
  if (cancelled_) return;
  listener_->on_end(describe_end(setup_ == CURLE_OK ? code : setup_));
}

TransferEnd CurlTransport::describe_end(CURLcode code) const {
  if (code == CURLE_OK) return {};
  const std::string text = error_text_[0] ? error_text_.data() : ::curl_easy_strerror(code);
  return {classify(code), text};
}

TransferResult CurlTransport::classify(CURLcode code) const {
  if (reader_.complete()) return TransferResult::cut;
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return TransferResult::bad_certificate;
    case CURLE_TOO_MANY_REDIRECTS:
      return TransferResult::bad_redirect;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return reader_.redirected() ? TransferResult::bad_redirect : TransferResult::not_http;
    case CURLE_WEIRD_SERVER_REPLY:
      return TransferResult::not_http;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_FAILED_INIT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_OUT_OF_MEMORY:
      return TransferResult::unusable;
    default:
      return TransferResult::unreachable;
  }
}

}  // namespace sse::client
