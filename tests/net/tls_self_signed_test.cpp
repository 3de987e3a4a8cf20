#include "net/tls_self_signed.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/x509v3.h>

#include "net/tls_support.hpp"
#include "support/temp_folder.hpp"

using namespace sse;
using namespace sse::test;
using Handshake = net::TlsSession::Handshake;

namespace {

std::string fingerprint_line(const net::KeptCertificate& kept) {
  return net::describe_certificate(kept.certificate);
}

net::KeptCertificate keep(const std::string& directory,
                          const std::vector<std::string>& names = {}) {
  auto kept = net::keep_self_signed(directory, names);
  REQUIRE_MESSAGE(kept, kept.error().message);
  return std::move(*kept);
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a self-signed certificate is for this machine, and vouches for nobody else") {
  const auto made = net::make_self_signed();
  REQUIRE(made);
  CHECK(net::check_certificate(*made));
  const std::vector<std::string> names = net::names_of(*made);
  for (const char* name : {"localhost", "*.localhost", "127.0.0.1", "::1"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  CHECK(X509_check_ca(made->certificate.get()) == 0);
  CHECK(X509_check_ip_asc(made->certificate.get(), "::1", 0) == 1);
}

TEST_CASE("it is made once and kept") {
  const TempFolder folder;
  const std::string directory = folder / "state/sse-serve";
  const net::KeptCertificate first = keep(directory);
  CHECK(first.trust_file == directory + "/localhost.pem");
  CHECK(first.problem.empty());
  CHECK(fingerprint_line(keep(directory)) == fingerprint_line(first));
  CHECK(mode_of(directory) == 0700);
  CHECK(mode_of(directory + "/localhost.key.pem") == 0600);
  CHECK_FALSE(read_file(first.trust_file).find("PRIVATE KEY") != std::string::npos);
}

TEST_CASE("the copy for clients is written again when it is gone or another's") {
  const TempFolder folder;
  const net::KeptCertificate first = keep(folder.path());
  const std::string pem = read_file(first.trust_file);
  for (const bool gone : {true, false}) {
    if (gone)
      std::filesystem::remove(first.trust_file);
    else
      write_file(first.trust_file, "other");
    CHECK(fingerprint_line(keep(folder.path())) == fingerprint_line(first));
    CHECK(read_file(first.trust_file) == pem);
  }
}

TEST_CASE("one that has expired is replaced") {
  const TempFolder folder;
  const Pem old = make_pem({.begins_in_s = -7200, .ends_in_s = -3600});
  write_file(folder / "localhost.key.pem", old.key + old.certificate);
  const net::KeptCertificate kept = keep(folder.path());
  CHECK_FALSE(net::is_expired(kept.certificate));
  CHECK(fingerprint_line(keep(folder.path())) == fingerprint_line(kept));
}

TEST_CASE("it is for the names of the server, and made again when one is missing") {
  const TempFolder folder;
  const net::KeptCertificate first = keep(folder.path(), {"events1.test", "*.events.test", "::2"});
  CHECK(net::is_for_all(first.certificate, {"EVENTS1.test", "a.events.test", "::2", "localhost"}));
  CHECK(fingerprint_line(keep(folder.path(), {"::2", "events1.test"})) == fingerprint_line(first));
  CHECK(fingerprint_line(keep(folder.path())) == fingerprint_line(first));
  // No certificate can hold such a name, so it is not missing.
  CHECK(fingerprint_line(keep(folder.path(), {"a,DNS:b"})) == fingerprint_line(first));

  const net::KeptCertificate second = keep(folder.path(), {"events2.test", "10.0.0.1"});
  CHECK(fingerprint_line(second) != fingerprint_line(first));
  const std::vector<std::string> all{"events1.test", "events2.test", "::2", "10.0.0.1"};
  CHECK(net::is_for_all(second.certificate, all));
  CHECK(fingerprint_line(keep(folder.path(), all)) == fingerprint_line(second));
}

TEST_CASE("a kept file that is no use is named, not replaced") {
  const TempFolder folder;
  write_file(folder / "localhost.key.pem", "garbage");
  const auto kept = net::keep_self_signed(folder.path());
  REQUIRE_FALSE(kept);
  CHECK(kept.error().message.find("remove " + (folder / "localhost.key.pem")) != std::string::npos);
  CHECK(read_file(folder / "localhost.key.pem") == "garbage");
}

TEST_CASE("where it cannot be kept it lasts as long as the process") {
  CHECK(keep("").trust_file.empty());
  const TempFolder folder;
  write_file(folder / "file", "");
  const net::KeptCertificate kept = keep(folder / "file/state");
  CHECK(kept.trust_file.empty());
  CHECK_FALSE(kept.problem.empty());
  CHECK(net::check_certificate(kept.certificate));
}

TEST_CASE("many that start at once keep the same one") {
  const TempFolder folder;
  std::vector<std::string> seen(8);
  std::vector<std::thread> threads;
  for (std::string& one : seen)
    threads.emplace_back([&folder, &one] {
      if (const auto kept = net::keep_self_signed(folder.path())) one = fingerprint_line(*kept);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(seen.front().empty());
  CHECK(std::count(seen.begin(), seen.end(), seen.front()) == 8);
}

TEST_CASE("a server with it alone says how to trust it, and speaks") {
  const TempFolder folder;
  const auto context =
      net::TlsContext::make({.self_signed = true, .self_signed_directory = folder.path()});
  REQUIRE(context);
  const auto& notes = (*context)->notes();
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].find(folder / "localhost.pem") != std::string::npos);
  CHECK(notes[1] == "to trust it: curl --cacert " + (folder / "localhost.pem"));
  CHECK(notes[2].find("certutil") != std::string::npos);
  TlsPair pair(*context, {.server_name = "localhost"});
  REQUIRE(pair.handshake() == Handshake::done);
  CHECK(pair.client.common_name() == "localhost");
}
