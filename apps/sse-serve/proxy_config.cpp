#include "proxy_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "http/authority.hpp"

namespace sse::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A stream is given up when so many heartbeats in a row did not come.
constexpr std::uint64_t kHeartbeatsMissed = 4;
constexpr seconds kSilenceMin{60};
// Without heartbeats a stream may be silent for ever, which not every proxy can be told.
constexpr seconds kSilenceUnlimited{24 * 3600};

/// How a proxy comes to trust servers that speak TLS.
struct Trust {
  std::string name;     ///< that their certificate has
  std::string ca_file;  ///< who vouches for it
  bool self_signed;
};

/// What the text of every proxy is made from.
struct Facts {
  std::vector<std::string> servers;  ///< "127.0.0.1:8080" or "unix:/run/sse.sock"
  std::optional<Trust> tls;          ///< nullopt: the servers do not speak it
  std::vector<std::string> names;    ///< of the site, as --host has them
  std::string base_path;             ///< without a slash at its end
  std::string user_header;           ///< empty: none
  std::uint64_t silence_s;           ///< the proxy's time-out
  std::uint64_t body_bytes_max;
  std::string heartbeat;  ///< for people
  bool needs_token;       ///< whoever is behind the proxy may publish
};

seconds longest_silence(std::uint64_t heartbeat_ms) {
  if (heartbeat_ms == 0) return kSilenceUnlimited;
  return std::max(kSilenceMin, seconds((kHeartbeatsMissed * heartbeat_ms + 999) / 1000));
}

// Where it listens on all interfaces the proxy is taken to be on the same machine.
Result<std::string> reached_at(const net::ListenAddress& address) {
  if (address.is_unix()) return "unix:" + address.unix_path;
  if (address.port() == 0)
    return fail("--print-proxy-config: with port 0 nobody knows where: --listen HOST:PORT");
  const bool everywhere = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
  if (everywhere) return fmt::format("127.0.0.1:{}", address.port());
  return fmt::format("{}:{}", http::bracketed(address.host), address.port());
}

bool in_clear(const net::ListenAddress& address) { return address.tls != net::ListenTls::on; }

bool is_name(const http::HostPattern& host) {
  const std::string& text = host.text();
  return text.front() != '*' && text.find_first_not_of("0123456789.:[]") != std::string::npos;
}

Result<Trust> trust(const server::Options& options) {
  const net::TlsOptions& tls = *options.tls;
  const bool self_signed = tls.files.empty();
  const auto own = std::find_if(options.hosts.begin(), options.hosts.end(), is_name);
  if (own == options.hosts.end() && !self_signed)
    return fail("--print-proxy-config: give a name the certificate is for: --host NAME");
  const std::string name = own == options.hosts.end() ? "localhost" : own->text();
  if (!self_signed) return Trust{name, "/etc/ssl/certs/ca-certificates.crt", false};
  if (tls.self_signed_directory.empty())
    return fail("--print-proxy-config: without HOME a self-signed certificate is kept nowhere");
  return Trust{name, tls.self_signed_directory + "/localhost.pem", true};
}

Result<Facts> gather(const server::Options& options) {
  Facts facts;
  // A proxy does best without TLS behind it, where it has the choice.
  const bool clear = std::any_of(options.listen.begin(), options.listen.end(), in_clear);
  for (const net::ListenAddress& address : options.listen) {
    if (address.index > 0) continue;  // the same name again
    if (in_clear(address) != clear) continue;
    auto server = reached_at(address);
    if (!server) return tl::unexpected(server.error());
    facts.servers.push_back(std::move(*server));
  }
  for (const http::HostPattern& host : options.hosts) {
    const auto is_own = [&](const net::ListenAddress& a) { return host.matches_host(a.host); };
    if (std::none_of(options.listen.begin(), options.listen.end(), is_own))
      facts.names.push_back(host.text());
  }
  if (!clear) {
    auto trusted = trust(options);
    if (!trusted) return tl::unexpected(trusted.error());
    facts.tls = std::move(*trusted);
  }
  facts.base_path = options.base_path;
  facts.user_header = options.user_header;
  facts.silence_s = static_cast<std::uint64_t>(longest_silence(options.heartbeat_ms).count());
  facts.body_bytes_max = options.request.body_bytes_max;
  facts.heartbeat = options.heartbeat_ms == 0
                        ? "no heartbeat: what is silent for a day is cut"
                        : "heartbeat " + format_duration(milliseconds(options.heartbeat_ms));
  facts.needs_token = options.publish_token.empty();
  return facts;
}

