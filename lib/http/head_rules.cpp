#include "http/head_rules.hpp"

#include "http/ascii.hpp"
#include "http/authority.hpp"
#include "http/request_target.hpp"

namespace sse::http {
namespace {

/// The headers that decide something here, found in one pass.
struct HeadFacts {
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
  std::string_view host;
  std::string_view length;
  std::string encoding;  ///< all Transfer-Encoding values joined
  bool look_alike = false;
  bool expects = false;
  bool expects_other = false;
};

// Gateways that hand headers on as variables take "Content_Length" for "Content-Length".
bool is_framing_look_alike(std::string_view name) {
  return iequals(name, "Content_Length") || iequals(name, "Transfer_Encoding");
}

void note_header(HeadFacts& facts, std::string_view name, const std::string& value) {
  if (iequals(name, "Host")) {
    ++facts.hosts;
    facts.host = value;
  } else if (iequals(name, "Content-Length")) {
    ++facts.lengths;
    facts.length = value;
  } else if (iequals(name, "Transfer-Encoding")) {
    if (facts.encodings++ > 0) facts.encoding += ',';
    facts.encoding += value;
  } else if (iequals(name, "Expect")) {
    (iequals(value, "100-continue") ? facts.expects : facts.expects_other) = true;
  } else if (is_framing_look_alike(name)) {
    facts.look_alike = true;
  }
}

std::optional<HttpError> check_host(const Request& request, const HeadFacts& facts) {
  if (facts.hosts > 1) return HttpError{400, "more than one Host header"};
  if (facts.hosts == 0 && request.version_minor > 0) return HttpError{400, "no Host header"};
  const bool required = request.version_minor > 0;
  if ((required || !facts.host.empty()) && !is_valid_authority(facts.host))
    return HttpError{400, "invalid Host header"};
  return std::nullopt;
}

// Not ending in chunked leaves the end of the body unknown; before chunked stands a coding we do
// not know. RFC 9112 section 6.1 and 6.3 ask for 400 and 501.
std::optional<HttpError> check_encoding(const Request& request, const HeadFacts& facts) {
  if (request.version_minor == 0) return HttpError{400, "Transfer-Encoding in an HTTP/1.0 request"};
  if (facts.lengths > 0) return HttpError{400, "both Transfer-Encoding and Content-Length"};
  if (iequals(facts.encoding, "chunked")) return std::nullopt;
  std::string_view rest = facts.encoding;
  std::string_view last;
  while (!rest.empty()) {
    if (iequals(last, "chunked"))
      return HttpError{400, "chunked is not the last Transfer-Encoding"};
    last = trim(next_part(rest, ','));
    if (!is_token(last)) return HttpError{400, "invalid Transfer-Encoding"};
  }
  if (!iequals(last, "chunked") || facts.encoding.back() == ',')
    return HttpError{400, "Transfer-Encoding does not end in chunked"};
  return HttpError{501, "only the transfer coding chunked is supported"};
}

std::optional<HttpError> read_length(const HeadFacts& facts, const RequestLimits& limits,
                                     std::uint64_t& length) {
  if (facts.lengths > 1) return HttpError{400, "more than one Content-Length"};
  if (facts.length.empty() || !all_in(kDigits, facts.length))
    return HttpError{400, "invalid Content-Length"};
  length = 0;
  for (char c : facts.length) {
    if (length > (UINT64_MAX - 9) / 10) return HttpError{400, "Content-Length out of range"};
    length = length * 10 + static_cast<unsigned>(c - '0');
  }
  if (length > limits.body_bytes_max) return HttpError{413, "request body too large"};
  return std::nullopt;
}

std::optional<HttpError> check_framing(const Request& request, const HeadFacts& facts,
                                       const RequestLimits& limits, BodyFraming& framing) {
  if (facts.look_alike) return HttpError{400, "header name that looks like a framing header"};
  framing = {facts.encodings > 0, 0};
  if (facts.encodings > 0) return check_encoding(request, facts);
  if (facts.lengths > 0) return read_length(facts, limits, framing.content_length);
  return std::nullopt;
}

}  // namespace

std::optional<HttpError> apply_head_rules(Request& request, const RequestLimits& limits,
                                          BodyFraming& framing) {
  HeadFacts facts;
  for (const auto& [name, value] : request.headers) note_header(facts, name, value);
  if (auto error = check_host(request, facts)) return error;
  if (auto error = check_framing(request, facts, limits, framing)) return error;
  if (auto error = read_target(request)) return error;
  const bool http11 = request.version_minor > 0;
  if (http11 && facts.expects_other) return HttpError{417, "only 100-continue can be expected"};
  request.has_body = framing.chunked || framing.content_length > 0;
  request.expect_continue = http11 && facts.expects && request.has_body;
  return std::nullopt;
}

}  // namespace sse::http
