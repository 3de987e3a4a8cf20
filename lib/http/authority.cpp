#include "http/authority.hpp"

#include "http/ascii.hpp"
#include "http/url.hpp"

namespace sse::http {
namespace {

constexpr ByteSet kNameBytes = kDigits | kLetters | byte_set("-._~!$&'()*+;=%");
constexpr ByteSet kLiteralBytes = kHexDigits | byte_set(":.");
constexpr std::size_t kHostBytesMax = 255;

bool is_valid_port(std::string_view port) {
  if (port.size() > 5 || !all_in(kDigits, port)) return false;
  unsigned number = 0;
  for (char c : port) number = number * 10 + static_cast<unsigned>(c - '0');
  return number <= 65535;
}

bool is_valid_host(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  if (host.front() != '[') return all_in(kNameBytes, host) && percent_decode(host).has_value();
  if (host.size() < 4 || host.back() != ']') return false;
  const std::string_view literal = host.substr(1, host.size() - 2);
  return all_in(kLiteralBytes, literal) && literal.find(':') != std::string_view::npos;
}

// 127.0.0.0/8 as four decimal numbers, the only spelling browsers send.
bool is_loopback_v4(std::string_view host) {
  std::size_t numbers = 0;
  bool is_first_127 = false;
  while (!host.empty() && numbers < 4) {
    const bool dot_follows = host.find('.') != std::string_view::npos;
    const std::string_view number = next_part(host, '.');
    if (number.empty() || number.size() > 3 || !all_in(kDigits, number)) return false;
    if (dot_follows != (numbers < 3) || (number.size() == 3 && number > "255")) return false;
    if (numbers++ == 0) is_first_127 = number == "127";
  }
  return numbers == 4 && host.empty() && is_first_127;
}

std::string_view port_or(std::string_view port, std::string_view fallback) {
  return port.empty() ? fallback : port;
}

}  // namespace

Authority split_authority(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool in_literal = bracket != std::string_view::npos && colon < bracket;
  if (colon == std::string_view::npos || in_literal) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string bracketed(std::string_view host) {
  const bool is_v6_literal = host.find(':') != std::string_view::npos;
  return is_v6_literal ? '[' + std::string(host) + ']' : std::string(host);
}

bool is_valid_authority(std::string_view text) {
  const Authority authority = split_authority(text);
  return is_valid_host(authority.host) && is_valid_port(authority.port);
}

bool is_loopback_host(std::string_view host) {
  return iequals(host, "localhost") || host == "[::1]" || is_loopback_v4(host);
}

bool same_authority(std::string_view a, std::string_view b, std::string_view default_port) {
  const Authority left = split_authority(a);
  const Authority right = split_authority(b);
  return iequals(left.host, right.host) &&
         port_or(left.port, default_port) == port_or(right.port, default_port);
}

}  // namespace sse::http
