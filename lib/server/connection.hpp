#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/request_parser.hpp"
#include "net/poller.hpp"
#include "server/stream.hpp"
#include "server/transport.hpp"

namespace sse::server {

/// An accepted socket: the TLS handshake, if it has one, then HTTP/1.x: a sequence of requests,
/// then perhaps an event stream until its end. What turns out to speak HTTP/2 is handed over to an
/// Http2Connection.
class Connection final : public Stream, public net::Pollable {
 public:
  Connection(Worker& worker, Transport transport, const Listener& listener);
  ~Connection() override;

  void ready(std::uint32_t events) noexcept override;

  int fd() const noexcept override { return transport_.fd(); }
  int direct_fd() const noexcept override {
    return transport_.is_plain() ? transport_.fd() : kIndirect;
  }
  ssize_t write(const iovec* pieces, std::size_t count) noexcept override;
  void respond(const http::Response& answer, bool keep_alive) override;
  void respond_head(const http::StreamHead& head) override;
  void send_continue() noexcept override;
  bool flush() noexcept override { return transport_.flush(); }
  std::string start_head(const http::StreamHead& head) override;

 protected:
  void arm(bool input, bool output) noexcept override;
  void release(Close how) noexcept override;
  void take_waiting_input() override;
  void flush_answer() override;
  bool is_idle() const noexcept override;
  bool counts_for_browsers() const noexcept override { return true; }

 private:
  struct Http1Exchange;

  Http1Exchange& http1() const noexcept;
  void shake_hands();
  void handshake_failed();
  void hand_over(std::string_view bytes);
  void readable();
  bool read_once();
  void take_input(std::string_view bytes);
  void take_first(std::string_view bytes);
  void take_messages(std::string_view bytes);
  bool take_message(std::string_view& bytes);
  void send_answer(std::string bytes, bool keep_alive);
  bool send_rest();
  void answer_sent();
  void linger();

  Transport transport_;
  bool shaking_hands_;
};

}  // namespace sse::server
