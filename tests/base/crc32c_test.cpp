#include "base/crc32c.hpp"

#include <string>

#include <doctest/doctest.h>

using sse::crc32c;

// RFC 3720, appendix B.4.
TEST_CASE("checksums of the standard") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}
