#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.hpp"

namespace sse::http {

/// Decodes %XX. Empty when a '%' is not followed by two
/// hexadecimal digits. The result may hold any byte.
std::optional<std::string> percent_decode(std::string_view text);

/// Encodes all but unreserved characters (RFC 3986 section 2.3) and those of `keep`; with
/// keep = "/" a whole path. Reads back with percent_decode().
std::string percent_encode(std::string_view text, std::string_view keep = {});

/// The parameters of a query (without its '?'): pieces between '&', split at the first '=', both
/// sides decoded, '+' as space; empty pieces are skipped. Empty when a piece is not
/// percent-encoded UTF-8 without NUL.
std::optional<NameValueList> parse_query(std::string_view query);

/// How long the UTF-8 sequence at the start of `bytes` (not empty) is; 0 if it is malformed. The
/// second byte is what excludes over-long forms and surrogates (Unicode 15, table 3-7).
std::size_t utf8_sequence(std::string_view bytes);

/// True if the bytes are UTF-8 (no surrogates, no over-long forms, nothing above U+10FFFF).
bool is_utf8(std::string_view bytes);

/// What follows `base` ("/" or "/sse", with or without a slash at its end) in `path`, with its
/// leading slash; empty optional when the path is not under it. "/sse" itself gives "/".
std::optional<std::string_view> strip_base_path(std::string_view path, std::string_view base);

/// The segments between slashes: "/a/b" gives a, b; "/" gives none; "/a//b/" keeps empty ones.
/// They view into `path`.
std::vector<std::string_view> split_path(std::string_view path);

}  // namespace sse::http
