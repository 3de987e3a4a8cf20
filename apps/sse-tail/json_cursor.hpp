#pragma once

#include <cstddef>
#include <string_view>

namespace sse::tail {

/// Walks over JSON text without building anything from it, so neither depth nor size of hostile
/// data costs memory. Precondition of every call: the text is valid JSON.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view json) : text_(json) {}

  /// The next value, whole and as it is written; the cursor stands behind it.
  std::string_view take_value();
  /// Steps into the object or array that comes next.
  void enter() { skip(1); }
  /// Whether the container that was entered has another member; stands at it then.
  bool has_member();
  /// The name of the member, in quotes; its value comes next.
  std::string_view take_name();

 private:
  void skip(std::size_t count);
  std::size_t string_size() const;
  std::size_t scalar_size() const;
  std::size_t container_size() const;

  std::string_view text_;
};

}  // namespace sse::tail
