#include "http/llhttp_head.hpp"

#include <utility>

#include "http/ascii.hpp"

namespace sse::http {
namespace {

constexpr std::size_t kTypicalHeaders = 16;

LlhttpHead& self(llhttp_t* parser) { return *static_cast<LlhttpHead*>(parser->data); }

}  // namespace

LlhttpHead::LlhttpHead(Request& request) : request_(request) { reset(); }

void LlhttpHead::reset() {
  llhttp_init(&parser_, HTTP_REQUEST, &settings());
  parser_.data = this;
  in_name_ = false;
  complete_ = false;
}

const llhttp_settings_t& LlhttpHead::settings() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t callbacks;
    llhttp_settings_init(&callbacks);
    callbacks.on_url = on_url;
    callbacks.on_header_field = on_name;
    callbacks.on_header_value = on_value;
    callbacks.on_header_value_complete = on_value_complete;
    callbacks.on_headers_complete = on_head_complete;
    return callbacks;
  }();
  return kSettings;
}

int LlhttpHead::on_url(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  self(parser).request_.target.append(at, size);
  return HPE_OK;
}

int LlhttpHead::on_name(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  LlhttpHead& head = self(parser);
  HeaderList& headers = head.request_.headers;
  if (headers.capacity() == 0) headers.reserve(kTypicalHeaders);
  if (!std::exchange(head.in_name_, true)) headers.emplace_back();
  headers.back().first.append(at, size);
  return HPE_OK;
}

int LlhttpHead::on_value(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  LlhttpHead& head = self(parser);
  head.in_name_ = false;
  head.request_.headers.back().second.append(at, size);
  return HPE_OK;
}

int LlhttpHead::on_value_complete(llhttp_t* parser) noexcept {
  LlhttpHead& head = self(parser);
  head.in_name_ = false;
  std::string& value = head.request_.headers.back().second;
  value.resize(trim_end(value).size());  // llhttp has skipped the white space in front
  return HPE_OK;
}

// Pauses there, so that nothing after the head reaches llhttp.
int LlhttpHead::on_head_complete(llhttp_t* parser) noexcept {
  self(parser).complete_ = true;
  return HPE_PAUSED;
}

std::optional<HttpError> LlhttpHead::feed(std::string_view bytes) {
  const llhttp_errno_t code = llhttp_execute(&parser_, bytes.data(), bytes.size());
  if (complete_) {
    finish();
    return std::nullopt;
  }
  if (code != HPE_OK) return failure();
  return std::nullopt;
}

HttpError LlhttpHead::failure() const {
  const llhttp_errno_t code = llhttp_get_errno(&parser_);
  // "Constant": a method llhttp knows from RTSP or ICE only; other causes HeadGuard has refused.
  if (code == HPE_INVALID_METHOD || code == HPE_INVALID_CONSTANT)
    return {501, "method not implemented"};
  const char* reason = llhttp_get_error_reason(&parser_);
  return {400, reason != nullptr && *reason != '\0' ? reason : "malformed request"};
}

void LlhttpHead::finish() {
  const auto method = static_cast<llhttp_method_t>(llhttp_get_method(&parser_));
  request_.method_text = llhttp_method_name(method);
  request_.method = method_from(request_.method_text);
  request_.version_minor = llhttp_get_http_minor(&parser_);
  const bool close = (parser_.flags & F_CONNECTION_CLOSE) != 0;
  request_.keep_alive = !close && llhttp_should_keep_alive(&parser_) != 0;
}

}  // namespace sse::http
