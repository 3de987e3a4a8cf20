#include "wire/random_stream.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sse::test {
namespace {

using namespace std::string_view_literals;

constexpr std::array kNames{"data"sv,  "data"sv, "event"sv, "id"sv,     "retry"sv, "dat"sv,
                            "dataa"sv, "Data"sv, ""sv,      "eventx"sv, " data"sv, "x"sv};
constexpr std::array kText{"a"sv,
                           "bc"sv,
                           " "sv,
                           ":"sv,
                           "12"sv,
                           "007"sv,
                           "\0"sv,
                           "message"sv,
                           "\xC3\xA9"sv,
                           "\xE2\x82\xAC"sv,
                           "\xF0\x9F\x98\x80"sv,
                           "\xEF\xBB\xBF"sv,
                           "\xE2\x80\xA8"sv,
                           "\t"sv,
                           "\v"sv};
constexpr std::array kBroken{"\xFF"sv,         "\xC0\x80"sv, "\xE2\x82"sv, "\xF0\x9F\x98"sv,
                             "\xED\xA0\x80"sv, "\x80"sv,     "\xF4\x90"sv, "\xE0\x9F"sv,
                             "\xC3"sv,         "\xEF\xBB"sv};
constexpr std::array kEnds{"\n"sv, "\r"sv, "\r\n"sv};

}  // namespace

std::size_t RandomStream::below(std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
}

std::string RandomStream::bytes(std::size_t tokens_max) {
  const auto pick = [this](const auto& set) { return set[below(set.size())]; };
  std::string out;
  if (below(4) == 0) out.append("\xEF\xBB\xBF"sv.substr(0, 1 + below(3)));
  for (std::size_t n = below(tokens_max + 1); n > 0; --n) {
    const std::size_t what = below(100);
    if (what < 30)
      out.append(pick(kNames)).append(below(4) == 0 ? "" : ":");
    else if (what < 60)
      out.append(pick(kEnds));
    else if (what < 85)
      out.append(pick(kText));
    else if (what < 93)
      out.append(pick(kBroken));
    else if (what < 96)
      out.append(below(150), 'x');
    else
      out.append(pick(kEnds)).append(pick(kEnds));
  }
  return out;
}

std::vector<std::size_t> RandomStream::cuts(std::size_t size) {
  std::vector<std::size_t> cuts(below(8));
  for (std::size_t& cut : cuts) cut = below(size + 1);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

std::string RandomStream::text(std::size_t tokens_max) {
  std::string out;
  for (std::size_t n = below(tokens_max + 1); n > 0; --n) {
    const std::size_t what = below(10);
    if (what < 3)
      out.append(kEnds[below(kEnds.size())]);
    else if (what < 5)
      out.append(kNames[below(kNames.size())]).append(":");
    else if (what < 9)
      out.append(kText[below(kText.size())]);
    else
      out.append(below(150), 'y');
  }
  return out;
}

}  // namespace sse::test
