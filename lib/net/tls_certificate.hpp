#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/tls_context.hpp"
#include "net/tls_handles.hpp"

namespace sse::net {

/// A server's certificate, the ones that vouch for it, and its key. Immutable once made; threads
/// may share it.
struct TlsCertificate {
  TlsHandle<X509> certificate;
  TlsHandle<STACK_OF(X509)> chain;
  TlsHandle<EVP_PKEY> key;
  std::string file;  ///< where it came from; empty: made in memory
};

/// Reads PEM files. Errors name the file that cannot be read, holds no certificate or key, or whose
/// key is encrypted or another certificate's. The times of the certificate are not looked at.
Result<TlsCertificate> read_certificate(const TlsFiles& files);

/// Error: a client would not or should not accept it: expired, not yet valid, too weak.
Result<void> check_certificate(const TlsCertificate& certificate);
bool is_expired(const TlsCertificate& certificate);

/// The certificate for the log: its file, names, end and fingerprint.
std::string describe_certificate(const TlsCertificate& certificate);
/// What the operator should know about the files, though they can be used; empty: nothing.
std::string warn_about_key(const TlsFiles& files);

/// How the certificate covers a host name.
enum class NameMatch { none, by_wildcard, exactly };
NameMatch match_name(const TlsCertificate& certificate, const std::string& name);
/// The host names and addresses it is for; the first is its own.
std::vector<std::string> names_of(const TlsCertificate& certificate);

}  // namespace sse::net
