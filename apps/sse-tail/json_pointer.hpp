#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sse::tail {

/// A place in a JSON text (RFC 6901): "/a/0/b".
class JsonPointer {
 public:
  /// The error says what is wrong with the pointer.
  static Result<JsonPointer> parse(std::string_view text);

  /// The value at this place as it is written in `json`; nullopt when there is none. Of members
  /// with the same name the last counts. Precondition: is_json(json).
  std::optional<std::string_view> find(std::string_view json) const;

 private:
  std::vector<std::string> tokens_;
};

}  // namespace sse::tail
