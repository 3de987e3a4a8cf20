#include "position_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "read_file.hpp"

namespace sse::tail {
namespace {

using Json = nlohmann::json;
constexpr mode_t kMode = 0600;  // ids may tell what is in a stream

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<PositionFile> PositionFile::open(const std::string& path) {
  PositionFile file;
  file.path_ = path;
  std::error_code error;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return fail("cannot make the folder " + folder.string() + ": " + error.message());
  if (auto ok = file.lock(); !ok) return tl::unexpected(ok.error());
  if (auto ok = file.load(); !ok) return tl::unexpected(ok.error());
  // What cannot be written at the end had better be known now.
  if (auto ok = file.save(); !ok) return tl::unexpected(ok.error());
  return file;
}

Result<void> PositionFile::lock() {
  const std::string path = path_ + ".lock";
  lock_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (!lock_) return fail("cannot open " + path + ": " + std::strerror(errno));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return fail("cannot lock " + path + ": " + std::strerror(errno));
  return fail(path_ + " is in use by another sse-tail: name another file, one for each");
}

Result<void> PositionFile::load() {
  if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  const auto text = read_file(path_);
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return {};
  const Json json = Json::parse(*text, nullptr, false);
  const auto streams = json.is_object() ? json.find("streams") : json.end();
  if (!json.is_object() || streams == json.end() || !streams->is_object())
    return fail(path_ + " is no file of positions: remove it, or name another one");
  for (const auto& [key, value] : streams->items())
    if (value.is_object())
      positions_[key] = {.url = text_of(value, "url"), .id = text_of(value, "id")};
  return {};
}

std::string PositionFile::id_of(const std::string& key) const {
  const auto found = positions_.find(key);
  return found == positions_.end() ? std::string() : found->second.id;
}

void PositionFile::set(const std::string& key, const std::string& url, std::string id) {
  const auto found = positions_.find(key);
  if (id == (found == positions_.end() ? std::string() : found->second.id)) return;
  dirty_ = true;
  if (id.empty()) {
    positions_.erase(key);
  } else {
    positions_[key] = {.url = url, .id = std::move(id)};
  }
}

Result<void> PositionFile::save() {
  Json streams = Json::object();
  for (const auto& [key, position] : positions_)
    streams[key] = {{"url", position.url}, {"id", position.id}};
  const Json json = {{"v", 1}, {"streams", std::move(streams)}};
  const std::string next = path_ + ".new";
  if (auto ok = write(next, json.dump(2) + "\n"); !ok) return ok;
  if (::rename(next.c_str(), path_.c_str()) != 0)
    return fail("cannot replace " + path_ + ": " + std::strerror(errno));
  dirty_ = false;
  return {};
}

Result<void> PositionFile::write(const std::string& path, const std::string& text) const {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!file) return fail("cannot write " + path + ": " + std::strerror(errno));
  if (!write_all(file.get(), text))
    return fail("cannot write " + path + ": " + std::strerror(errno));
  return {};
}

}  // namespace sse::tail
