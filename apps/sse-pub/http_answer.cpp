#include "sse-pub/http_answer.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace sse::pub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownBytesMax = 200;

Json parse(const std::string& body) { return Json::parse(body, nullptr, false); }

std::optional<std::uint64_t> count_in(const Json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

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

Receipt read_receipt(const client::HttpAnswer& answer) {
  Receipt receipt;
  const Json body = parse(answer.body);
  if (!body.is_object()) return receipt;
  if (const auto ids = body.find("ids"); ids != body.end() && ids->is_array())
    for (const Json& id : *ids) receipt.ids.push_back(id.is_string() ? id.get<std::string>() : "");
  receipt.duplicates = count_in(body, "duplicates").value_or(0);
  receipt.streams = count_in(body, "streams");
  return receipt;
}

std::size_t accepted_count(const Receipt& receipt, std::size_t sent) {
  const std::size_t listed = receipt.ids.size() + std::min(receipt.duplicates, sent);
  return listed == 0 ? sent : std::min(listed, sent);
}

std::string answer_line(const client::HttpAnswer& answer) {
  const Json body = parse(answer.body);
  const Json line =
      body.is_discarded() ? Json{{"status", answer.status}, {"body", answer.body}} : body;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sse::pub
