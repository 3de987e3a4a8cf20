#include "server/browser_streams.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "http/authority.hpp"
#include "net/address.hpp"

namespace sse::server {
namespace {

constexpr std::size_t kNameCharsMax = 200;  // of what a client sent, in the log

std::string text_of(const http::Request& request, std::string_view name) {
  const std::string* header = request.header(name);
  return header == nullptr ? std::string() : *header;
}

// Of the page: as the browser says, or of the address it came from; its own host otherwise.
std::string origin_of(const http::Request& request) {
  if (const std::string* origin = request.header("origin")) return *origin;
  const std::string referrer = text_of(request, "referer");
  const std::size_t host = referrer.find("://");
  if (host == std::string::npos) return "http://" + text_of(request, "host");
  return referrer.substr(0, referrer.find('/', host + 3));
}

// Behind a proxy the peer is not the browser, and HTTP/1.1 not what the browser speaks.
bool is_direct_browser(const http::Request& request) {
  const auto has = [&](const char* name) { return request.header(name) != nullptr; };
  if (request.version_minor == 0) return false;
  if (has("x-forwarded-for") || has("forwarded") || has("via")) return false;
  return has("origin") || has("referer") || has("sec-fetch-mode");
}

BrowserStreams::Key key_of(const http::Request& request, int fd, const std::string& origin) {
  const std::string peer = net::peer_name(fd);
  std::string all(http::split_authority(peer).host);
  for (const std::string& part : {origin, text_of(request, "host"), text_of(request, "user-agent"),
                                  text_of(request, "accept-language")})
    all.append(1, '\n').append(part);
  const auto key = static_cast<BrowserStreams::Key>(std::hash<std::string>{}(all));
  return key == 0 ? 1 : key;
}

}  // namespace

BrowserStreams::Key BrowserStreams::opened(const http::Request& request, int fd) {
  if (!is_direct_browser(request)) return 0;
  const std::string origin = origin_of(request);
  const Key key = key_of(request, fd, origin);
  const std::lock_guard lock(mutex_);
  if (++streams_[key] == kStreamsMax && fresh_.size() < kCandidatesMax)
    fresh_.push_back(
        {key, origin.substr(0, kNameCharsMax), text_of(request, "host").substr(0, kNameCharsMax)});
  return key;
}

void BrowserStreams::closed(Key key) noexcept {
  if (key == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(key);
  if (found != streams_.end() && --found->second == 0) streams_.erase(found);
}

std::string BrowserStreams::look() {
  const std::lock_guard lock(mutex_);
  std::string told;
  for (const Candidate& candidate : std::exchange(waiting_, std::exchange(fresh_, {}))) {
    const auto found = streams_.find(candidate.key);
    if (found == streams_.end() || found->second != kStreamsMax) continue;
    if (times_full_++ > 0) continue;
    told = "a browser with pages of " + candidate.origin + " has six HTTP/1.1 streams open to " +
           candidate.host +
           ": it opens no more connections to one host name, and what it asks for next waits. "
           "HTTP/2 or further host names help; said once, sse_browsers_full_total counts";
  }
  return told;
}

}  // namespace sse::server
