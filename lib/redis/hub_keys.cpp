#include "redis/hub_keys.hpp"

namespace sse::redis {

HubKeys::HubKeys(std::string_view prefix)
    : prefix_(prefix), hub_(prefix.empty() ? "{sse}" : "{sse:" + prefix_ + "}") {}

Result<HubKeys> HubKeys::make(std::string_view prefix) {
  if (prefix.find_first_of("{}") != std::string_view::npos)
    return fail("'" + std::string(prefix) + "': a prefix must not hold { or }");
  return HubKeys(prefix);
}

}  // namespace sse::redis
