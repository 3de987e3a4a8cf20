#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/tls_certificate.hpp"

namespace sse::net {

/// A new certificate for development, signed with its own key: for localhost, the names below it,
/// the loopback addresses, this machine's name, and `names` as far as certificates can hold them:
/// host names, "*.DOMAIN" and addresses. It vouches for nothing but itself, so that who trusts it
/// trusts this one key with these names only. Held in memory.
Result<TlsCertificate> make_self_signed(const std::vector<std::string>& names = {});

/// Is it for all of `names` that certificates can hold?
bool is_for_all(const TlsCertificate& certificate, const std::vector<std::string>& names);

/// A certificate of make_self_signed() that is kept, so that the trust given to it outlives the
/// process.
struct KeptCertificate {
  TlsCertificate certificate;
  std::string trust_file;  ///< the certificate alone, for clients; empty: it is not kept
  std::string problem;     ///< why it is not kept, for the log; empty: no wonder
};

/// The certificate kept in the directory, made there when there is none, it has expired or lacks
/// one of `names`; it is then also for all names it was for, so that servers with different ones
/// do not take turns in replacing it. The directory is made, too. Several processes may call it at
/// once: they get the same one. Without a directory (empty, or it cannot be written) the
/// certificate lasts as long as the process. Error: the file kept there cannot be used.
Result<KeptCertificate> keep_self_signed(const std::string& directory,
                                         const std::vector<std::string>& names = {});

}  // namespace sse::net
