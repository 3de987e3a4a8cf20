#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.hpp"

namespace sse::http::test {

/// ParsedStream::error when the parser itself did not keep its word.
inline constexpr int kBrokenPromise = -1;

/// What reading a connection's bytes came to.
struct ParsedStream {
  std::vector<Request> requests;  ///< the complete ones, in order
  std::size_t heads = 0;
  int error = 0;  ///< status of the error that ended it, 0 if there was none, kBrokenPromise
  std::string reason;
  bool partial = false;  ///< ended inside a request
};

/// Everything about the outcome as text, so that two of them compare.
std::string describe(const ParsedStream& stream);

/// Reads `pieces` as a server would: one parser, reset after each request. Every piece lies in a
/// heap buffer of exactly its size, so that reading past it is seen by AddressSanitizer.
ParsedStream parse_pieces(const std::vector<std::string_view>& pieces,
                          const RequestLimits& limits = {});

ParsedStream parse_whole(std::string_view bytes, const RequestLimits& limits = {});

}  // namespace sse::http::test
