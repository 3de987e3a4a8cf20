#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace sse {

/// Why something failed, as one clause a user can act on ("cannot open log.txt: No such file").
struct Error {
  std::string message;
};

/// A value or the reason there is none. Internal layers only; never in libsse.
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace sse
