#include "http/parse_every_way.hpp"

#include <doctest/doctest.h>

namespace sse::http::test {

ParsedStream parse_every_way(std::string_view bytes, const RequestLimits& limits) {
  ParsedStream whole = parse_whole(bytes, limits);
  REQUIRE(whole.error != kBrokenPromise);
  const std::string wanted = describe(whole);
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  CHECK(describe(parse_pieces(single, limits)) == wanted);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    INFO("cut at ", cut);
    CHECK(describe(parse_pieces({bytes.substr(0, cut), bytes.substr(cut)}, limits)) == wanted);
  }
  return whole;
}

}  // namespace sse::http::test
