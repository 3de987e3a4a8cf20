#include "net/tls_support.hpp"

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include "support/temp_folder.hpp"

namespace sse::test {
namespace {

std::string drain(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

EVP_PKEY* make_key(const std::string& kind) {
  if (kind.starts_with("RSA-"))
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA",
                             static_cast<std::size_t>(std::stoul(kind.substr(4))));
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str());
}

void add_names(X509* certificate, const std::vector<std::string>& names) {
  std::string value;
  for (const std::string& name : names) value += (value.empty() ? "DNS:" : ",DNS:") + name;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::pair<int, int> socket_pair() {
  ::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) != 0)
    throw std::runtime_error("no socket pair");
  return {fds[0], fds[1]};
}

std::string alpn_list(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& name : protocols) list += static_cast<char>(name.size()) + name;
  return list;
}

}  // namespace

Pem make_pem(const CertificateOptions& options) {
  EVP_PKEY* const key = make_key(options.key);
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.begins_in_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.ends_in_s);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(options.names.front().c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, key);
  add_names(certificate, options.names);
  X509_sign(certificate, key, EVP_sha256());
  BIO* const certificate_pem = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_pem, certificate);
  BIO* const key_pem = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_pem, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {drain(certificate_pem), drain(key_pem)};
}

std::string encrypted(const std::string& key_pem) {
  BIO* const in = BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()));
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  BIO* const out = BIO_new(BIO_s_mem());
  const std::array<unsigned char, 4> passphrase{'n', 'o', 'n', 'e'};
  PEM_write_bio_PrivateKey(out, key, EVP_aes_128_cbc(), passphrase.data(), 4, nullptr, nullptr);
  EVP_PKEY_free(key);
  return drain(out);
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

net::TlsFiles write_pair(const std::string& folder, const std::string& name, const Pem& pem) {
  net::TlsFiles files{folder + "/" + name + ".pem", folder + "/" + name + ".key"};
  write_file(files.certificate, pem.certificate);
  write_file(files.key, pem.key);
  ::chmod(files.key.c_str(), 0600);
  return files;
}

TlsClient::TlsClient(int fd, const ClientOptions& options)
    : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* const context = context_.get();
  if (options.version_max != 0) {
    SSL_CTX_set_security_level(context, 0);  // for the versions nobody speaks any more
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, options.version_max);
  }
  if (options.signatures != nullptr)
    SSL_CTX_ctrl(context, SSL_CTRL_SET_SIGALGS_LIST, 0, const_cast<char*>(options.signatures));
  if (const std::string list = alpn_list(options.protocols); !list.empty())
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), fd);
  if (!options.server_name.empty())
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(options.server_name.c_str()));
  SSL_set_connect_state(ssl_.get());
}

bool TlsClient::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  const int why = SSL_get_error(ssl_.get(), result);
  if (result == 1 || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return true;
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  error_ = reason == nullptr ? "closed" : reason;
  return false;
}

std::string TlsClient::read(std::size_t most) {
  std::string out(most, '\0');
  std::size_t filled = 0;
  std::size_t got = 0;
  while (filled < most && SSL_read_ex(ssl_.get(), out.data() + filled, most - filled, &got) == 1)
    filled += got;
  ERR_clear_error();
  out.resize(filled);
  return out;
}

void TlsClient::write(std::string_view bytes) {
  std::size_t written = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) != 1)
    throw std::runtime_error("the client cannot write");
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

std::string TlsClient::common_name() const {
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_.get())),
                            NID_commonName, name.data(), static_cast<int>(name.size()));
  return name.data();
}

bool TlsClient::has_rsa_certificate() const {
  return EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(ssl_.get()))) ==
         EVP_PKEY_RSA;
}

TlsPair::TlsPair(std::shared_ptr<const net::TlsContext> context, const ClientOptions& options)
    : TlsPair(std::move(context), options, socket_pair()) {}

TlsPair::TlsPair(std::shared_ptr<const net::TlsContext> context, const ClientOptions& options,
                 std::pair<int, int> fds)
    : server_fd(fds.first),
      client_fd(fds.second),
      server(std::move(context), fds.first),
      client(fds.second, options) {}

net::TlsSession::Handshake TlsPair::handshake() {
  using Handshake = net::TlsSession::Handshake;
  for (;;) {
    const bool client_goes_on = client.handshake();
    const Handshake state = server.handshake();
    if (state == Handshake::failed) client.handshake();  // it hears why
    if (state == Handshake::failed || !client_goes_on) return state;
    if (state == Handshake::done) {
      client.handshake();
      return state;
    }
  }
}

std::shared_ptr<const net::TlsContext> context_for(const CertificateOptions& options, bool http2) {
  const TempFolder folder;
  auto context = net::TlsContext::make(
      {.files = {write_pair(folder.path(), "server", make_pem(options))}, .http2 = http2});
  if (!context) throw std::runtime_error(context.error().message);
  return *context;
}

}  // namespace sse::test
