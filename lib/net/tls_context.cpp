#include "net/tls_context.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>

#include "net/tls_certificate.hpp"
#include "net/tls_handles.hpp"
#include "net/tls_self_signed.hpp"

namespace sse::net {
namespace {

constexpr const char* kCiphersTls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kCiphersTls13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// OpenSSL's own list has finite-field groups, whose large ones let a client burn the server's time.
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr int kSecurityLevelMin = 2;  ///< 112 bits: RSA keys of 2048 bits and more
constexpr std::size_t kTicketsPerHandshake = 1;

// ALPN lists: each name after its length, best first.
constexpr std::string_view kHttp2AndHttp1 = "\x02h2\x08http/1.1\x08http/1.0";
constexpr std::string_view kHttp1 = "\x08http/1.1\x08http/1.0";

/// The certificates for one host name: at most one for each kind of key.
using Choice = std::vector<const TlsCertificate*>;

bool has_key_like(const Choice& choice, const TlsCertificate& certificate) {
  const int kind = EVP_PKEY_get_base_id(certificate.key.get());
  return std::any_of(choice.begin(), choice.end(), [kind](const TlsCertificate* other) {
    return EVP_PKEY_get_base_id(other->key.get()) == kind;
  });
}

Choice choose(const std::vector<TlsCertificate>& all, const std::string& name, NameMatch wanted) {
  Choice choice;
  for (const TlsCertificate& certificate : all)
    if (match_name(certificate, name) == wanted && !has_key_like(choice, certificate))
      choice.push_back(&certificate);
  return choice;
}

Choice choose(const std::vector<TlsCertificate>& all, const std::string& name) {
  Choice choice = choose(all, name, NameMatch::exactly);
  return choice.empty() ? choose(all, name, NameMatch::by_wildcard) : choice;
}

// For clients that ask for no name of ours: the first, with its like for the same name.
Choice choose_default(const std::vector<TlsCertificate>& all) {
  const std::vector<std::string> names = names_of(all.front());
  Choice choice = names.empty() ? Choice{} : choose(all, names.front());
  const bool has_first = std::find(choice.begin(), choice.end(), &all.front()) != choice.end();
  return has_first ? choice : Choice{&all.front()};
}

/// What a client can do to trust a certificate it has no other reason to.
std::vector<std::string> how_to_trust(const KeptCertificate& kept) {
  if (kept.trust_file.empty())
    return {"it is gone with this process" +
                (kept.problem.empty() ? std::string() : " (" + kept.problem + ")"),
            "to do without trust: curl -k"};
  const std::string& file = kept.trust_file;
  return {"to trust it: curl --cacert " + file,
          "to trust it in Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n sse-serve -i " +
              file};
}

}  // namespace

struct TlsContext::Impl {
  TlsHandle<SSL_CTX> context;
  std::vector<TlsCertificate> certificates;
  Choice by_default;
  bool http2 = true;
  std::vector<std::string> notes;

  Result<void> load(const TlsFiles& files);
  Result<void> add_self_signed(const TlsOptions& options);
  Result<void> add(TlsCertificate certificate);
  Result<void> set_up();

  static int select_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                             const unsigned char* offered, unsigned size, void* impl) noexcept;
  static int select_certificate(SSL* session, void* impl) noexcept;
};

Result<void> TlsContext::Impl::add(TlsCertificate certificate) {
  if (auto checked = check_certificate(certificate); !checked) return checked;
  notes.push_back(describe_certificate(certificate));
  certificates.push_back(std::move(certificate));
  return {};
}

Result<void> TlsContext::Impl::load(const TlsFiles& files) {
  auto certificate = read_certificate(files);
  if (!certificate) return tl::unexpected(certificate.error());
  if (auto added = add(std::move(*certificate)); !added) return added;
  if (std::string warning = warn_about_key(files); !warning.empty())
    notes.push_back(std::move(warning));
  return {};
}

Result<void> TlsContext::Impl::add_self_signed(const TlsOptions& options) {
  auto kept = keep_self_signed(options.self_signed_directory, options.self_signed_names);
  if (!kept) return tl::unexpected(kept.error());
  if (auto added = add(std::move(kept->certificate)); !added) return added;
  for (std::string& line : how_to_trust(*kept)) notes.push_back(std::move(line));
  return {};
}

Result<void> TlsContext::Impl::set_up() {
  context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const raw = context.get();
  if (raw == nullptr || SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(raw, kCiphersTls12) != 1 ||
      SSL_CTX_set_ciphersuites(raw, kCiphersTls13) != 1 ||
      SSL_CTX_ctrl(raw, SSL_CTRL_SET_GROUPS_LIST, 0, const_cast<char*>(kGroups)) != 1)
    return fail("cannot set TLS up: " + take_tls_error("OpenSSL failed"));
  // A peer that hangs up without a farewell is the end of a stream like any other.
  SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_KTLS);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_security_level(raw, std::max(kSecurityLevelMin, SSL_CTX_get_security_level(raw)));
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, kTicketsPerHandshake);
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, this);
  SSL_CTX_set_cert_cb(raw, select_certificate, this);
  by_default = choose_default(certificates);
  return {};
}

int TlsContext::Impl::select_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                                      const unsigned char* offered, unsigned size,
                                      void* impl) noexcept {
  const std::string_view ours = static_cast<const Impl*>(impl)->http2 ? kHttp2AndHttp1 : kHttp1;
  unsigned char* out = nullptr;
  const int result =
      SSL_select_next_proto(&out, length, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, size);
  *chosen = out;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int TlsContext::Impl::select_certificate(SSL* session, void* impl) noexcept {
  const Impl& self = *static_cast<const Impl*>(impl);
  const char* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  Choice choice = name == nullptr ? Choice{} : choose(self.certificates, name);
  if (choice.empty()) choice = self.by_default;
  for (const TlsCertificate* one : choice)
    if (SSL_use_cert_and_key(session, one->certificate.get(), one->key.get(), one->chain.get(),
                             1) != 1)
      return 0;
  return 1;
}

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

const std::vector<std::string>& TlsContext::notes() const noexcept { return impl_->notes; }
ssl_ctx_st* TlsContext::native() const noexcept { return impl_->context.get(); }

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->http2 = options.http2;
  for (const TlsFiles& files : options.files)
    if (auto loaded = impl->load(files); !loaded) return tl::unexpected(loaded.error());
  if (options.self_signed)
    if (auto added = impl->add_self_signed(options); !added) return tl::unexpected(added.error());
  if (impl->certificates.empty()) return fail("TLS needs a certificate");
  if (auto ready = impl->set_up(); !ready) return tl::unexpected(ready.error());
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

std::string tls_library_version() {
  return std::string("OpenSSL ") + OpenSSL_version(OPENSSL_VERSION_STRING);
}

}  // namespace sse::net
