#include "perf/parser_corpora.hpp"

namespace sse::perf {

std::string ticker_corpus(std::size_t bytes_min) {
  std::string out;
  for (unsigned n = 0; out.size() < bytes_min; ++n) {
    const std::string number = std::to_string(100'000 + n % 900'000);
    out.append("event: tick\nid: 1a2b3c-").append(number);
    out.append("\ndata: {\"symbol\":\"ACME\",\"price\":").append(number);
    out.append(".25,\"volume\":").append(std::to_string(n % 997)).append(",\"t\":17000\"}\n\n");
  }
  return out;
}

std::string token_corpus(std::size_t bytes_min) {
  const char* const words[] = {"the",    " quick", " brown", " fox", "\xC3\xA9t\xC3\xA9",
                               " jumps", "."};
  std::string out;
  for (unsigned n = 0; out.size() < bytes_min; ++n)
    out.append("data: {\"index\":0,\"delta\":{\"content\":\"")
        .append(words[n % 7])
        .append("\"}}\n\n");
  return out;
}

std::string multi_line_corpus(std::size_t bytes_min) {
  std::string out;
  for (unsigned n = 0; out.size() < bytes_min; ++n) {
    const std::size_t event_end = out.size() + (64u << 10);
    for (unsigned line = 0; out.size() < event_end; ++line)
      out.append("data: ").append(60 + (n * 7 + line * 13) % 80, 'x').push_back('\n');
    out.push_back('\n');
  }
  return out;
}

}  // namespace sse::perf
