#include "client/transport_loop.hpp"

#include <algorithm>
#include <utility>

#include "client/curl_transport.hpp"

namespace sse::client {

TransportLoop::TransportLoop() {
  static const CURLcode initialised = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
  multi_ = ::curl_multi_init();
}

TransportLoop::~TransportLoop() { ::curl_multi_cleanup(multi_); }

std::unique_ptr<Transport> TransportLoop::make_transport(ConnectionOptions options) {
  return std::make_unique<CurlTransport>(*this, std::move(options));
}

void TransportLoop::perform() {
  int running = 0;
  performing_ = true;
  ::curl_multi_perform(multi_, &running);
  performing_ = false;
  drop_cancelled();
  report_ends();
}

void TransportLoop::drop_cancelled() {
  for (CurlTransport* transport : std::exchange(cancelled_, {})) transport->detach();
}

void TransportLoop::report_ends() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CurlTransport* transport = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transport);
    transport->finish(code);
  }
}

void TransportLoop::wait(std::span<const WatchedFd> watched, std::chrono::milliseconds timeout) {
  std::vector<curl_waitfd> fds;
  for (const WatchedFd& one : watched) {
    const int events =
        (one.readable ? CURL_WAIT_POLLIN : 0) | (one.writable ? CURL_WAIT_POLLOUT : 0);
    fds.push_back({one.fd, static_cast<short>(events), 0});
  }
  const auto limit = static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, INT32_MAX));
  ::curl_multi_poll(multi_, fds.data(), static_cast<unsigned>(fds.size()), limit, nullptr);
}

}  // namespace sse::client
