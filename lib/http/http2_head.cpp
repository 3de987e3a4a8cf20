#include "http/http2_head.hpp"

#include "http/ascii.hpp"
#include "http/authority.hpp"
#include "http/head_rules.hpp"

namespace sse::http {

void Http2Head::add(std::string_view name, std::string_view value) {
  if (error_) return;
  // As the line it would be in HTTP/1.1: ": " and CRLF.
  bytes_ += name.size() + value.size() + 4;
  if (bytes_ > limits_.head_bytes_max || request_.headers.size() >= limits_.headers_max) {
    error_ = HttpError{431, "request head too large"};
  } else if (name.starts_with(':')) {
    add_pseudo(name, value);
  } else {
    request_.headers.emplace_back(name, trim(value));
  }
}

void Http2Head::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") {
    request_.method_text = value;
    request_.method = method_from(value);
  } else if (name == ":path") {
    if (value.size() > limits_.target_bytes_max)
      error_ = HttpError{414, "request target too long"};
    else
      request_.target = value;
  } else if (name == ":authority") {
    authority_ = value;
  }
}

// One name for the rules that HTTP/1.1 has too. Two that differ are a smuggler's.
bool Http2Head::check_host() {
  const std::string* host = request_.header("host");
  if (host != nullptr) return authority_.empty() || iequals(*host, authority_);
  request_.headers.emplace_back("Host", authority_);
  return true;
}

std::optional<HttpError> Http2Head::finish(bool more) {
  request_.version_minor = 1;
  request_.keep_alive = true;
  if (error_) return error_;
  if (!check_host()) return HttpError{400, "the Host header differs from :authority"};
  BodyFraming framing;
  if (auto error = apply_head_rules(request_, limits_, framing)) return error;
  // Who says so only at the end of a GET that it has no body may do that.
  request_.has_body = more && (framing.content_length > 0 || request_.method == Method::post);
  request_.expect_continue = request_.expect_continue && request_.has_body;
  return std::nullopt;
}

}  // namespace sse::http
