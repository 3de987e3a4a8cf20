#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sse-bench/body_decoder.hpp"
#include "sse-bench/http_session.hpp"
#include "sse-bench/response_head.hpp"

namespace sse::bench {

/// HTTP/1.x with one stream on the connection; about 80 bytes once it is answered.
class Http1Session final : public HttpSession {
 public:
  /// `events` must outlive it.
  Http1Session(std::string request, std::uint32_t stream, StreamEvents& events);

  Result<void> receive(std::string_view bytes) override;
  std::string_view output() override;

 private:
  bool receive_head(std::string_view& bytes);
  void receive_body(std::string_view bytes);

  std::string request_;
  bool sent_ = false;
  std::uint32_t stream_;
  StreamEvents& events_;
  std::unique_ptr<ResponseHead> head_ = std::make_unique<ResponseHead>();  ///< until it is there
  BodyDecoder body_;
};

}  // namespace sse::bench
