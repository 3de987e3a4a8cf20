#include "read_file.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.hpp"

namespace sse::tail {

Result<std::string> read_file(const std::string& path) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : path;
  const Fd file(standard_input ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail("cannot read " + name + ": " + std::strerror(errno));
  std::string text;
  std::array<char, 16384> piece{};
  while (true) {
    const auto count = ::read(file.get(), piece.data(), piece.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("cannot read " + name + ": " + std::strerror(errno));
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace sse::tail
