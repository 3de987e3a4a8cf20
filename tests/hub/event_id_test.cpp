#include "hub/event_id.hpp"

#include <cstdint>

#include <doctest/doctest.h>

#include "hub/channel.hpp"

using namespace sse::hub;

TEST_CASE("an id is read back exactly as it is written") {
  for (const Seq seq : {Seq{0}, Seq{1}, Seq{42}, Seq{UINT64_MAX}}) {
    const std::string text = format_event_id("k3x9", seq);
    const auto id = parse_event_id(text);
    REQUIRE(id);
    CHECK(id->epoch == "k3x9");
    CHECK(id->seq == seq);
  }
  CHECK(format_event_id("a", 7) == "a-7");
}

TEST_CASE("any other text is not an id of a hub") {
  for (const char* text :
       {"", "-", "a-", "-1", "a", "17", "A-1", "a-01", "a-00", "a-+1", "a--1", "a-1 ", " a-1",
        "a-1-2", "a_b-1", "a-0x1", "a-18446744073709551616", "abcdefghijklmnopq-1", "\xC3\xA4-1"})
    CHECK_MESSAGE(!parse_event_id(text), text);
  CHECK(parse_event_id("abcdefghijklmnop-18446744073709551615"));
}

TEST_CASE("an epoch is 1 to 16 of digits and lower-case letters") {
  CHECK(is_epoch("0"));
  CHECK(is_epoch("0123456789abcdef"));
  CHECK_FALSE(is_epoch(""));
  CHECK_FALSE(is_epoch("0123456789abcdefg"));
  CHECK_FALSE(is_epoch("A"));
  CHECK_FALSE(is_epoch("a-b"));
}

TEST_CASE("channel names") {
  CHECK(is_channel_name("news"));
  CHECK(is_channel_name("A.z_0-9:/~@"));
  CHECK(is_channel_name("@alice"));
  CHECK(is_channel_name(std::string(200, 'x')));
  CHECK_FALSE(is_channel_name(std::string(201, 'x')));
  for (const char* name : {"", "-", "-a", "a b", "a,b", "a?b", "a%20", "a\n", "\xC3\xA4"})
    CHECK_FALSE_MESSAGE(is_channel_name(name), name);
  CHECK(is_personal("@alice"));
  CHECK_FALSE(is_personal("alice"));
  CHECK_FALSE(is_personal("@"));
}
