#include "net/tls_session.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sse::net {
namespace {

constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;

// The BIO at the end of OpenSSL's writing side: a TlsOutput, which is never full.
int write_to_output(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) noexcept {
  BIO_clear_retry_flags(bio);
  *written = size;
  return static_cast<TlsOutput*>(BIO_get_data(bio))->put({bytes, size}) ? 1 : 0;
}

long control_output(BIO*, int command, long, void*) noexcept {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int make_output(BIO* bio) noexcept {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* make_output_method() {
  BIO_METHOD* const method =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sse TLS output");
  if (method == nullptr) return nullptr;
  BIO_meth_set_write_ex(method, write_to_output);
  BIO_meth_set_ctrl(method, control_output);
  BIO_meth_set_create(method, make_output);
  return method;
}

BIO* new_output(TlsOutput& output) {
  static const BIO_METHOD* const method = make_output_method();  // for the life of the process
  BIO* const bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio != nullptr) BIO_set_data(bio, &output);
  return bio;
}

// What operators meet, in their words; the rest in OpenSSL's.
std::string describe(unsigned long code) {
  constexpr int kAlerts = 1000;  // reasons above it are alerts the peer sent
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL) switch (reason) {
      case SSL_R_HTTP_REQUEST:
      case SSL_R_HTTPS_PROXY_REQUEST:
        return "plain HTTP sent to a TLS port";
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_UNKNOWN_PROTOCOL:
        return "no shared protocol version";
      case SSL_R_NO_SHARED_CIPHER:
        return "no shared cipher";
      case SSL_R_NO_APPLICATION_PROTOCOL:
        return "no shared application protocol (ALPN)";
      case SSL_R_WRONG_VERSION_NUMBER:
        return "what is not TLS sent to a TLS port";
      default:
        break;
    }
  const char* const text = ERR_reason_error_string(code);
  const std::string said = text == nullptr ? "OpenSSL failed" : text;
  return ERR_GET_LIB(code) == ERR_LIB_SSL && reason > kAlerts ? "the client sent an alert: " + said
                                                              : said;
}

// A client that speaks HTTP without TLS, to this server or to a proxy.
bool is_plain_http(unsigned long code) noexcept {
  const int reason = ERR_GET_REASON(code);
  return ERR_GET_LIB(code) == ERR_LIB_SSL &&
         (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
}

std::string take_failure() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  return describe(code);
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* session) const noexcept { SSL_free(session); }

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int fd)
    : context_(std::move(context)), output_(fd), ssl_(SSL_new(context_->native())) {
  if (ssl_ && SSL_set_fd(ssl_.get(), fd) != 1) ssl_.reset();
}

TlsSession::~TlsSession() = default;

TlsSession::Handshake TlsSession::handshake() noexcept {
  if (!ssl_) {
    error_ = "out of memory";
    return Handshake::failed;
  }
  ERR_clear_error();
  errno = 0;
  const int result = SSL_accept(ssl_.get());
  if (result != 1) return handshake_stopped(result);
  established();
  return usable_ ? Handshake::done : Handshake::failed;
}

TlsSession::Handshake TlsSession::handshake_stopped(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Handshake::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Handshake::want_write;
    case SSL_ERROR_SSL:
      failure_ = is_plain_http(ERR_peek_error()) ? Failure::plain_http : Failure::protocol;
      error_ = take_failure();
      return Handshake::failed;
    default:
      error_ = errno == 0 ? "the client closed the connection during the handshake"
                          : std::strerror(errno);
      ERR_clear_error();
      return Handshake::failed;
  }
}

// OpenSSL's own BIO wants the same bytes again when the socket is full, ours does not.
void TlsSession::established() noexcept {
  in_kernel_ = BIO_get_ktls_send(SSL_get_wbio(ssl_.get()));
  usable_ = true;
  if (in_kernel_) return;
  BIO* const output = new_output(output_);
  if (output == nullptr) {
    error_ = "out of memory";
    usable_ = false;
    return;
  }
  SSL_set0_wbio(ssl_.get(), output);
}

bool TlsSession::speaks_http2() const noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

std::string_view TlsSession::version() const noexcept { return SSL_get_version(ssl_.get()); }

ssize_t TlsSession::read(char* buffer, std::size_t size) noexcept {
  if (!usable_) return fail_with(EPIPE);
  ERR_clear_error();
  errno = 0;
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer, size, &got);
  // Reading may have made it answer, in vain.
  if (output_.error() != 0) return fail_with(output_.error());
  return result == 1 ? static_cast<ssize_t>(got) : read_stopped(result);
}

ssize_t TlsSession::read_stopped(int result) noexcept {
  const int socket_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_SSL:
      error_ = take_failure();
      return fail_with(EPROTO);
    default:
      return fail_with(socket_error == 0 ? ECONNRESET : socket_error);
  }
}

// OpenSSL forbids to go on with a session that failed.
ssize_t TlsSession::fail_with(int error) noexcept {
  ERR_clear_error();
  usable_ = false;
  errno = error;
  return -1;
}

bool TlsSession::has_pending_input() const noexcept { return SSL_pending(ssl_.get()) > 0; }

// With the kernel's encryption the output is sent as it is.
bool TlsSession::put(std::string_view bytes, bool more) noexcept {
  if (bytes.empty()) return true;
  output_.expect_more(more);
  if (in_kernel_) return output_.put(bytes);
  std::size_t written = 0;
  return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1;
}

// Copying costs less than a record: many pieces leave in few.
bool TlsSession::gather(const iovec* pieces, std::size_t count) noexcept {
  thread_local std::array<char, kRecordBytes> record;
  std::size_t used = 0;
  for (const iovec* piece = pieces; piece != pieces + count; ++piece) {
    std::string_view rest(static_cast<const char*>(piece->iov_base), piece->iov_len);
    while (!rest.empty()) {
      if (used == record.size()) {
        if (!put({record.data(), used}, true)) return false;
        used = 0;
      }
      const std::size_t fits = std::min(rest.size(), record.size() - used);
      std::memcpy(record.data() + used, rest.data(), fits);
      used += fits;
      rest.remove_prefix(fits);
    }
  }
  return put({record.data(), used}, false);
}

ssize_t TlsSession::write(const iovec* pieces, std::size_t count) noexcept {
  if (!usable_) return fail_with(EPIPE);
  if (!flush()) return -1;
  output_.begin();
  const bool taken = gather(pieces, count);
  output_.end();
  if (!taken) return fail_with(output_.error() == 0 ? EPIPE : output_.error());
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) total += pieces[i].iov_len;
  return static_cast<ssize_t>(total);
}

bool TlsSession::flush() noexcept {
  if (output_.empty() || output_.flush()) return true;
  if (errno != EAGAIN) fail_with(errno);
  return false;
}

void TlsSession::close_notify() noexcept {
  if (!usable_ || (in_kernel_ && has_unsent())) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace sse::net
