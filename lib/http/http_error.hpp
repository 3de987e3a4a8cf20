#pragma once

#include <string>

namespace sse::http {

/// Why a request is refused: the status to answer with (the connection then closes) and one clause
/// for the body of that answer.
struct HttpError {
  int status = 400;
  std::string reason;
};

}  // namespace sse::http
