#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "json_pointer.hpp"
#include "json_value.hpp"

using namespace sse::tail;

namespace {

std::string at(std::string_view pointer, std::string_view json) {
  REQUIRE(is_json(json));
  const auto found = JsonPointer::parse(pointer)->find(json);
  return found ? std::string(*found) : "nothing";
}

std::string minified(std::string_view json) {
  std::string out;
  append_minified(out, json);
  return out;
}

constexpr std::string_view kDocument =
    R"( {"a" : [ 1 , {"b" : "x\"]}" } , [] ], "" : -0.5e+7, "m~n/o":true, "a\u0062":null,
        "d": 1, "d": 2, "e": {} } )";

}  // namespace

TEST_CASE("a pointer finds what it names, as it is written") {
  CHECK(at("/a/0", kDocument) == "1");
  CHECK(at("/a/1/b", kDocument) == R"("x\"]}")");
  CHECK(at("/a/2", kDocument) == "[]");
  CHECK(at("/", kDocument) == "-0.5e+7");
  CHECK(at("/m~0n~1o", kDocument) == "true");
  CHECK(at("/ab", kDocument) == "null");
  CHECK(at("/d", kDocument) == "2");
  CHECK(at("/e", kDocument) == "{}");
  CHECK(at("", " 7 ") == "7");
  for (const char* none : {"/a/3", "/a/01", "/a/-", "/a/0/0", "/e/x", "/zz", "/a/2/0"})
    CHECK_MESSAGE(at(none, kDocument) == "nothing", none);
}

TEST_CASE("a pointer agrees with a JSON library") {
  const auto parsed = nlohmann::json::parse(kDocument);
  const auto flat = parsed.flatten();
  for (const auto& item : flat.items()) {
    const auto& value = item.value();
    if (value.is_null()) continue;  // flatten() writes empty containers as null
    const std::string expected = value.is_string() ? value.get<std::string>() : value.dump();
    const auto found = JsonPointer::parse(item.key())->find(kDocument);
    REQUIRE_MESSAGE(found, item.key());
    if (!value.is_number_float()) CHECK(json_as_text(*found) == expected);
  }
}

TEST_CASE("minified text is the same document") {
  CHECK(minified(kDocument).find_first_of("\n") == std::string::npos);
  CHECK(nlohmann::json::parse(minified(kDocument)) == nlohmann::json::parse(kDocument));
  CHECK(minified("\t[ 1.50 , \" \\\" \" ]\n") == "[1.50,\" \\\" \"]");
}

TEST_CASE("values as text") {
  CHECK(json_as_text(R"("a\n\u00e4\ud83d\ude00")") == "a\n\u00e4\U0001F600");
  CHECK(json_as_text("\"\"").empty());
  CHECK(json_as_text("[ 1, 2 ]") == "[1,2]");
}

TEST_CASE("depth costs no stack") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(is_json(deep));
  CHECK(at("/0/0", deep).size() == deep.size() - 4);
  CHECK(minified(deep) == deep);
  CHECK(!is_json(deep + "]"));
  CHECK(!is_json("\xef\xbb\xbf{}"));
  CHECK(!is_json(""));
}
