#include "client/http_capture.hpp"

#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace sse::client {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
constexpr std::array<std::string_view, 3> kSecretHeaders{
    "authorization:", "proxy-authorization:", "cookie:"};

bool starts_with_name(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length: ";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    if (!starts_with_name(head.substr(at), kName)) continue;
    std::size_t length = 0;
    std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
    return length;
  }
  return 0;
}

// Size of head and body once the head is complete.
std::optional<std::size_t> request_size(std::string_view bytes) {
  const std::size_t head = bytes.find(kHeadEnd);
  if (head == std::string_view::npos) return std::nullopt;
  return head + kHeadEnd.size() + content_length(bytes.substr(0, head + 2));
}

}  // namespace

HttpCapture::HttpCapture() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 1) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0)
    return;
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { receive(); });
}

void HttpCapture::receive() {
  const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::optional<std::size_t> size;
  std::array<char, 16384> chunk{};
  while (!size || request_.size() < *size) {
    const ssize_t got = ::recv(client.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) return;
    request_.append(chunk.data(), static_cast<std::size_t>(got));
    if (!size) size = request_size(request_);
  }
  ::send(client.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
}

std::string HttpCapture::take_request() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept() if no client came
  if (thread_.joinable()) thread_.join();
  return std::move(request_);
}

std::string mask_secret_headers(const std::string& request) {
  const std::size_t head_end = std::min(request.find(kHeadEnd), request.size());
  std::string out;
  std::size_t at = 0;
  while (at < head_end) {
    const std::size_t end = std::min(request.find("\r\n", at), head_end);
    const std::string_view line = std::string_view(request).substr(at, end - at);
    std::string_view shown = line;
    for (const std::string_view name : kSecretHeaders)
      if (starts_with_name(line, name)) shown = line.substr(0, name.size());
    out.append(shown).append(shown.size() < line.size() ? " ***\r\n" : "\r\n");
    at = end + 2;
  }
  return at > request.size() ? out : out.append(request, at);
}

}  // namespace sse::client
