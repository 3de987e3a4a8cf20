#include "net/tls_handles.hpp"

#include <openssl/err.h>

namespace sse::net {

// The first error is the cause, the later ones say who noticed.
std::string take_tls_error(const char* otherwise) {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  std::string text = reason == nullptr ? otherwise : reason;
  ERR_clear_error();
  return text;
}

}  // namespace sse::net
