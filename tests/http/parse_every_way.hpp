#pragma once

#include <string_view>

#include "http/parse_stream.hpp"

namespace sse::http::test {

/// Checks (doctest) that byte by byte and cut in two at every offset the outcome is that of the
/// whole, and returns it.
ParsedStream parse_every_way(std::string_view bytes, const RequestLimits& limits = {});

}  // namespace sse::http::test
