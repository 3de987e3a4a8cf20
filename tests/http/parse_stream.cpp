#include "http/parse_stream.hpp"

#include <algorithm>
#include <memory>

namespace sse::http::test {
namespace {

using Status = RequestParser::Status;

bool end(ParsedStream& stream, int error, std::string reason) {
  stream.error = error;
  stream.reason = std::move(reason);
  return false;
}

/// Offers one piece until it is used up; false when the connection is over.
bool parse_piece(RequestParser& parser, std::string_view piece, ParsedStream& stream) {
  for (;;) {
    std::size_t consumed = 0;
    const Status status = parser.parse(piece, consumed);
    if (consumed > piece.size()) return end(stream, kBrokenPromise, "took more than there was");
    piece.remove_prefix(consumed);
    if (status == Status::need_input) {
      return piece.empty() || end(stream, kBrokenPromise, "left bytes and wants more");
    }
    if (status == Status::head) ++stream.heads;
    if (status == Status::error) return end(stream, parser.error().status, parser.error().reason);
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

}  // namespace sse::http::test
