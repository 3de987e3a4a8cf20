#include "tls_options.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "cli/command_line.hpp"

namespace sse::serve {
namespace {

constexpr const char* kGroup = "TLS and HTTP/2";

// Where programs keep what should survive restarts (XDG base directories); empty: nowhere.
std::string state_directory() {
  if (const char* base = std::getenv("XDG_STATE_HOME"); base != nullptr && *base == '/')
    return std::string(base) + "/sse-serve";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.local/state/sse-serve";
  return {};
}

Result<void> pair_files(const RawTls& raw, net::TlsOptions& tls) {
  if (!raw.keys.empty() && raw.keys.size() != raw.certificates.size())
    return fail("--tls-key: " + std::to_string(raw.keys.size()) + " for " +
                std::to_string(raw.certificates.size()) +
                " --tls-cert; give one for each, in the same order");
  for (std::size_t i = 0; i < raw.certificates.size(); ++i)
    tls.files.push_back({raw.certificates[i], raw.keys.empty() ? std::string() : raw.keys[i]});
  return {};
}

// The first option that asks for TLS, or nullptr.
const char* asked_by(const RawTls& raw) {
  if (!raw.certificates.empty()) return "--tls-cert";
  return raw.self_signed ? "--tls-self-signed" : nullptr;
}

bool speaks_tls(const net::ListenAddress& address) { return address.tls == net::ListenTls::on; }

void define_http2(CLI::App& app, RawTls& raw, server::Options& options) {
  app.add_flag_callback(
         "--no-http2", [&options] { options.http2.enabled = false; }, "Speak HTTP/1.1 only")
      ->group(kGroup);
  cli::add_count(app, "--http2-streams-max", raw.streams_max,
                 "Streams and requests open at once on an HTTP/2 connection", 1, 1'000'000)
      ->group(kGroup);
  cli::add_count(app, "--http2-control-frames-max", raw.control_frames_max,
                 "Frames that are no part of a request, a second on an HTTP/2 connection; more end "
                 "it",
                 10, 1'000'000)
      ->group(kGroup);
  cli::add_count(app, "--http2-continuations-max", options.http2.continuations_max,
                 "CONTINUATION frames of one HTTP/2 header block; more end the connection", 0,
                 10'000)
      ->group(kGroup);
}

}  // namespace

void define_tls(CLI::App& app, RawTls& raw, server::Options& options) {
  cli::repeatable(app.add_option("--tls-cert", raw.certificates,
                                 "Certificate and those that vouch for it (PEM): every --listen "
                                 "then speaks TLS but http://HOST:PORT; repeatable, one per name"))
      ->type_name("FILE")
      ->group(kGroup);
  cli::repeatable(app.add_option("--tls-key", raw.keys,
                                 "Its key (PEM), where that is in a file of its own; repeatable, "
                                 "in the order of --tls-cert"))
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--tls-self-signed", raw.self_signed,
               "For development: make a certificate for localhost, keep it, and print how to trust "
               "it")
      ->group(kGroup);
  define_http2(app, raw, options);
}

Result<void> resolve_tls(const RawTls& raw, server::Options& options) {
  options.http2.streams_max = static_cast<std::uint32_t>(raw.streams_max);
  options.http2.control_frames_max = static_cast<std::uint32_t>(raw.control_frames_max);
  if (!raw.keys.empty() && raw.certificates.empty()) return fail("--tls-key needs --tls-cert");
  const char* const asked = asked_by(raw);
  using net::ListenTls;
  for (net::ListenAddress& address : options.listen) {
    if (address.tls == ListenTls::unstated)
      address.tls = asked != nullptr ? ListenTls::on : ListenTls::off;
    if (asked == nullptr && speaks_tls(address))
      return fail("--listen: " + address.url() + " needs --tls-cert or --tls-self-signed");
  }
  if (asked == nullptr) return {};
  if (std::none_of(options.listen.begin(), options.listen.end(), speaks_tls))
    return fail(std::string(asked) + ": no --listen speaks TLS (http:// and unix: do not)");
  net::TlsOptions tls;
  if (auto paired = pair_files(raw, tls); !paired) return paired;
  tls.self_signed = raw.self_signed;
  if (raw.self_signed) tls.self_signed_directory = state_directory();
  tls.http2 = options.http2.enabled;
  options.tls = std::move(tls);
  return {};
}

}  // namespace sse::serve
