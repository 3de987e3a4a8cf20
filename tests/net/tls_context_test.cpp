#include "net/tls_context.hpp"

#include <sys/stat.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "net/tls_support.hpp"
#include "support/temp_folder.hpp"

using namespace sse;
using namespace sse::test;
using Handshake = net::TlsSession::Handshake;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string error_of(const net::TlsFiles& files) {
  const auto context = net::TlsContext::make({.files = {files}});
  return context ? std::string() : context.error().message;
}

void check_error(const net::TlsFiles& files, const std::string& file, const char* what) {
  const std::string error = error_of(files);
  CHECK_MESSAGE(contains(error, file), error);
  CHECK_MESSAGE(contains(error, what), error);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

struct Site {
  const char* name;
  CertificateOptions certificate;
};

std::shared_ptr<const net::TlsContext> context_of(const std::vector<Site>& sites) {
  const TempFolder folder;
  net::TlsOptions options;
  for (const Site& site : sites)
    options.files.push_back(write_pair(folder.path(), site.name, make_pem(site.certificate)));
  auto context = net::TlsContext::make(options);
  REQUIRE_MESSAGE(context, context.error().message);
  return *context;
}

}  // namespace

TEST_CASE("files that are no use are named, and what is wrong with them") {
  const TempFolder folder;
  const Pem good = make_pem({});
  const net::TlsFiles files = write_pair(folder.path(), "good", good);
  REQUIRE(error_of(files).empty());
  const std::string none = folder / "none.pem";
  check_error({none, files.key}, none, "cannot open");
  check_error({files.certificate, none}, none, "cannot open");
  check_error({folder.path(), {}}, folder.path(), "cannot read");
  check_error({files.key, files.key}, files.key, "holds no certificate");
  check_error({files.certificate, files.certificate}, files.certificate, "holds no private key");
  check_error({files.certificate, {}}, files.certificate, "holds no private key");
  check_error({"/dev/null", files.key}, "/dev/null", "holds no certificate");
  check_error({"/dev/zero", files.key}, "/dev/zero", "longer than 1 MiB");
  const auto garbage = write_pair(folder.path(), "garbage", {"\x30\x82\x01 DER?", good.key});
  check_error(garbage, garbage.certificate, "holds no certificate");
  std::string damaged = good.certificate;
  damaged.erase(200, 3);
  const auto broken = write_pair(folder.path(), "broken", {damaged, good.key});
  check_error(broken, broken.certificate, "damaged");
  const auto second = write_pair(folder.path(), "second", {good.certificate + damaged, good.key});
  check_error(second, second.certificate, "damaged");
}

TEST_CASE("a key must be the certificate's, open and strong") {
  const TempFolder folder;
  const Pem good = make_pem({});
  const auto other = write_pair(folder.path(), "other", {good.certificate, make_pem({}).key});
  check_error(other, other.key, "does not belong");
  const auto rsa =
      write_pair(folder.path(), "rsa", {good.certificate, make_pem({.key = "RSA-2048"}).key});
  check_error(rsa, rsa.key, "does not belong");
  const auto locked = write_pair(folder.path(), "locked", {good.certificate, encrypted(good.key)});
  check_error(locked, locked.key, "encrypted");
  const auto weak = write_pair(folder.path(), "weak", make_pem({.key = "RSA-1024"}));
  check_error(weak, weak.certificate, "ee key too small");
}

