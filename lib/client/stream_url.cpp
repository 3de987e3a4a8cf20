#include "client/stream_url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace sse::client {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)>;

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  ::curl_free(text);
  return copy;
}

// "localhost:8080/news": a name, a port in digits, then nothing or a path.
bool is_host_and_port(std::string_view text) {
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  const std::size_t colon = authority.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == authority.size()) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view port = authority.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), digit);
}

}  // namespace

Result<std::string> parse_stream_url(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  if (text.find('\0') != std::string_view::npos) return fail(quoted + " is not a URL");
  const std::string full = (is_host_and_port(text) ? "http://" : "") + std::string(text);
  const Handle url(::curl_url(), &::curl_url_cleanup);
  const CURLUcode code = ::curl_url_set(url.get(), CURLUPART_URL, full.c_str(),
                                        CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  if (code == CURLUE_BAD_SCHEME)
    return fail(quoted + " is not a URL: it must begin with http:// or https://");
  if (code != CURLUE_OK) return fail(quoted + " is not a URL: " + ::curl_url_strerror(code));
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return fail(quoted + " cannot be read: only http:// and https:// URLs can");
  return part(url.get(), CURLUPART_URL);
}

std::string display_url(const std::string& url) {
  const Handle handle(::curl_url(), &::curl_url_cleanup);
  if (::curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return url;
  ::curl_url_set(handle.get(), CURLUPART_PASSWORD, nullptr, 0);
  return part(handle.get(), CURLUPART_URL);
}

}  // namespace sse::client
