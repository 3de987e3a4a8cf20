#include <algorithm>

#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"

using namespace sse::hub;
using namespace sse::hub::test;

namespace {

void append(EventLog& log, Seq seq, std::string_view block) {
  log.append(seq, 0, std::array{block});
}

}  // namespace

TEST_CASE("a view sees what it was refreshed to") {
  EventLog log({});
  LogView view(log);
  CHECK(view.begin() == 0);
  CHECK(view.end() == 0);
  CHECK_FALSE(view.refresh());
  append(log, 1, "a\n\n");
  CHECK(view.end() == 0);
  CHECK(view.refresh());
  CHECK_FALSE(view.refresh());
  CHECK(read(view, 0) == "a\n\n");
}

TEST_CASE("gather is bounded by bytes and by entries") {
  EventLog log({});
  std::string all;
  for (Seq seq = 1; seq <= 300; ++seq) {
    const std::string block = std::string(seq % 90, static_cast<char>('a' + seq % 26)) + "\n\n";
    append(log, seq, block);
    all += block;
  }
  const LogView view(log);
  std::array<iovec, 1> one;
  REQUIRE(view.gather(0, SIZE_MAX, one) == 1);
  CHECK(one[0].iov_len < all.size());
  REQUIRE(view.gather(5, 7, one) == 1);
  CHECK(one[0].iov_len == 7);
  CHECK(view.gather(view.end(), SIZE_MAX, one) == 0);
  CHECK(view.gather(0, 0, one) == 0);
  CHECK(view.gather(0, SIZE_MAX, {}) == 0);
  for (std::size_t from = 0; from <= all.size(); from += 37)
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{1000}, SIZE_MAX})
      REQUIRE(read(view, from, 3, bytes) == all.substr(from));
}

TEST_CASE("what a view saw stays readable until its next refresh") {
  EventLog log(keep(1));
  append(log, 1, "first\n\n");
  LogView view(log);
  const std::string large = std::string(5000, 'x') + "\n\n";
  for (Seq seq = 2; seq < 50; ++seq) append(log, seq, large);
  CHECK(read(view, 0) == "first\n\n");
  CHECK(view.refresh());
  CHECK(view.begin() == 7 + 47 * large.size());
  CHECK(read(view, view.begin()) == large);
}

TEST_CASE("cut_at is the rest of the frame under way") {
  EventLog log({});
  append(log, 1, "data: a\ndata\ndata: b\n\n");
  append(log, 2, ":\n\n");
  append(log, 3, std::string(3000, 'x') + "\n\n");
  append(log, 4, "data: c\n\n");
  const LogView view(log);
  const std::string all = read(view, 0);
  std::vector<std::uint64_t> begins{0, 22, 25, 3027, 3036};
  for (std::uint64_t from = 0; from <= view.end(); ++from) {
    const auto next = *std::ranges::lower_bound(begins, from);
    REQUIRE(view.cut_at(from).bytes == all.substr(from, next - from));
  }
}

TEST_CASE("a cut outlives the log's hold on it") {
  EventLog log(keep(1));
  append(log, 1, "data: kept\n\n");
  LogView view(log);
  for (Seq seq = 2; seq < 50; ++seq) append(log, seq, std::string(3000, 'x') + "\n\n");
  LogView::Cut cut = view.cut_at(6);
  CHECK(cut.owner != nullptr);
  view.refresh();
  CHECK(cut.bytes == "kept\n\n");
  CHECK(view.cut_at(view.end()).owner == nullptr);
}
