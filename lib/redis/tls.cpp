#include "redis/tls.hpp"

#include <utility>

namespace sse::redis {
namespace {

Result<void> check_files(const RedisTls& files);

}  // namespace

Result<void> complete_tls(RedisUrl& url, const RedisTls& files) {
  if (!url.tls) {
    for (const auto& [option, file] :
         {std::pair("--redis-cacert", &files.ca_file), std::pair("--redis-cert", &files.cert_file),
          std::pair("--redis-key", &files.key_file)})
      if (!file->empty()) return fail(std::string(option) + " needs a rediss:// URL");
    return {};
  }
  url.tls = files;
  return check_files(files);
}

}  // namespace sse::redis

#ifdef SSE_HAVE_HIREDIS_SSL

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sse::redis {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};
using Settings = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

tl::unexpected<Error> failure(const std::string& what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return fail(what + ": " + (reason == nullptr ? "OpenSSL failed" : reason));
}

Result<void> load(SSL_CTX* context, const RedisTls& tls) {
  const bool trusts = tls.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                          : SSL_CTX_load_verify_locations(
                                                context, tls.ca_file.c_str(), nullptr) == 1;
  if (!trusts) return failure("--redis-cacert " + tls.ca_file);
  if (!tls.cert_file.empty() &&
      SSL_CTX_use_certificate_chain_file(context, tls.cert_file.c_str()) != 1)
    return failure("--redis-cert " + tls.cert_file);
  if (!tls.key_file.empty() &&
      SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return failure("--redis-key " + tls.key_file);
  return {};
}

Result<Settings> make_settings(const RedisTls& tls) {
  Settings settings(SSL_CTX_new(TLS_client_method()));
  if (!settings || SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION) != 1)
    return failure("TLS");
  SSL_CTX_set_verify(settings.get(), SSL_VERIFY_PEER, nullptr);
  if (auto loaded = load(settings.get(), tls); !loaded) return tl::unexpected(loaded.error());
  return settings;
}

Result<void> check_files(const RedisTls& files) {
  const auto settings = make_settings(files);
  if (!settings) return tl::unexpected(settings.error());
  return {};
}

bool is_address(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// hiredis itself checks no name.
bool expect_host(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(session);
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
  return SSL_set1_host(session, host.c_str()) == 1 &&
         SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;  // the macro of that call has a C cast
}

}  // namespace

bool supports_tls() noexcept { return true; }

Result<void> begin_tls(redisContext& context, const RedisUrl& url) {
  if (!url.tls) return {};
  const auto settings = make_settings(*url.tls);
  if (!settings) return tl::unexpected(settings.error());
  Session session(SSL_new(settings->get()));
  if (!session || !expect_host(session.get(), url.host)) return failure("TLS");
  SSL* const raw = session.get();
  if (redisInitiateSSL(&context, raw) != REDIS_OK) {
    const long verified = SSL_get_verify_result(raw);
    if (verified != X509_V_OK)
      return fail(std::string("TLS: ") + X509_verify_cert_error_string(verified));
    return fail(context.err != 0 ? std::string("TLS: ") + context.errstr : "TLS failed");
  }
  session.release();  // the connection's
  return {};
}

}  // namespace sse::redis

#else

namespace sse::redis {
namespace {

Result<void> check_files(const RedisTls&) { return {}; }

}  // namespace

bool supports_tls() noexcept { return false; }

// No URL asks for it: they are refused where they are read.
Result<void> begin_tls(redisContext&, const RedisUrl&) { return {}; }

}  // namespace sse::redis

#endif
