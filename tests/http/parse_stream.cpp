#include "http/parse_stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

namespace sse::http::test {
namespace {

using Status = RequestParser::Status;

/// Offers one piece until it is used up; false when the connection is over.
bool parse_piece(RequestParser& parser, std::string_view piece, ParsedStream& stream) {
  for (;;) {
    std::size_t consumed = 0;
    const Status status = parser.parse(piece, consumed);
    REQUIRE(consumed <= piece.size());
    piece.remove_prefix(consumed);
    if (status == Status::need_input) {
      REQUIRE(piece.empty());
      return true;
    }
    if (status == Status::head) ++stream.heads;
    if (status == Status::error) {
      stream.error = parser.error().status;
      stream.reason = parser.error().reason;
      return false;
    }
    if (status == Status::complete) {
      stream.requests.push_back(std::move(parser.request()));
      parser.reset();
      if (piece.empty()) return true;
    }
  }
}

void append(std::string& out, const NameValueList& list) {
  for (const auto& [name, value] : list) out += " [" + name + "=" + value + "]";
}

}  // namespace

std::string describe(const ParsedStream& stream) {
  std::string out;
  for (const Request& r : stream.requests) {
    out += r.method_text + " " + r.target + " path=" + r.path;
    out += " HTTP/1." + std::to_string(r.version_minor) + (r.keep_alive ? " keep" : " close");
    out += r.expect_continue ? " expect" : "";
    append(out, r.query);
    append(out, r.headers);
    out += " body=" + r.body + "\n";
  }
  out += std::to_string(stream.heads) + " heads, error " + std::to_string(stream.error) + " " +
         stream.reason + (stream.partial ? " partial" : "");
  return out;
}

ParsedStream parse_pieces(const std::vector<std::string_view>& pieces,
                          const RequestLimits& limits) {
  ParsedStream stream;
  RequestParser parser(limits);
  for (std::string_view piece : pieces) {
    auto exact = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), exact.get());
    if (!parse_piece(parser, {exact.get(), piece.size()}, stream)) return stream;
  }
  stream.partial = parser.head_started();
  return stream;
}

ParsedStream parse_whole(std::string_view bytes, const RequestLimits& limits) {
  return parse_pieces({bytes}, limits);
}

ParsedStream parse_every_way(std::string_view bytes, const RequestLimits& limits) {
  ParsedStream whole = parse_whole(bytes, limits);
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
