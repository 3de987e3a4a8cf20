#pragma once

#include <llhttp.h>

#include <optional>
#include <string_view>

#include "http/http_error.hpp"
#include "http/request.hpp"

namespace sse::http {

/// llhttp, reading one request head into a Request and stopping there: bodies are not its business.
/// Fills method, method_text, target, headers, version_minor and keep_alive.
class LlhttpHead {
 public:
  explicit LlhttpHead(Request& request);
  LlhttpHead(const LlhttpHead&) = delete;
  LlhttpHead& operator=(const LlhttpHead&) = delete;

  /// Ready for the next head. `request` must be cleared by the caller.
  void reset();
  /// Takes bytes a HeadGuard let pass.
  std::optional<HttpError> feed(std::string_view bytes);
  bool complete() const { return complete_; }

 private:
  static const llhttp_settings_t& settings();
  static int on_url(llhttp_t* parser, const char* at, std::size_t size) noexcept;
  static int on_name(llhttp_t* parser, const char* at, std::size_t size) noexcept;
  static int on_value(llhttp_t* parser, const char* at, std::size_t size) noexcept;
  static int on_value_complete(llhttp_t* parser) noexcept;
  static int on_head_complete(llhttp_t* parser) noexcept;
  HttpError failure() const;
  void finish();

  Request& request_;
  llhttp_t parser_;
  bool in_name_ = false;
  bool complete_ = false;
};

}  // namespace sse::http