std::string join(const std::vector<std::string>& items, std::string_view separator) {
  return fmt::format("{}", fmt::join(items, separator));
}

// The comment everything begins with: where it belongs, and what it does not solve.
std::string opening(std::string_view place, const Facts& facts) {
  std::string out = fmt::format("# {}\n", place);
  if (facts.needs_token)
    out +=
        "# To sse-serve everyone behind a local proxy is local and may publish, unless there is\n"
        "# a --publish-token-file.\n";
  if (facts.tls)
    out +=
        "# Where the proxy runs on the same machine, a --listen http://127.0.0.1:PORT for it "
        "alone\n"
        "# saves encrypting twice. What comes over TLS is checked against the name and the file.\n";
  return out;
}

std::string nginx_pass(const Facts& facts) {
  if (!facts.tls) return "        proxy_pass http://sse_serve;\n";
  std::string out = "        proxy_pass https://sse_serve;\n";
  out += "        proxy_ssl_server_name on;\n";
  out += fmt::format("        proxy_ssl_name {};\n", facts.tls->name);
  out += "        proxy_ssl_verify on;\n";
  return out += fmt::format("        proxy_ssl_trusted_certificate {};\n", facts.tls->ca_file);
}

std::string nginx(const Facts& facts) {
  std::string out = opening("In the http block of nginx, as /etc/nginx/conf.d/sse.conf.", facts);
  out += "# A stream takes two of worker_connections and of worker_rlimit_nofile.\n";
  out += "upstream sse_serve {\n";
  for (const std::string& server : facts.servers) out += fmt::format("    server {};\n", server);
  out += "}\n\nserver {\n    listen 80;\n";
  out += "    # With a certificate, and HTTP/2 for more than six streams in a browser:\n";
  out += "    # listen 443 ssl http2;\n";
  out += "    # ssl_certificate /etc/nginx/site.pem;\n";
  out += "    # ssl_certificate_key /etc/nginx/site.key;\n";
  out += fmt::format("    server_name {};\n\n", facts.names.empty() ? "_" : join(facts.names, " "));
  out += fmt::format("    location {}/ {{\n", facts.base_path);
  out += nginx_pass(facts);
  out += "        proxy_http_version 1.1;\n";
  out += "        proxy_set_header Connection \"\";\n";
  out += "        proxy_set_header Host $http_host;\n";
  out += "        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n";
  if (!facts.user_header.empty())
    out += fmt::format("        proxy_set_header {} \"\";  # or who the user was proved to be\n",
                       facts.user_header);
  out += "        # Buffering may stay on: sse-serve says X-Accel-Buffering: no.\n";
  out += "        gzip off;\n";
  out += fmt::format("        proxy_read_timeout {}s;  # {}\n", facts.silence_s, facts.heartbeat);
  out += fmt::format("        client_max_body_size {};\n", facts.body_bytes_max);
  return out += "    }\n}\n";
}

std::string haproxy_server(const Facts& facts, const std::string& server) {
  if (server.starts_with("unix:")) return "unix@" + server.substr(5);
  if (!facts.tls) return server;
  return fmt::format("{} ssl sni str({}) verify required verifyhost {} ca-file {}", server,
                     facts.tls->name, facts.tls->name, facts.tls->ca_file);
}

std::string haproxy(const Facts& facts) {
  std::string out = opening("In /etc/haproxy/haproxy.cfg.", facts);
  out +=
      "# A stream takes two of global's maxconn.\ndefaults sse\n    mode http\n    timeout connect "
      "5s\n    timeout http-request 10s\n";
  out += fmt::format("    # {}\n", facts.heartbeat);
  out += fmt::format("    timeout client {}s\n", facts.silence_s);
  out += fmt::format("    timeout server {}s\n", facts.silence_s);
  out += "    # Each event at once, not together with the next.\n    option http-no-delay\n";
  out += "    # A client that left is told to sse-serve at once, not when there is more to send.\n";
  out += "    option abortonclose\n    option forwardfor\n\n";
  out += "frontend http_in from sse\n    bind :80\n";
  out += "    # With a certificate, and HTTP/2 for more than six streams in a browser:\n";
  out += "    # bind :443 ssl crt /etc/haproxy/site.pem alpn h2,http/1.1\n";
  if (!facts.user_header.empty())
    out += fmt::format(
        "    http-request del-header {}  # or set-header, to who the user was proved to be\n",
        facts.user_header);
  const std::string path = facts.base_path;
  out += fmt::format("    use_backend sse_serve if {{ path_beg {}/ }}\n\n", path);
  out += "backend sse_serve from sse\n    balance leastconn\n";
  for (std::size_t i = 0; i < facts.servers.size(); ++i)
    out += fmt::format("    server node{} {}\n", i + 1, haproxy_server(facts, facts.servers[i]));
  return out;
}

