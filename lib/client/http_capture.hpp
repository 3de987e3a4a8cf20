#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace sse::client {

/// A server for one connection on a free loopback port: takes one HTTP/1.1 request with
/// Content-Length, keeps its bytes and answers 200 with an empty JSON object.
class HttpCapture {
 public:
  HttpCapture();

  /// Where it listens on 127.0.0.1; 0: nowhere, no socket was to be had.
  std::uint16_t port() const noexcept { return port_; }
  /// The bytes of the request, once the client is done; empty when none came.
  std::string take_request();

 private:
  void receive();

  Fd listener_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::jthread thread_;
};

/// The request with the values of Authorization, Proxy-Authorization and Cookie as `***`.
std::string mask_secret_headers(const std::string& request);

}  // namespace sse::client
