#include "client/publish_url.hpp"

#include <memory>

#include <curl/curl.h>

namespace sse::client {
namespace {

// Path characters of RFC 3986 that channel names use.
constexpr std::string_view kPlainInPath = "/:@";

struct FreeUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string part(const Url& url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

std::string whole(const Url& url) {
  std::string out = part(url, CURLUPART_URL);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

}  // namespace

Result<PublishBase> parse_publish_base(std::string_view text) {
  constexpr std::string_view kExpected = "write http://HOST[:PORT][/BASE] or https://...";
  const bool has_scheme = text.find("://") != std::string_view::npos;
  const std::string full = (has_scheme ? std::string() : std::string("http://")).append(text);
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, full.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
    return fail("not a URL: " + std::string(kExpected));
  const std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return fail("'" + scheme + "' is not a scheme to publish with: " + std::string(kExpected));
  if (!part(url, CURLUPART_QUERY).empty() || !part(url, CURLUPART_FRAGMENT).empty())
    return fail("the URL of a server has no query or fragment: " + std::string(kExpected));
  PublishBase base;
  base.url = whole(url);
  if (!part(url, CURLUPART_PASSWORD).empty()) curl_url_set(url.get(), CURLUPART_PASSWORD, "***", 0);
  base.display = whole(url);
  return base;
}

std::string percent_encode(std::string_view text, std::string_view also_plain) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || also_plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return out;
}

std::string publish_url(const PublishBase& base, std::string_view channel,
                        const EventFields& fields) {
  std::string out = base.url + "/" + percent_encode(channel, kPlainInPath);
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    out += std::exchange(separator, '&');
    out.append(name).append("=").append(percent_encode(value));
  };
  if (fields.event) add("event", *fields.event);
  if (fields.id) add("id", *fields.id);
  if (fields.retry_ms) add("retry", std::to_string(*fields.retry_ms));
  return out;
}

}  // namespace sse::client