std::string caddy(const Facts& facts) {
  const auto reach = [&facts](const std::string& server) {
    if (facts.tls) return "https://" + server;
    return server.starts_with("unix:") ? "unix/" + server.substr(5) : server;
  };
  std::string out = opening("A Caddyfile. Caddy has no time-out for silent streams.", facts);
  out += fmt::format("{} {{\n", facts.names.empty() ? ":80" : join(facts.names, ", "));
  out += fmt::format("    reverse_proxy {}/*", facts.base_path);
  for (const std::string& server : facts.servers) out += " " + reach(server);
  out += " {\n        flush_interval -1\n";
  if (!facts.user_header.empty())
    out += fmt::format("        header_up -{}  # or set it, to who the user was proved to be\n",
                       facts.user_header);
  if (facts.tls) {
    out +=
        fmt::format("        transport http {{\n            tls_server_name {}\n", facts.tls->name);
    if (facts.tls->self_signed)
      out += fmt::format("            tls_trusted_ca_certs {}\n", facts.tls->ca_file);
    out += "        }\n";
  }
  return out += "    }\n}\n";
}

std::string apache(const Facts& facts) {
  const std::string server = facts.servers.front();
  const std::string url =
      server.starts_with("unix:")
          ? server + "|http://localhost" + facts.base_path + "/"
          : (facts.tls ? "https://" : "http://") + server + facts.base_path + "/";
  std::string out =
      opening("Needs mod_proxy, mod_proxy_http, mod_headers; mpm_event for many.", facts);
  if (facts.servers.size() > 1)
    out += "# The first of several addresses; mod_proxy_balancer spreads over all.\n";
  out += "<VirtualHost *:80>\n";
  if (!facts.names.empty()) out += fmt::format("    ServerAlias {}\n", join(facts.names, " "));
  out += "    ProxyPreserveHost On\n";
  if (facts.tls)
    out += fmt::format(
        "    # Needs mod_ssl. The certificate must be for the host that clients ask for.\n"
        "    SSLProxyEngine On\n    SSLProxyVerify require\n    SSLProxyCACertificateFile {}\n",
        facts.tls->ca_file);
  if (!facts.user_header.empty())
    out += fmt::format(
        "    # Or set it, to who the user was proved to be.\n"
        "    RequestHeader unset {}\n",
        facts.user_header);
  out += fmt::format("    LimitRequestBody {}\n", facts.body_bytes_max);
  out += "    SetEnv no-gzip 1\n";
  out += fmt::format("    # {}\n    TimeOut {}\n", facts.heartbeat, facts.silence_s);
  out += fmt::format("    ProxyPass {}/ {} timeout={}\n", facts.base_path, url, facts.silence_s);
  return out += "</VirtualHost>\n";
}

constexpr std::array<std::pair<std::string_view, Proxy>, 4> kProxies = {{
    {"nginx", Proxy::nginx},
    {"haproxy", Proxy::haproxy},
    {"caddy", Proxy::caddy},
    {"apache", Proxy::apache},
}};

}  // namespace

std::optional<Proxy> parse_proxy(std::string_view name) {
  for (const auto& [known, proxy] : kProxies)
    if (name == known) return proxy;
  return std::nullopt;
}

Result<std::string> proxy_config(Proxy proxy, const server::Options& options) {
  const auto facts = gather(options);
  if (!facts) return tl::unexpected(facts.error());
  switch (proxy) {
    case Proxy::nginx:
      return nginx(*facts);
    case Proxy::haproxy:
      return haproxy(*facts);
    case Proxy::caddy:
      return caddy(*facts);
    case Proxy::apache:
      break;
  }
  return apache(*facts);
}

}  // namespace sse::serve
