#include "sse-pub/http_answer.hpp"

#include <nlohmann/json.hpp>

namespace sse::pub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownBytesMax = 200;

Json parse(const std::string& body) { return Json::parse(body, nullptr, false); }

// The first line, cut and without what a terminal might obey.
std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, text.find('\n'))) {
    if (out.size() == kShownBytesMax) return out + "...";
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
  return out;
}

}  // namespace

std::string refusal_reason(const client::HttpAnswer& answer) {
  const std::string status = std::to_string(answer.status);
  const Json body = parse(answer.body);
  std::string said;
  if (body.is_object()) {
    const auto error = body.find("error");
    if (error != body.end() && error->is_string()) said = error->get<std::string>();
  }
  said = shown(said.empty() ? answer.body : said);
  if (answer.status >= 300 && answer.status < 400)
    said = "redirects are not followed: give the server's final URL";
  return said.empty() ? "status " + status : said + " (status " + status + ")";
}

std::size_t accepted_count(const client::HttpAnswer& answer, std::size_t sent) {
  const Json body = parse(answer.body);
  if (!body.is_object()) return sent;
  const auto ids = body.find("ids");
  if (ids == body.end() || !ids->is_array() || ids->empty()) return sent;
  return std::min(ids->size(), sent);
}

std::string answer_line(const client::HttpAnswer& answer) {
  const Json body = parse(answer.body);
  const Json line =
      body.is_discarded() ? Json{{"status", answer.status}, {"body", answer.body}} : body;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sse::pub
