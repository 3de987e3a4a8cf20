#include "base/rate.hpp"

#include <charconv>
#include <string>

namespace sse {

Result<double> parse_rate(std::string_view text) {
  double per = 1;
  std::string_view number = text;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view unit = text.substr(slash + 1);
    per = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    number = text.substr(0, slash);
  }
  double value = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value,
                                            std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == number.data() + number.size();
  if (!whole || per == 0 || !(value >= 0 && value <= 1e7))
    return fail("'" + std::string(text) + "' is not a rate like 10, 500/s or 1000/m");
  return value / per;
}

}  // namespace sse
