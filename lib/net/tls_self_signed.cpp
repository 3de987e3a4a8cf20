#include "net/tls_self_signed.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace sse::net {
namespace {

// As long as browsers accept; begun a little in the past, for clocks that are slow.
constexpr int kValidDays = 397;
constexpr long kBackdatedSeconds = 3600;

// Nothing that means something in the text OpenSSL makes the extension from.
bool is_host_name(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.front() != '.' && std::all_of(text.begin(), text.end(), fits);
}

bool is_address(const std::string& text) {
  in6_addr bytes{};
  return ::inet_pton(AF_INET, text.c_str(), &bytes) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
}

std::vector<std::string> own_names() {
  std::vector<std::string> names{"localhost", "*.localhost", "127.0.0.1", "::1"};
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) names.emplace_back(host.data());
  return names;
}

// What X509V3_EXT_conf_nid() makes the extension from, each name once.
std::string alternative_names(const std::vector<std::string>& more) {
  std::vector<std::string> names = own_names();
  names.insert(names.end(), more.begin(), more.end());
  std::string text;
  for (auto name = names.begin(); name != names.end(); ++name) {
    const bool address = is_address(*name);
    if ((!address && !is_host_name(*name)) || std::find(names.begin(), name, *name) != name)
      continue;
    if (!text.empty()) text += ',';
    text += (address ? "IP:" : "DNS:") + *name;
  }
  return text;
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool add_extensions(X509* certificate, const std::vector<std::string>& names) {
  return add_extension(certificate, NID_subject_alt_name, alternative_names(names)) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_key_identifier, "hash");
}

bool set_name(X509* certificate) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  const auto add = [name](const char* field, std::string_view value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", "sse-serve development certificate") && add("CN", "localhost") &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1;
}

bool set_times(X509* certificate) {
  return X509_gmtime_adj(X509_getm_notBefore(certificate), -kBackdatedSeconds) != nullptr &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), kValidDays, -kBackdatedSeconds,
                          nullptr) != nullptr;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names) {
  constexpr long kVersion3 = 2;
  return X509_set_version(certificate, kVersion3) == 1 && set_serial(certificate) &&
         set_times(certificate) && set_name(certificate) &&
         X509_set_pubkey(certificate, key) == 1 && add_extensions(certificate, names) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Result<TlsCertificate> make_self_signed(const std::vector<std::string>& names) {
  TlsCertificate out;
  out.certificate.reset(X509_new());
  out.chain.reset(sk_X509_new_null());
  out.key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (out.certificate && out.chain && out.key && fill(out.certificate.get(), out.key.get(), names))
    return out;
  return fail("cannot make a self-signed certificate: " + take_tls_error("OpenSSL failed"));
}

bool is_for_all(const TlsCertificate& certificate, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [&certificate](const std::string& name) {
    if (is_address(name))
      return X509_check_ip_asc(certificate.certificate.get(), name.c_str(), 0) == 1;
    return !is_host_name(name) || match_name(certificate, name) != NameMatch::none;
  });
}

}  // namespace sse::net
