#include "redis/server_info.hpp"

#include <charconv>
#include <string_view>

namespace sse::redis {
namespace {

constexpr int kHistoryMajor = 7;  ///< XTRIM MINID, scripts that publish in a cluster

// The value of "name:value\r\n" in the answer to INFO.
std::string_view info_field(std::string_view info, std::string_view name) {
  for (std::size_t at = info.find(name); at != std::string_view::npos;
       at = info.find(name, at + 1)) {
    if (at > 0 && info[at - 1] != '\n') continue;
    const std::string_view rest = info.substr(at + name.size());
    if (rest.starts_with(':')) return rest.substr(1, rest.find_first_of("\r\n") - 1);
  }
  return {};
}

int major_of(std::string_view version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

}  // namespace

Result<std::string> run_for_history(const Reply& info) {
  const std::string_view run = info_field(info.text, "run_id");
  const std::string_view version = info_field(info.text, "redis_version");
  if (run.empty()) return fail("INFO server: " + info.text);
  if (major_of(version) < kHistoryMajor)
    return fail("Redis " + std::string(version) + " is too old for --redis-history: 7.0 or later");
  return std::string(run);
}

}  // namespace sse::redis
