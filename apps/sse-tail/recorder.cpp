#include "recorder.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <sse/encoder.hpp>

#include "base/json_text.hpp"

namespace sse::tail {
namespace {

constexpr mode_t kRecordMode = 0600;  // the content of a stream may be confidential

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 3; ++i)
      value = value << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= group.size() ? kDigits[value >> (18 - 6 * i) & 63u] : '=';
  }
  return out;
}

}  // namespace

Result<Recorder> Recorder::open(const std::string& path, std::function<std::uint64_t()> unix_ms) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kRecordMode));
  if (!file) return fail("cannot write " + path + ": " + std::strerror(errno));
  return Recorder(path, std::move(file), std::move(unix_ms));
}

Recorder::Recorder(std::string path, Fd file, std::function<std::uint64_t()> unix_ms)
    : path_(std::move(path)), file_(std::move(file)), unix_ms_(std::move(unix_ms)) {}

void Recorder::begin(std::string_view url) {
  buffer_.append("{\"time\":").append(std::to_string(unix_ms_()));
  member("url", url);
}

void Recorder::member(std::string_view name, std::string_view text) {
  buffer_.append(",\"").append(name).append("\":");
  append_json_string(buffer_, text);
}

void Recorder::opened(std::string_view url) {
  begin(url);
  member("kind", "open");
  buffer_ += "}\n";
}

void Recorder::bytes(std::string_view url, std::string_view bytes) {
  begin(url);
  member("kind", "bytes");
  if (is_valid_utf8(bytes)) {
    member("text", bytes);
  } else {
    member("base64", base64(bytes));
  }
  buffer_ += "}\n";
}

void Recorder::event(std::string_view url, const Event& event) {
  begin(url);
  if (!event.last_event_id.empty()) member("id", event.last_event_id);
  member("event", event.type);
  member("data", event.data);
  buffer_ += "}\n";
}

Result<void> Recorder::flush() {
  if (!write_all(file_.get(), buffer_))
    return fail("cannot write " + path_ + ": " + std::strerror(errno));
  buffer_.clear();
  return {};
}

}  // namespace sse::tail
