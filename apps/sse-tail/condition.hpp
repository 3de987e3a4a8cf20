#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "json_pointer.hpp"

namespace sse::tail {

/// What --where asks of the data of an event: /POINTER=VALUE, /POINTER!=VALUE, or /POINTER, which
/// asks that there is such a value. Strings compare without quotes and escapes, everything else as
/// it is written. Data that is not JSON has no values.
class Condition {
 public:
  static Result<Condition> parse(const std::string& text);
  bool holds(std::string_view data) const;

 private:
  enum class Test { exists, equal, different };

  JsonPointer pointer_;
  Test test_ = Test::exists;
  std::string value_;
};

}  // namespace sse::tail
