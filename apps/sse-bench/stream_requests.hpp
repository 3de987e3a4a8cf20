#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sse::bench {

struct HeaderField {
  std::string name;
  std::string value;
};

/// The GETs that open streams: one path for each channel, the rest the same for all.
struct StreamRequests {
  std::string scheme;     ///< "http" or "https"
  std::string authority;  ///< for Host
  std::vector<std::string> paths;
  std::vector<HeaderField> fields;
  bool http10 = false;

  std::uint32_t channels() const noexcept { return static_cast<std::uint32_t>(paths.size()); }
};

/// A header of this name is about the HTTP/1.x connection, and HTTP/2 forbids it.
bool is_connection_field(std::string_view name);
/// "Name: value", as the user gives it.
HeaderField parse_header_field(std::string_view line);
/// "Name: value\r\n" for each.
std::string http1_lines(const std::vector<HeaderField>& fields);
/// The whole request for HTTP/1.x.
std::string http1_get(const StreamRequests& requests, std::uint32_t channel);

}  // namespace sse::bench
