// The scanner's masks: the vector code and the portable one agree with a plain loop.
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "wire/line_scanner.hpp"
#include "wire/random_stream.hpp"

namespace sse::wire {
namespace {

BlockMask plain_mask(std::string_view bytes) {
  BlockMask mask;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool end = bytes[i] == '\n' || bytes[i] == '\r';
    mask.line_ends |= std::uint64_t{end} << i;
    mask.special |=
        std::uint64_t{bytes[i] == '\0' || (static_cast<unsigned char>(bytes[i]) & 0x80) != 0} << i;
  }
  return mask;
}

BlockMask portable_mask(const char* p) {
  BlockMask mask;
  for (std::size_t at = 0; at < kBlockBytes; at += kVectorBytes)
    mask.add(portable::mask_vector(p + at), at);
  return mask;
}

void check_same(const BlockMask& seen, const BlockMask& wanted) {
  CHECK(seen.line_ends == wanted.line_ends);
  CHECK(seen.special == wanted.special);
}

TEST_CASE("block masks speak of every byte value at every place") {
  for (unsigned value = 0; value < 256; ++value) {
    for (std::size_t at = 0; at < kBlockBytes; ++at) {
      std::string block(kBlockBytes, value % 2 == 0 ? '\x0B' : '\x0E');
      block[at] = static_cast<char>(value);
      check_same(mask_block(block.data()), plain_mask(block));
      check_same(portable_mask(block.data()), plain_mask(block));
    }
  }
}

TEST_CASE("a tail is masked without reading beyond it") {
  test::RandomStream random(1);
  for (std::size_t size = 0; size < kBlockBytes; ++size) {
    for (int round = 0; round < 20; ++round) {
      std::string bytes(size, '\0');
      for (char& c : bytes) c = "\n\rab\x80\xFF"[random.below(7)];
      const std::vector<char> exact(bytes.begin(), bytes.end());
      check_same(mask_tail(exact.data(), size), plain_mask(bytes));
    }
  }
}

TEST_CASE("lines know whether they hold bytes that need a look, over blocks") {
  const std::string pad(70, 'x');
  LineScanner scanner;
  const std::string bytes =
      pad + "\xC3\xA9\n" + pad + "\n" + "\xC3\xA9" + pad + pad + "\r\n" + pad + '\0' + "\nend\x80";
  scanner.feed(bytes);
  Line line;
  std::vector<bool> special;
  while (scanner.next(line)) special.push_back(line.special);
  CHECK(special == std::vector<bool>{true, false, true, true});
  const Line rest = scanner.take_unfinished();
  CHECK(rest.text == "end\x80");
  CHECK(rest.special);
  CHECK(scanner.empty());
}

}  // namespace
}  // namespace sse::wire
