#include "stream_lint.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include <sse/encoder.hpp>

#include "printable.hpp"
#include "stream_status.hpp"

namespace sse::tail {
namespace {

constexpr std::uint64_t kShownOfAKind = 3;
constexpr std::uint64_t kSilenceMs = 30'000;  // what impatient proxies allow
constexpr std::size_t kLargeBytes = std::size_t{64} << 10;
constexpr std::size_t kKeptLineBytes = std::size_t{1} << 20;  // what is checked of a line
constexpr std::size_t kShownBytes = 40;
constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 4> kFields{"data", "event", "id", "retry"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  append_printable(out, text.substr(0, kShownBytes));
  return out += text.size() > kShownBytes ? "...'" : "'";
}

// The values of a header field in lower case, joined; nullopt: there is none.
std::optional<std::string> header(const std::vector<std::string>& fields, std::string_view name) {
  std::optional<std::string> values;
  for (const std::string& field : fields) {
    const std::size_t colon = field.find(':');
    if (colon == std::string::npos || lower(field.substr(0, colon)) != name) continue;
    values = values.value_or("") + (values ? ", " : "") + lower(trim(field.substr(colon + 1)));
  }
  return values;
}

bool has(const std::optional<std::string>& value, std::string_view word) {
  return value && value->find(word) != std::string::npos;
}

}  // namespace

void StreamLint::head(const std::vector<std::string>& fields, std::uint64_t now_ms) {
  heard_at_ = now_ms;
  const auto type = header(fields, "content-type");
  if (has(type, "charset=") && !has(type, "utf-8"))
    fault("charset", "the charset of the Content-Type is ignored: the stream is read as UTF-8");
  const auto cache = header(fields, "cache-control");
  if (!has(cache, "no-store") && !has(cache, "no-cache"))
    warn("cache", "no Cache-Control: no-store or no-cache: a cache may answer with an old stream");
  if (!has(cache, "no-transform"))
    warn("transform", "no Cache-Control: no-transform: a proxy may compress and hold events back");
  if (!has(header(fields, "x-accel-buffering"), "no"))
    warn("buffering",
         "no X-Accel-Buffering: no: nginx collects events unless it is told elsewhere");
  if (header(fields, "content-length"))
    warn("length", "a Content-Length: a proxy may wait for the whole of the stream");
  if (const auto encoding = header(fields, "content-encoding"))
    warn("encoding",
         "compressed as " + quoted(*encoding) + ": each event needs a flush of the compressor");
}

void StreamLint::bytes(std::string_view bytes, std::uint64_t now_ms) {
  check_silence(now_ms);
  if (line_number_ == 0) line_number_ = 1;
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false)) {
      const bool crlf = bytes.front() == '\n';
      if (crlf) bytes.remove_prefix(1);
      if (!crlf) warn("cr", "a line that ends at a CR alone: right, but many clients wait for LF");
      end_line();
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    add_to_line(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    after_cr_ = bytes[end] == '\r';
    if (!after_cr_) end_line();
    bytes.remove_prefix(end + 1);
  }
}

void StreamLint::check_silence(std::uint64_t now_ms) {
  const std::uint64_t silent = now_ms - std::exchange(heard_at_, now_ms);
  if (silent >= kSilenceMs)
    warn("silence", "nothing came for " + short_duration(silent) +
                        ": proxies cut streams that are silent for 30s or 60s; a comment every 15s "
                        "keeps them");
}

void StreamLint::add_to_line(std::string_view piece) {
  line_bytes_ += piece.size();
  line_.append(piece.substr(0, kKeptLineBytes - line_.size()));
}

void StreamLint::end_line() {
  if (line_bytes_ == 0) {
    end_block();
  } else {
    check_line();
  }
  line_.clear();
  line_bytes_ = 0;
  ++line_number_;
}

void StreamLint::check_line() {
  std::string_view line = line_;
  const bool whole = line_bytes_ == line.size();
  if (whole && !is_valid_utf8(line))
    fault("utf-8", "invalid UTF-8 in " + quoted(line) + ": clients read U+FFFD instead");
  if (line.starts_with(kBom)) {
    if (line_number_ > 1)
      fault("bom", "a byte order mark after the start of the stream: it is part of the field name");
    line.remove_prefix(kBom.size());
    if (line_number_ > 1) return;
  }
  if (line.starts_with(':')) return;
  if (line_bytes_ > kLargeBytes)
    warn("long",
         fmt::format("a line of {} bytes: some clients take no more than 64 KiB", line_bytes_));
  const std::size_t colon = line.find(':');
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  check_field(line.substr(0, colon), value);
}

void StreamLint::check_field(std::string_view name, std::string_view value) {
  has_fields_ = true;
  if (name == "data") {
    has_data_ = true;
    data_bytes_ += line_bytes_;
  } else if (name == "event") {
    has_type_ = true;
  } else if (name == "id") {
    has_ids_ = true;
    if (value.find('\0') != std::string_view::npos)
      fault("id", "the id " + quoted(value) + " has a NUL and is ignored");
  } else if (name == "retry") {
    if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos)
      fault("retry", "the retry " + quoted(value) + " is not made of digits and is ignored");
  } else {
    check_unknown(name);
  }
}

void StreamLint::check_unknown(std::string_view name) {
  const std::string meant = lower(trim(name));
  if (std::find(kFields.begin(), kFields.end(), meant) != kFields.end())
    return fault("field", "the field " + quoted(name) + " is ignored: " + meant + " is meant?");
  warn("field", "the field " + quoted(name) + " is none of the standard's and is ignored");
}

void StreamLint::end_block() {
  if (has_type_ && !has_data_)
    fault("type", "a block with an event type but no data: no event is dispatched");
  if (data_bytes_ > kLargeBytes)
    warn("large", fmt::format("an event of {} bytes of data lines", data_bytes_));
  if (has_data_) ++events_;
  has_fields_ = has_data_ = has_type_ = false;
  data_bytes_ = 0;
}

void StreamLint::end(bool by_server) {
  if (std::exchange(after_cr_, false)) end_line();
  if (by_server && (has_fields_ || line_bytes_ > 0))
    fault("unfinished", "the stream ends without a blank line: the block before is dropped");
  line_number_ = 0;
  if (events_ > 0 && !has_ids_)
    warn("no-id", "no event has an id: who connects again has lost what came in between");
  for (const auto& [name, count] : counts_)
    if (count > kShownOfAKind)
      remarks_.push_back(
          {.text = fmt::format("{} more of these", count - kShownOfAKind), .name = name});
}

void StreamLint::fault(std::string_view name, std::string text) {
  faulty_ = true;
  remark(true, name, std::move(text));
}

void StreamLint::warn(std::string_view name, std::string text) {
  remark(false, name, std::move(text));
}

void StreamLint::remark(bool fault, std::string_view name, std::string text) {
  if (++counts_[name] <= kShownOfAKind)
    remarks_.push_back(
        {.fault = fault, .line = line_number_, .text = std::move(text), .name = name});
}

}  // namespace sse::tail
