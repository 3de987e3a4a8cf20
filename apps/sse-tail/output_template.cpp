#include "output_template.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iomanip>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/rfc3339.hpp"
#include "escapes.hpp"
#include "json_value.hpp"

namespace sse::tail {
namespace {

constexpr std::size_t kWidthMax = 1000;
constexpr std::string_view kTime = "time:";

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && (count > 0 || continues_character(text[at])))
    if (!continues_character(text[at++])) --count;
  return text.substr(0, at);
}

std::string format_time(const std::string& format, std::uint64_t unix_ms) {
  if (format.empty()) return format_rfc3339(unix_ms);
  const auto seconds = static_cast<time_t>(unix_ms / 1000);
  tm local{};
  ::localtime_r(&seconds, &local);
  std::ostringstream text;
  text << std::put_time(&local, format.c_str());
  return text.str();
}

std::string find_in(std::string_view data, const JsonPointer& pointer) {
  const auto found = is_json(data) ? pointer.find(data) : std::nullopt;
  return found ? json_as_text(*found) : std::string();
}

// Takes the number at the start of `text`; false when it is none or too large.
bool take_width(std::string_view& text, std::size_t& width) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{} && width <= kWidthMax;
}

}  // namespace

Result<OutputTemplate> OutputTemplate::parse(std::string_view text) {
  OutputTemplate result;
  const auto add_literal = [&](std::string_view written) -> Result<void> {
    auto literal = unescape(written);
    if (!literal) return tl::unexpected(literal.error());
    result.pieces_.push_back({.text = *std::move(literal)});
    return {};
  };
  while (true) {
    const std::size_t brace = text.find('{');
    const bool doubled = brace != std::string_view::npos && text.substr(brace + 1).starts_with('{');
    if (auto done = add_literal(text.substr(0, doubled ? brace + 1 : brace)); !done)
      return tl::unexpected(done.error());
    if (brace == std::string_view::npos) return result;
    text.remove_prefix(brace + (doubled ? 2 : 1));
    if (doubled) continue;
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return fail("{ without }: write {{ for a brace");
    auto piece = parse_field(text.substr(0, end));
    if (!piece) return tl::unexpected(piece.error());
    result.pieces_.push_back(*std::move(piece));
    text.remove_prefix(end + 1);
  }
}

Result<OutputTemplate::Piece> OutputTemplate::parse_field(std::string_view field) {
  if (field.starts_with(kTime))
    return Piece{.kind = Kind::time, .text = std::string(field.substr(kTime.size()))};
  Piece widths;
  const std::size_t colon = field.rfind(':');
  const bool has_width =
      colon != std::string_view::npos && parse_width(field.substr(colon + 1), widths);
  auto piece = parse_name(has_width ? field.substr(0, colon) : field);
  if (piece && has_width) {
    piece->width_min = widths.width_min;
    piece->width_max = widths.width_max;
    piece->to_the_right = widths.to_the_right;
  }
  return piece;
}

Result<OutputTemplate::Piece> OutputTemplate::parse_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Kind>, 7> kNames{{{"data", Kind::data},
                                                                     {"id", Kind::id},
                                                                     {"event", Kind::event},
                                                                     {"url", Kind::url},
                                                                     {"n", Kind::number},
                                                                     {"gap", Kind::gap},
                                                                     {"time", Kind::time}}};
  for (const auto& [known, kind] : kNames)
    if (name == known) return Piece{.kind = kind};
  if (!name.starts_with('/'))
    return fail("unknown field {" + std::string(name) +
                "}: there are data, id, event, url, n, gap, time, time:STRFTIME and /POINTER, each "
                "but time:… with :WIDTH.MAX; write {{ for a brace");
  auto pointer = JsonPointer::parse(name);
  if (!pointer) return tl::unexpected(pointer.error());
  return Piece{.kind = Kind::pointer, .pointer = *std::move(pointer)};
}

bool OutputTemplate::parse_width(std::string_view text, Piece& piece) {
  if (text.starts_with('<') || text.starts_with('>')) {
    piece.to_the_right = text.front() == '>';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  if (text.front() != '.' && !take_width(text, piece.width_min)) return false;
  if (text.empty()) return true;
  if (text.front() != '.') return false;
  text.remove_prefix(1);
  return take_width(text, piece.width_max) && text.empty();
}

std::string OutputTemplate::value_of(const Piece& piece, const Event& event,
                                     const TemplateValues& values) {
  switch (piece.kind) {
    case Kind::literal:
      return piece.text;
    case Kind::data:
      return std::string(event.data);
    case Kind::id:
      return std::string(event.last_event_id);
    case Kind::event:
      return std::string(event.type);
    case Kind::url:
      return std::string(values.url);
    case Kind::number:
      return std::to_string(values.number);
    case Kind::gap:
      return fmt::format("{}.{:03}", values.gap_ms / 1000, values.gap_ms % 1000);
    case Kind::time:
      return format_time(piece.text, values.now_ms);
    case Kind::pointer:
      break;
  }
  return find_in(event.data, piece.pointer);
}

void OutputTemplate::append(std::string& out, const Event& event,
                            const TemplateValues& values) const {
  for (const Piece& piece : pieces_) {
    const std::string value = value_of(piece, event, values);
    const std::string_view shown = first_characters(value, piece.width_max);
    const std::size_t wide = piece.width_min == 0 ? 0 : characters(shown);
    const std::size_t fill = piece.width_min > wide ? piece.width_min - wide : 0;
    if (piece.to_the_right) out.append(fill, ' ');
    out.append(shown);
    if (!piece.to_the_right) out.append(fill, ' ');
  }
}

}  // namespace sse::tail
