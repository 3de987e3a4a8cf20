#include "sse-bench/stream_requests.hpp"

#include "base/trim.hpp"
#include "sse-bench/answer.hpp"

namespace sse::bench {

bool is_connection_field(std::string_view name) {
  for (const std::string_view known :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
    if (same_name(name, known)) return true;
  return false;
}

HeaderField parse_header_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  return {std::string(line.substr(0, colon)), std::string(trim_line(line.substr(colon + 1)))};
}

std::string http1_lines(const std::vector<HeaderField>& fields) {
  std::string out;
  for (const HeaderField& field : fields) out += field.name + ": " + field.value + "\r\n";
  return out;
}

std::string http1_get(const StreamRequests& requests, std::uint32_t channel) {
  return "GET " + requests.paths[channel] + (requests.http10 ? " HTTP/1.0" : " HTTP/1.1") +
         "\r\nHost: " + requests.authority + "\r\n" + http1_lines(requests.fields) + "\r\n";
}

}  // namespace sse::bench
