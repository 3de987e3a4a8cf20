#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse::tail {

/// The text with \n \r \t \0 \a \e \\ and \xHH replaced by the bytes they stand for.
Result<std::string> unescape(std::string_view text);

}  // namespace sse::tail