TEST_CASE("a certificate must be valid today") {
  const TempFolder folder;
  const auto expired = write_pair(folder.path(), "expired",
                                  make_pem({.begins_in_s = -1'000'000, .ends_in_s = -86'400}));
  check_error(expired, expired.certificate, "the certificate expired at 2");
  const auto early =
      write_pair(folder.path(), "early", make_pem({.begins_in_s = 86'400, .ends_in_s = 172'800}));
  check_error(early, early.certificate, "is not valid before 2");
}

TEST_CASE("one file may hold the key and the certificate, in any order") {
  const TempFolder folder;
  const Pem pem = make_pem({});
  const auto both =
      write_pair(folder.path(), "both", {pem.key + pem.certificate, pem.certificate + pem.key});
  CHECK(error_of({both.certificate, {}}).empty());
  CHECK(error_of({both.key, {}}).empty());
}

TEST_CASE("no certificate is an error") { CHECK(!net::TlsContext::make({})); }

TEST_CASE("the log is told of every certificate, and of a key others may read") {
  const TempFolder folder;
  const auto files = write_pair(folder.path(), "site", make_pem({{"a.example", "*.b.example"}}));
  auto context = net::TlsContext::make({.files = {files}});
  REQUIRE(context);
  REQUIRE((*context)->notes().size() == 1);
  const std::string note = (*context)->notes().front();
  for (const char* part : {"site.pem for a.example, *.b.example; valid until 2", "Z; SHA-256 "})
    CHECK_MESSAGE(contains(note, part), note);
  CHECK(note.size() - note.rfind(' ') - 1 == 32 * 3 - 1);
  ::chmod(files.key.c_str(), 0644);
  context = net::TlsContext::make({.files = {files}});
  REQUIRE(context);
  CHECK(contains(joined((*context)->notes()),
                 "others than its owner may read the key in " + files.key));
}

TEST_CASE("a client gets the certificate of the name it asks for") {
  const auto context = context_of({{"first", {{"first.example"}}},
                                   {"wild", {{"*.wild.example"}}},
                                   {"exact", {{"b.wild.example"}}},
                                   {"two", {{"two.example", "zwei.example"}}}});
  const std::pair<const char*, const char*> cases[] = {
      {"first.example", "first.example"},
      {"a.wild.example", "*.wild.example"},
      {"b.wild.example", "b.wild.example"},
      {"zwei.example", "two.example"},
      {"ZWEI.Example", "two.example"},
      {"a.b.wild.example", "first.example"},
      {"wild.example", "first.example"},
      {"unknown.example", "first.example"},
      {"", "first.example"},
  };
  for (const auto& [asked, got] : cases)
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsPair pair(context, {.server_name = asked, .version_max = version});
      REQUIRE(pair.handshake() == Handshake::done);
      CHECK(pair.client.common_name() == got);
    }
}

TEST_CASE("a name may have certificates with keys of two kinds") {
  const auto context = context_of({{"other", {{"other.example"}}},
                                   {"rsa", {{"a.example"}, "RSA-2048"}},
                                   {"ecdsa", {{"a.example"}, "P-256"}}});
  for (const bool rsa : {true, false})
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsPair pair(context, {.server_name = "a.example",
                             .version_max = version,
                             .signatures = rsa ? "RSA-PSS+SHA256" : "ECDSA+SHA256"});
      REQUIRE(pair.handshake() == Handshake::done);
      CHECK(pair.client.common_name() == "a.example");
      CHECK(pair.client.has_rsa_certificate() == rsa);
    }
  TlsPair pair(context,
               {.signatures = "RSA-PSS+SHA256"});  // only other.example would do, with P-256
  CHECK(pair.handshake() == Handshake::failed);
}

TEST_CASE("without a name the client gets the first certificate, or its like") {
  const auto context = context_of({{"rsa", {{"a.example"}, "RSA-2048"}},
                                   {"other", {{"b.example"}, "P-256"}},
                                   {"ecdsa", {{"a.example"}, "P-256"}}});
  TlsPair any(context, {});
  REQUIRE(any.handshake() == Handshake::done);
  CHECK(any.client.common_name() == "a.example");
  TlsPair ecdsa(context, {.signatures = "ECDSA+SHA256"});
  REQUIRE(ecdsa.handshake() == Handshake::done);
  CHECK(ecdsa.client.common_name() == "a.example");
}
