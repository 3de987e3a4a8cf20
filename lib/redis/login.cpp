#include "redis/login.hpp"

#include <cstdlib>

namespace sse::redis {

Result<void> complete_login(RedisUrl& url, const std::string& file_password) {
  if (!file_password.empty()) url.password = file_password;
  // Where redis-cli looks, so that a script needs to say it once.
  const char* const from_environment = std::getenv("REDISCLI_AUTH");
  if (url.password.empty() && from_environment != nullptr) url.password = from_environment;
  if (url.password.empty() && !url.user.empty())
    return fail("the URL has a user but no password: give --redis-password-file or REDISCLI_AUTH");
  return {};
}

}  // namespace sse::redis
