#include "positions.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "client/request_headers.hpp"
#include "client/stream_url.hpp"

namespace sse::tail {
namespace {

// At a high rate every position would be a file: this many milliseconds lie between two.
constexpr std::uint64_t kSaveIntervalMs = 100;

// FNV-1a: names differ by accident once in 2^64, and nobody gains by making them equal.
std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value;
}

bool is_credential(const std::string& header) {
  constexpr std::array<std::string_view, 3> kCredentials{"authorization", "proxy-authorization",
                                                         "cookie"};
  const std::string name = client::header_name(header);
  return std::find(kCredentials.begin(), kCredentials.end(), name) != kCredentials.end();
}

void append_part(std::string& out, std::string_view part) {
  out.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

std::string request_key(const client::Request& request) {
  std::string whole;
  append_part(whole, request.method);
  append_part(whole, client::display_url(request.url));
  append_part(whole, request.body ? "+" + *request.body : "");
  std::vector<std::string> headers = request.headers;
  std::erase_if(headers, is_credential);
  std::sort(headers.begin(), headers.end());
  for (const std::string& header : headers) append_part(whole, header);
  return fmt::format("{:016x}", fnv1a(whole));
}

Result<std::string> default_position_path(const std::vector<client::EventSourceOptions>& sources) {
  std::string folder;
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
    folder = state;
  else if (const char* home = std::getenv("HOME"); home && *home)
    folder = std::string(home) + "/.local/state";
  else
    return fail("neither XDG_STATE_HOME nor HOME is set: name a file, --resume=FILE");
  std::string keys;
  for (const client::EventSourceOptions& source : sources) keys += request_key(source.request);
  return fmt::format("{}/sse/tail-{:016x}.json", folder, fnv1a(keys));
}

Result<Positions> Positions::open(const std::string& path,
                                  std::vector<client::EventSourceOptions>& sources) {
  auto file = PositionFile::open(path);
  if (!file) return tl::unexpected(file.error());
  Positions positions(*std::move(file));
  for (client::EventSourceOptions& source : sources) {
    const std::string key = request_key(source.request);
    const std::string stored = positions.file_.id_of(key);
    if (!stored.empty()) source.last_event_id = stored;
    positions.streams_.push_back({key, client::display_url(source.request.url), stored});
  }
  return positions;
}

void Positions::taken(std::size_t index, std::string_view id) {
  Stream& stream = streams_[index];
  if (stream.id == id) return;
  stream.id = id;
  file_.set(stream.key, stream.url, stream.id);
}

Result<void> Positions::save(std::uint64_t now_ms, bool at_once) {
  if (!file_.dirty() || (now_ms < save_at_ && !at_once)) return {};
  save_at_ = now_ms + kSaveIntervalMs;
  return file_.save();
}

std::optional<std::uint64_t> Positions::deadline() const {
  return file_.dirty() ? std::optional(save_at_) : std::nullopt;
}

}  // namespace sse::tail
