#include "sse-bench/tls_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace sse::bench {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

std::string last_reason() {
  const unsigned long first = ERR_peek_error();
  const char* const reason = ERR_SYSTEM_ERROR(first)
                                 ? std::strerror(ERR_GET_REASON(first))
                                 : ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL failed" : reason;
}

// What OpenSSL reads from and writes to instead of a socket; it holds no bytes of its own.
struct Wire {
  std::string_view in;
  std::string out;
};

Wire& wire_of(BIO* bio) noexcept { return *static_cast<Wire*>(BIO_get_data(bio)); }

int wire_read(BIO* bio, char* to, int size) noexcept {
  Wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  if (wire.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t n = std::min(wire.in.size(), static_cast<std::size_t>(size));
  std::memcpy(to, wire.in.data(), n);
  wire.in.remove_prefix(n);
  return static_cast<int>(n);
}

int wire_write(BIO* bio, const char* from, int size) noexcept {
  wire_of(bio).out.append(from, static_cast<std::size_t>(size));
  return size;
}

long wire_control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH; }

BIO* new_wire_bio(Wire& wire) {
  static const auto method = [] {
    std::unique_ptr<BIO_METHOD, Free> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sse-bench"));
    BIO_meth_set_read(made.get(), wire_read);
    BIO_meth_set_write(made.get(), wire_write);
    BIO_meth_set_ctrl(made.get(), wire_control);
    return made;
  }();
  BIO* const bio = BIO_new(method.get());
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

bool is_address(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool expect_host(SSL* ssl, const std::string& host) {
  if (is_address(host))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;  // the macro of that call has a C cast
}

bool offer(SSL* ssl, const std::string& protocol) {
  std::string list(1, static_cast<char>(protocol.size()));
  list += protocol;
  return SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                             static_cast<unsigned>(list.size())) == 0;
}

}  // namespace

struct TlsSession::State {
  Wire wire;
  std::string protocol;
  std::unique_ptr<SSL, Free> ssl;
};

struct TlsClient::Context {
  std::unique_ptr<SSL_CTX, Free> ssl;
};

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

void TlsSession::feed(std::string_view ciphertext) noexcept { state_->wire.in = ciphertext; }
std::string& TlsSession::output() noexcept { return state_->wire.out; }

Result<bool> TlsSession::handshake() {
  SSL* const ssl = state_->ssl.get();
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl);
  if (done == 1) return agreed();
  if (SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ) return false;
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
    return fail(std::string("the certificate is not good: ") +
                X509_verify_cert_error_string(verified) +
                " (--cacert FILE names whom to trust, -k trusts anyone)");
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (reason == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) return disagreed();
  return fail("TLS: " + last_reason() +
              (reason == SSL_R_WRONG_VERSION_NUMBER ? " (is it a port for https?)" : ""));
}

// A server that knows no ALPN speaks HTTP/1.1.
Result<bool> TlsSession::agreed() const {
  const std::string chosen = alpn();
  if (chosen == state_->protocol || (chosen.empty() && state_->protocol == kHttp1)) return true;
  return disagreed();
}

tl::unexpected<Error> TlsSession::disagreed() const {
  return fail(state_->protocol == kHttp1
                  ? "the server does not speak HTTP/1.1 over TLS (ALPN): try --http2"
                  : "the server does not speak HTTP/2 over TLS (ALPN): leave out --http2");
}

Result<std::string_view> TlsSession::read(std::span<char> buffer) {
  SSL* const ssl = state_->ssl.get();
  if (state_->wire.in.empty() && SSL_has_pending(ssl) == 0) {
    // An idle connection keeps none; SSL_MODE_RELEASE_BUFFERS leaves it that for reading.
    SSL_free_buffers(ssl);
    return std::string_view();
  }
  ERR_clear_error();
  std::size_t n = 0;
  if (SSL_read_ex(ssl, buffer.data(), buffer.size(), &n) == 1)
    return std::string_view(buffer.data(), n);
  switch (SSL_get_error(ssl, 0)) {
    case SSL_ERROR_WANT_READ:
      return std::string_view();
    case SSL_ERROR_ZERO_RETURN:
      return fail(std::string(kPeerClosed));
    default:
      return fail("TLS: " + last_reason());
  }
}

Result<void> TlsSession::write(std::string_view plaintext) {
  ERR_clear_error();
  std::size_t n = 0;
  if (SSL_write_ex(state_->ssl.get(), plaintext.data(), plaintext.size(), &n) != 1)
    return fail("TLS: " + last_reason());
  return {};
}

std::string TlsSession::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(state_->ssl.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string TlsSession::version() const { return SSL_get_version(state_->ssl.get()); }
std::string TlsSession::cipher() const { return SSL_get_cipher_name(state_->ssl.get()); }

TlsClient::TlsClient(Settings settings, std::unique_ptr<Context> context)
    : settings_(std::move(settings)), context_(std::move(context)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<const TlsClient>> TlsClient::create(Settings settings) {
  auto context = std::make_unique<Context>();
  context->ssl.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const ssl = context->ssl.get();
  if (ssl == nullptr || SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1)
    return fail("TLS: " + last_reason());
  const char* const file = settings.ca_file.empty() ? nullptr : settings.ca_file.c_str();
  if (!settings.insecure && file != nullptr &&
      SSL_CTX_load_verify_locations(ssl, file, nullptr) != 1)
    return fail("--cacert " + settings.ca_file + ": " + last_reason());
  if (file == nullptr) SSL_CTX_set_default_verify_paths(ssl);
  SSL_CTX_set_verify(ssl, settings.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  return std::unique_ptr<const TlsClient>(new TlsClient(std::move(settings), std::move(context)));
}

Result<std::unique_ptr<TlsSession>> TlsClient::start() const {
  auto state = std::make_unique<TlsSession::State>();
  state->protocol = settings_.protocol;
  state->ssl.reset(SSL_new(context_->ssl.get()));
  SSL* const ssl = state->ssl.get();
  if (ssl == nullptr || !expect_host(ssl, settings_.host) || !offer(ssl, settings_.protocol))
    return fail("TLS: " + last_reason());
  BIO* const bio = new_wire_bio(state->wire);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(state)));
}

}  // namespace sse::bench
