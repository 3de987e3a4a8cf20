// A stream parsed whole, cut into pieces, and by the reference parser: all must say the same.
// Input: a seed for the cuts, a byte for the limits, the stream.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/reference_parser.hpp"
#include "wire/transcript.hpp"

using namespace sse;
using namespace sse::test;

namespace {

void require_same(const Transcript& seen, const Transcript& wanted, const char* what) {
  if (seen == wanted) return;
  std::fprintf(stderr, "%s\nseen:\n%s\nwanted:\n%s\n", what, to_string(seen).c_str(),
               to_string(wanted).c_str());
  std::abort();
}

std::vector<std::size_t> cuts_of(std::uint8_t seed, std::size_t size) {
  std::vector<std::size_t> cuts;
  std::uint32_t state = seed;
  const std::uint32_t longest = 1 + seed % 80;
  for (std::size_t at = 0;;) {
    state = state * 1664525u + 1013904223u;
    at += (state >> 16) % (longest + 1);  // a piece may be empty
    if (at >= size) return cuts;
    cuts.push_back(at);
  }
}

// What was reported before a limit was met is what is reported without it; only comments are cut.
void require_prefix(const Transcript& limited, const Transcript& whole) {
  const auto same = [](const Item& a, const Item& b) {
    return a == b || (a.what == ParseResult::comment && b.what == ParseResult::comment);
  };
  const bool fits =
      limited.items.size() <= whole.items.size() &&
      std::equal(limited.items.begin(), limited.items.end(), whole.items.begin(), same);
  const bool complete = limited.items.size() == whole.items.size();
  if (!fits || (!limited.error && !complete)) require_same(limited, whole, "limits change events");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(data + 2, data + size);
  const auto cuts = cuts_of(data[0], bytes.size());
  const Transcript whole = parse_whole(bytes);
  require_same(whole, reference_parse(bytes), "not what the standard says");
  require_same(parse_cut(bytes, cuts), whole, "cut differs from whole");

  const ParserLimits limits{.line_bytes_max = (data[1] & 15u) << 2,
                            .event_bytes_max = data[1] / 4u};
  const Transcript limited = parse_whole(bytes, limits);
  require_same(parse_cut(bytes, cuts, limits), limited, "cut differs from whole under limits");
  require_prefix(limited, whole);
  return 0;
}
