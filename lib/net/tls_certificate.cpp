#include "net/tls_certificate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/fd.hpp"
#include "base/rfc3339.hpp"

namespace sse::net {
namespace {

constexpr std::size_t kPemBytesMax = 1u << 20;

/// The bytes of a file that may hold a key, wiped in the end.
class SecretText {
 public:
  SecretText() : bytes_(kPemBytesMax + 1) {}
  ~SecretText() { OPENSSL_cleanse(bytes_.data(), size_); }
  SecretText(SecretText&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  SecretText& operator=(SecretText&&) = delete;

  Result<void> read(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail("cannot open " + path + ": " + std::strerror(errno));
    while (size_ < bytes_.size()) {
      const ssize_t got = ::read(fd.get(), bytes_.data() + size_, bytes_.size() - size_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail("cannot read " + path + ": " + std::strerror(errno));
      if (got == 0) return {};
      size_ += static_cast<std::size_t>(got);
    }
    return fail(path + " is longer than 1 MiB: no certificate or key is");
  }

  TlsHandle<BIO> bio() const {
    return TlsHandle<BIO>(BIO_new_mem_buf(bytes_.data(), static_cast<int>(size_)));
  }

 private:
  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

Result<SecretText> read_text(const std::string& path) {
  SecretText text;
  if (auto read = text.read(path); !read) return tl::unexpected(read.error());
  return text;
}

// OpenSSL asks for a passphrase where a key is encrypted; nobody is there to be asked.
int note_passphrase(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<TlsHandle<EVP_PKEY>> read_key(const SecretText& text, const std::string& path) {
  bool encrypted = false;
  TlsHandle<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(text.bio().get(), nullptr, note_passphrase, &encrypted));
  ERR_clear_error();
  if (key) return key;
  if (encrypted)
    return fail(path + ": the key is encrypted; write it without a passphrase: openssl pkey -in " +
                path + " -out FILE");
  return fail(path + " holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
}

Result<TlsCertificate> read_chain(const SecretText& text, const std::string& path) {
  const TlsHandle<BIO> pem = text.bio();
  TlsCertificate out;
  out.file = path;
  out.chain.reset(sk_X509_new_null());
  while (X509* const next = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr))
    if (out.certificate)
      sk_X509_push(out.chain.get(), next);
    else
      out.certificate.reset(next);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (at_end && out.certificate) return out;
  if (at_end) return fail(path + " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  return fail(path + ": a certificate in it is damaged");
}

Result<std::uint64_t> unix_ms_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail("no time");
  return static_cast<std::uint64_t>(::timegm(&parts)) * 1000;
}

std::string time_text(const ASN1_TIME* time) {
  const auto at = unix_ms_of(time);
  if (!at) return "an unknown time";
  return format_rfc3339(*at).substr(0, 19) + "Z";  // to the second
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

std::string text_of(const ASN1_STRING* string) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                     static_cast<std::size_t>(ASN1_STRING_length(string)));
}

std::string address_text(const ASN1_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

std::string common_name(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string()
                : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

bool covers(const TlsCertificate& certificate, const std::string& name, unsigned flags) {
  return X509_check_host(certificate.certificate.get(), name.data(), name.size(), flags, nullptr) ==
         1;
}

// As OpenSSL would refuse it later, in the middle of a handshake.
Result<void> check_strength(const TlsCertificate& certificate) {
  const TlsHandle<SSL_CTX> trial(SSL_CTX_new(TLS_server_method()));
  if (trial && SSL_CTX_use_cert_and_key(trial.get(), certificate.certificate.get(),
                                        certificate.key.get(), certificate.chain.get(), 1) == 1)
    return {};
  return fail(certificate.file + ": " + take_tls_error("OpenSSL does not take the certificate"));
}

}  // namespace

Result<TlsCertificate> read_certificate(const TlsFiles& files) {
  const auto text = read_text(files.certificate);
  if (!text) return tl::unexpected(text.error());
  auto out = read_chain(*text, files.certificate);
  if (!out) return out;
  const std::string& key_file = files.key.empty() ? files.certificate : files.key;
  const auto key_text = read_text(key_file);
  if (!key_text) return tl::unexpected(key_text.error());
  auto key = read_key(*key_text, key_file);
  if (!key) return tl::unexpected(key.error());
  out->key = std::move(*key);
  if (X509_check_private_key(out->certificate.get(), out->key.get()) == 1) return out;
  ERR_clear_error();
  return fail("the key in " + key_file + " does not belong to the certificate in " +
              files.certificate + " (the first one there)");
}

bool is_expired(const TlsCertificate& certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate.certificate.get())) < 0;
}

Result<void> check_certificate(const TlsCertificate& certificate) {
  const ASN1_TIME* const begin = X509_get0_notBefore(certificate.certificate.get());
  const ASN1_TIME* const end = X509_get0_notAfter(certificate.certificate.get());
  if (is_expired(certificate))
    return fail(certificate.file + ": the certificate expired at " + time_text(end));
  if (X509_cmp_current_time(begin) > 0)
    return fail(certificate.file + ": the certificate is not valid before " + time_text(begin));
  return check_strength(certificate);
}

std::vector<std::string> names_of(const TlsCertificate& certificate) {
  const X509* const x509 = certificate.certificate.get();
  std::vector<std::string> names;
  auto* const all =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(address_text(name->d.iPAddress));
  }
  GENERAL_NAMES_free(all);
  if (names.empty())
    if (std::string name = common_name(x509); !name.empty()) names.push_back(std::move(name));
  return names;
}

std::string describe_certificate(const TlsCertificate& certificate) {
  std::string text = "certificate";
  if (!certificate.file.empty()) text += " " + certificate.file;
  text += " for";
  const std::vector<std::string> names = names_of(certificate);
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? " " : ", ") + names[i];
  if (names.empty()) text += " nobody";
  return text + "; valid until " + time_text(X509_get0_notAfter(certificate.certificate.get())) +
         "; SHA-256 " + fingerprint_of(certificate.certificate.get());
}

std::string warn_about_key(const TlsFiles& files) {
  const std::string& path = files.key.empty() ? files.certificate : files.key;
  struct stat info {};
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if (::stat(path.c_str(), &info) != 0 || (info.st_mode & kOthers) == 0) return {};
  return "warning: others than its owner may read the key in " + path + "; chmod 600 " + path;
}

NameMatch match_name(const TlsCertificate& certificate, const std::string& name) {
  if (covers(certificate, name, X509_CHECK_FLAG_NO_WILDCARDS)) return NameMatch::exactly;
  return covers(certificate, name, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS) ? NameMatch::by_wildcard
                                                                         : NameMatch::none;
}

}  // namespace sse::net
