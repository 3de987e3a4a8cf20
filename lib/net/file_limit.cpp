#include "net/file_limit.hpp"

#include <filesystem>
#include <iterator>
#include <system_error>

namespace sse::net {
namespace {

rlimit file_limit() noexcept {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

const rlimit kInherited = file_limit();

}  // namespace

const rlimit& inherited_file_limit() noexcept { return kInherited; }

std::size_t raise_file_limit() noexcept {
  rlimit limit = file_limit();
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return file_limit().rlim_cur;
}

std::size_t open_files() noexcept {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  std::size_t count = 0;
  for (; !error && entry != std::filesystem::end(entry); entry.increment(error)) ++count;
  return count;
}

}  // namespace sse::net
