#pragma once

#include <string>

namespace sse::perf {

/// Streams of about `bytes_min` bytes as three kinds of servers send them.
std::string ticker_corpus(std::size_t bytes_min);  ///< events of about 100 bytes: type, id, JSON
std::string token_corpus(std::size_t bytes_min);   ///< a short JSON per event, as LLMs stream
std::string multi_line_corpus(std::size_t bytes_min);  ///< events of 64 KiB, many data lines each

}  // namespace sse::perf
