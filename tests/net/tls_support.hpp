#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "base/fd.hpp"
#include "net/tls_context.hpp"
#include "net/tls_session.hpp"

namespace sse::test {

/// How a certificate for a test is made: signed with its own key, for the names (DNS).
struct CertificateOptions {
  std::vector<std::string> names{"a.example"};
  std::string key = "P-256";  ///< "P-256", "P-384", "RSA-2048", "RSA-1024"
  long begins_in_s = -3600;
  long ends_in_s = 3600;
};

/// A certificate and its key, in PEM.
struct Pem {
  std::string certificate;
  std::string key;
};

Pem make_pem(const CertificateOptions& options);
/// The key as make_pem() has it, behind a passphrase.
std::string encrypted(const std::string& key_pem);
void write_file(const std::string& path, std::string_view bytes);
std::string read_file(const std::string& path);

/// A folder's files NAME.pem and NAME.key, just written; the key for its owner only.
net::TlsFiles write_pair(const std::string& folder, const std::string& name, const Pem& pem);

struct ClientOptions {
  std::vector<std::string> protocols{};  ///< ALPN; empty: the client knows nothing of it
  std::string server_name{};             ///< SNI; empty: none
  int version_max = 0;                   ///< TLS1_1_VERSION ...; 0: any
  const char* signatures = nullptr;      ///< those the client knows, which choose the kind of key
};

/// OpenSSL's client on one end of a socket pair. It trusts everybody.
class TlsClient {
 public:
  TlsClient(int fd, const ClientOptions& options);

  /// As far as it goes. False: it failed, and error() says why.
  bool handshake();
  bool is_connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  std::string error() const { return error_; }

  /// What has arrived, at most `most` bytes.
  std::string read(std::size_t most);
  /// The server's farewell has arrived: nothing was cut off.
  bool has_ended_well() const {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  void write(std::string_view bytes);
  std::string protocol() const;      ///< ALPN: what the server chose
  std::string common_name() const;   ///< of the server's certificate
  bool has_rsa_certificate() const;  ///< and not one with an elliptic curve
  SSL* native() const { return ssl_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string error_;
};

/// Both ends of a connection in one thread.
struct TlsPair {
  TlsPair(std::shared_ptr<const net::TlsContext> context, const ClientOptions& options);

  /// Lets each end take its turn until both are done or one has failed.
  net::TlsSession::Handshake handshake();

  Fd server_fd;
  Fd client_fd;
  net::TlsSession server;
  TlsClient client;

 private:
  TlsPair(std::shared_ptr<const net::TlsContext> context, const ClientOptions& options,
          std::pair<int, int> fds);
};

/// A context for one certificate of the given kind.
std::shared_ptr<const net::TlsContext> context_for(const CertificateOptions& options = {},
                                                   bool http2 = true);

}  // namespace sse::test
