#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse::bench {

/// The names of the protocols for ALPN.
inline constexpr std::string_view kHttp1 = "http/1.1";
inline constexpr std::string_view kHttp2 = "h2";

/// The reason when the peer has closed.
inline constexpr std::string_view kPeerClosed = "the server closed the connection";

/// TLS as a client on one connection: bytes in, bytes out, no I/O. Not thread-safe.
///
/// About 10 kB while idle. Errors are one clause; after one, what output() has (an alert) may be
/// sent, and nothing else is of use.
class TlsSession {
 public:
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// What the peer sent; it must stay valid until handshake() is false or read() is empty, which is
  /// when all of it has been used.
  void feed(std::string_view ciphertext) noexcept;
  /// Goes on with the handshake: true when it is done.
  Result<bool> handshake();
  /// What could be deciphered, in `buffer`; empty: feed more. After the handshake only.
  Result<std::string_view> read(std::span<char> buffer);
  /// After the handshake only.
  Result<void> write(std::string_view plaintext);
  /// What is to be sent; the caller clears it.
  std::string& output() noexcept;

  /// After the handshake: "TLSv1.3", "TLS_AES_256_GCM_SHA384".
  std::string version() const;
  std::string cipher() const;

 private:
  friend class TlsClient;
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);

  std::string alpn() const;
  Result<bool> agreed() const;
  tl::unexpected<Error> disagreed() const;

  std::unique_ptr<State> state_;
};

/// How to speak TLS to one server: TLS 1.2 or later. Immutable, so shared by all threads.
class TlsClient {
 public:
  struct Settings {
    std::string host;       ///< a name (also sent as SNI) or an address the certificate must have
    std::string ca_file;    ///< PEM; empty: the system's authorities
    bool insecure = false;  ///< any certificate will do
    std::string protocol;   ///< to agree on by ALPN: kHttp1 or kHttp2
  };

  /// Error: what is wrong with the file of authorities.
  static Result<std::unique_ptr<const TlsClient>> create(Settings settings);
  ~TlsClient();

  Result<std::unique_ptr<TlsSession>> start() const;

 private:
  struct Context;
  TlsClient(Settings settings, std::unique_ptr<Context> context);

  Settings settings_;
  std::unique_ptr<Context> context_;
};

}  // namespace sse::bench
