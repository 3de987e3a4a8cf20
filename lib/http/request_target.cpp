#include "http/request_target.hpp"

#include "http/ascii.hpp"
#include "http/authority.hpp"
#include "http/url.hpp"

namespace sse::http {
namespace {

constexpr ByteSet kControls = byte_range(0x00, 0x1f) | byte_set("\x7f");

bool is_path_text(std::string_view path) {
  for (char c : path)
    if (contains(kControls, c)) return false;
  return is_utf8(path);
}

std::optional<HttpError> read_origin_form(std::string_view target, Request& request) {
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  if (path.find('\\') != std::string_view::npos)
    return HttpError{400, "request target: backslash in the path"};
  std::optional<std::string> decoded = percent_decode(path);
  if (!decoded || !is_path_text(*decoded))
    return HttpError{400, "request target: path is not percent-encoded UTF-8 text"};
  request.path = std::move(*decoded);
  if (mark == std::string_view::npos) return std::nullopt;
  std::optional<NameValueList> query = parse_query(target.substr(mark + 1));
  if (!query) return HttpError{400, "request target: query is not percent-encoded UTF-8 text"};
  request.query = std::move(*query);
  return std::nullopt;
}

std::optional<HttpError> read_absolute_form(std::string_view rest, std::string_view default_port,
                                            Request& request) {
  const std::size_t end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, end);
  if (!is_valid_authority(authority)) return HttpError{400, "request target: invalid authority"};
  const std::string* host = request.header("Host");
  if (host != nullptr && !same_authority(authority, *host, default_port))
    return HttpError{400, "request target and Host header differ"};
  if (end == std::string_view::npos) return read_origin_form("/", request);
  if (rest[end] == '?') return read_origin_form("/" + std::string(rest.substr(end)), request);
  return read_origin_form(rest.substr(end), request);
}

}  // namespace

std::optional<HttpError> read_target(Request& request) {
  const std::string_view target = request.target;
  if (request.method_text == "CONNECT") return HttpError{501, "CONNECT is not supported"};
  if (target.empty() || !all_in(kTargetBytes, target))
    return HttpError{400, "request target: byte that must be percent-encoded"};
  if (target.front() == '/') return read_origin_form(target, request);
  if (target == "*") {
    if (request.method != Method::options) return HttpError{400, "request target * is for OPTIONS"};
    request.path = "*";
    return std::nullopt;
  }
  if (iequals(target.substr(0, 7), "http://"))
    return read_absolute_form(target.substr(7), "80", request);
  if (iequals(target.substr(0, 8), "https://"))
    return read_absolute_form(target.substr(8), "443", request);
  return HttpError{400, "request target: neither a path nor an http URL"};
}

}  // namespace sse::http
