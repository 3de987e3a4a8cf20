#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sse::net {

/// One certificate of a server, as PEM files.
struct TlsFiles {
  std::string certificate;  ///< the server's own certificate first, then those that vouch for it
  std::string key{};        ///< unencrypted; empty: it is in the same file

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

/// How a server speaks TLS.
struct TlsOptions {
  /// The client gets the one for the host name it asks for, and the first if there is none. A name
  /// may have several with keys of different kinds (RSA, ECDSA).
  std::vector<TlsFiles> files{};
  bool self_signed = false;  ///< one for development besides, after those
  /// Where that one is kept, so that clients may go on trusting it; empty: nowhere.
  std::string self_signed_directory{};
  std::vector<std::string> self_signed_names{};  ///< of this server, beside those of the machine
  bool http2 = true;                             ///< offer HTTP/2 (ALPN "h2") before HTTP/1.1
};

/// The certificates and settings every TLS session of a server shares.
///
/// Immutable once made: all threads use one. To change certificates make another and give that to
/// new sessions; old ones keep theirs alive, hence the shared_ptr.
///
/// TLS 1.2 and later with forward secrecy, the server's order of ciphers, session tickets (no cache
/// on the server), no renegotiation, no compression. A client that offers application protocols
/// but none of ours is refused; one that offers none speaks HTTP/1.1.
class TlsContext {
 public:
  /// Reads the files. Errors name the file and what is wrong with it: it cannot be opened, is not
  /// PEM, has expired or is not yet valid, its key is encrypted, weak or another certificate's.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Lines for the log: each certificate with its names, end and SHA-256 fingerprint; how to trust
  /// one that is self-signed; warnings.
  const std::vector<std::string>& notes() const noexcept;

  /// For sessions.
  ssl_ctx_st* native() const noexcept;

 private:
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// "OpenSSL 3.0.19": the library this process runs with.
std::string tls_library_version();

}  // namespace sse::net
