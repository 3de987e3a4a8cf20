#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sse::net {

/// Gives OpenSSL's objects back.
struct TlsFree {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(STACK_OF(X509) * chain) const noexcept { sk_X509_pop_free(chain, X509_free); }
};

template <class T>
using TlsHandle = std::unique_ptr<T, TlsFree>;

/// Why OpenSSL failed, in its own words, or `otherwise` when it does not say. Empties this thread's
/// queue of errors.
std::string take_tls_error(const char* otherwise);

}  // namespace sse::net
