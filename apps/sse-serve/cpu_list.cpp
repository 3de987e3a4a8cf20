#include "cpu_list.hpp"

#include <sched.h>

#include <charconv>
#include <string>

namespace sse::serve {
namespace {

bool read_cpu(std::string_view text, int& cpu) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, cpu);
  return error == std::errc() && stop == end && cpu >= 0 && cpu < CPU_SETSIZE;
}

bool read_range(std::string_view text, int& first, int& last) {
  const std::size_t dash = text.find('-');
  if (!read_cpu(text.substr(0, dash), first)) return false;
  last = first;
  return dash == std::string_view::npos || (read_cpu(text.substr(dash + 1), last) && first <= last);
}

}  // namespace

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  for (;;) {
    const std::string_view range = text.substr(0, text.find(','));
    int first = 0;
    int last = 0;
    if (!read_range(range, first, last))
      return fail("'" + std::string(range) + "' is neither a CPU nor a range like 2-3");
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    if (range.size() == text.size()) return cpus;
    text.remove_prefix(range.size() + 1);
  }
}

}  // namespace sse::serve
