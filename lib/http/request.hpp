#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sse::http {

/// Header lines or query parameters in the order they came.
using NameValueList = std::vector<std::pair<std::string, std::string>>;
using HeaderList = NameValueList;

enum class Method { get, head, post, put, delete_, options, other };

/// One HTTP request, read by RequestParser (or filled by the HTTP/2 side).
struct Request {
  Method method = Method::other;
  std::string method_text;  ///< as sent: methods are case-sensitive
  std::string target;       ///< as sent
  std::string path;     ///< percent-decoded, valid UTF-8, no control characters; "*" for OPTIONS *
  NameValueList query;  ///< percent-decoded, '+' as space, valid UTF-8 without NUL
  HeaderList headers;   ///< names as sent, values without white space at both ends
  int version_minor = 1;         ///< HTTP/1.x
  bool keep_alive = false;       ///< the client lets the connection live on after the answer
  bool has_body = false;         ///< one follows the head
  bool expect_continue = false;  ///< a body follows only after "100 Continue" (never for HTTP/1.0)
  std::string body;              ///< decoded; trailers are read and dropped

  /// The first header of that name (ASCII case-insensitive), nullptr if there is none.
  const std::string* header(std::string_view name) const;
  /// All headers of that name joined with ", " (RFC 9110 section 5.3); empty if there is none.
  std::string joined_header(std::string_view name) const;
  /// The first query parameter of that name, nullptr if there is none.
  const std::string* param(std::string_view name) const;
};

/// The method a request line names.
Method method_from(std::string_view text);

}  // namespace sse::http
