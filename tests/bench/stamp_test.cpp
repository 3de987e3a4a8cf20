#include "sse-bench/stamp.hpp"
#include "sse-bench/digits.hpp"

#include <cstdio>
#include <string>

#include <doctest/doctest.h>

using sse::bench::hex8;
using sse::bench::kStampSeqMax;
using sse::bench::kStampSize;
using sse::bench::load8;
using sse::bench::PayloadCodec;
using sse::bench::read_decimal8;
using sse::bench::Stamp;
using Reading = PayloadCodec::Reading;

TEST_CASE("a stamp reads back") {
  const PayloadCodec codec(100, 0xbeef);
  for (const std::uint64_t ns : {0ull, 1ull, 1'234'567'890'123ull, 9'999'999'999'999'999'999ull}) {
    for (const std::uint32_t seq : {0u, 7u, 12'345'678u, kStampSeqMax}) {
      const std::string payload = codec.encode({ns, seq});
      CHECK(payload.size() == 100);
      CHECK(payload.find_first_of("\r\n") == std::string::npos);
      Stamp read;
      REQUIRE(codec.decode(payload, read) == Reading::valid);
      CHECK(read.sent_ns == ns);
      CHECK(read.seq == seq);
    }
  }
}

TEST_CASE("digits are read eight at once") {
  std::uint64_t number = 0;
  for (const std::uint64_t wanted : {0ull, 1ull, 12'345'678ull, 90'000'009ull, 99'999'999ull}) {
    char text[9];
    std::snprintf(text, sizeof text, "%08llu", static_cast<unsigned long long>(wanted));
    REQUIRE(read_decimal8(text, number));
    CHECK(number == wanted);
  }
  for (const char* text :
       {"1234567/", ":2345678", "1234 678", "-1234567", "1234567\xb1", "12\0045678"})
    CHECK_FALSE(read_decimal8(text, number));
  for (const std::uint32_t wanted : {0u, 0x12345678u, 0x9abcdef0u, 0xffffffffu, 0x0a0f0900u}) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", wanted);
    CHECK(hex8(wanted) == load8(text));
  }
}

TEST_CASE("the smallest payload is the stamp alone") {
  const PayloadCodec codec(kStampSize, 1);
  CHECK(codec.encode({5, 6}).size() == kStampSize);
  CHECK(codec.padding().empty());
}

TEST_CASE("every changed byte of a stamp is noticed") {
  const PayloadCodec codec(60, 0x1234);
  const std::string good = codec.encode({987'654'321, 42});
  for (std::size_t i = 0; i < kStampSize; ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = good;
      changed[i] = static_cast<char>(byte);
      if (changed == good) continue;
      Stamp read;
      CAPTURE(i);
      CAPTURE(byte);
      CHECK(codec.decode(changed, read) != Reading::valid);
    }
  }
}

TEST_CASE("other text and other runs are foreign, not corrupt") {
  const PayloadCodec codec(100, 1);
  const PayloadCodec other(100, 2);
  Stamp read;
  CHECK(codec.decode("", read) == Reading::foreign);
  CHECK(codec.decode("hello", read) == Reading::foreign);
  CHECK(codec.decode(std::string(200, '@'), read) == Reading::foreign);
  CHECK(codec.decode(other.encode({1, 1}), read) == Reading::foreign);
}
