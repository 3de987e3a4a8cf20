#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/pem.h>

#include "base/fd.hpp"
#include "net/tls_self_signed.hpp"

// The self-signed certificate on disk: one private file with the key and the certificate, so that
// the two always belong together, and a copy of the certificate alone to give to clients.
namespace sse::net {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr mode_t kPublic = 0644;

Error error_at(const std::string& path) { return {path + ": " + std::strerror(errno)}; }

// In one step: who reads the path sees the old file or the whole new one.
Result<void> replace_file(const std::string& path, mode_t mode, std::string_view bytes) {
  const std::string next = path + ".new";
  ::unlink(next.c_str());
  const Fd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd || !write_all(fd.get(), bytes) || ::fsync(fd.get()) != 0 ||
      ::rename(next.c_str(), path.c_str()) != 0)
    return tl::unexpected(error_at(next));
  return {};
}

std::string contents(BIO* pem) {
  char* bytes = nullptr;
  const long size = BIO_ctrl(pem, BIO_CTRL_INFO, 0, &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

std::string pem_of(const X509* certificate) {
  const TlsHandle<BIO> pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(pem.get(), certificate);
  return contents(pem.get());
}

std::string pem_of(const EVP_PKEY* key) {
  const TlsHandle<BIO> pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(pem.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return contents(pem.get());
}

bool holds(const std::string& path, std::string_view bytes) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {}) == bytes;
}

Result<Fd> lock(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::create_directories(directory, error)) ::chmod(directory.c_str(), S_IRWXU);
  const std::string path = directory + "/lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate));
  if (!fd) return tl::unexpected(error_at(path));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return tl::unexpected(error_at(path));
  return fd;
}

// With the lock held. `file` is the private one.
Result<TlsCertificate> load_or_make(const std::string& file, std::vector<std::string> names,
                                    std::string& problem) {
  if (::access(file.c_str(), F_OK) == 0) {
    auto kept = read_certificate({.certificate = file, .key = {}});
    if (!kept)
      return fail("the self-signed certificate cannot be used: " + kept.error().message +
                  "; remove " + file + " to have a new one made");
    if (!is_expired(*kept) && is_for_all(*kept, names)) return kept;
    for (std::string& name : names_of(*kept)) names.push_back(std::move(name));
  }
  auto made = make_self_signed(names);
  if (!made) return made;
  const auto written =
      replace_file(file, kPrivate, pem_of(made->key.get()) + pem_of(made->certificate.get()));
  if (written)
    made->file = file;
  else
    problem = written.error().message;
  return made;
}

Result<KeptCertificate> in_memory(const std::vector<std::string>& names, std::string problem) {
  auto made = make_self_signed(names);
  if (!made) return tl::unexpected(made.error());
  return KeptCertificate{std::move(*made), {}, std::move(problem)};
}

}  // namespace

Result<KeptCertificate> keep_self_signed(const std::string& directory,
                                         const std::vector<std::string>& names) {
  if (directory.empty()) return in_memory(names, {});
  const auto locked = lock(directory);
  if (!locked) return in_memory(names, locked.error().message);
  std::string problem;
  auto certificate = load_or_make(directory + "/localhost.key.pem", names, problem);
  if (!certificate) return tl::unexpected(certificate.error());
  if (!problem.empty()) return KeptCertificate{std::move(*certificate), {}, std::move(problem)};
  const std::string trust_file = directory + "/localhost.pem";
  const std::string pem = pem_of(certificate->certificate.get());
  if (!holds(trust_file, pem))
    if (auto written = replace_file(trust_file, kPublic, pem); !written)
      return KeptCertificate{std::move(*certificate), {}, written.error().message};
  certificate->file = trust_file;
  return KeptCertificate{std::move(*certificate), trust_file, {}};
}

}  // namespace sse::net
