#include "bench/http2_server.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

namespace sse::bench::test {
namespace {

std::string_view to_view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

const std::uint8_t* to_bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

struct Http2Server::Callbacks {
  static Http2Server& self(void* user_data) { return *static_cast<Http2Server*>(user_data); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user_data) {
    self(user_data).requests_[frame->hd.stream_id].emplace(to_view(name, name_size),
                                                           to_view(value, value_size));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type == NGHTTP2_WINDOW_UPDATE)
      self(user_data).refills_ +=
          static_cast<std::uint64_t>(frame->window_update.window_size_increment);
    return 0;
  }

  static ssize_t read(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                      std::uint32_t* flags, nghttp2_data_source*, void* user_data) {
    std::string& body = self(user_data).bodies_[id];
    const std::size_t n = std::min(room, body.size());
    std::copy_n(body.begin(), n, to);
    body.erase(0, n);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }
};

void Http2Server::Free::operator()(nghttp2_session* session) const noexcept {
  nghttp2_session_del(session);
}

Http2Server::Http2Server(std::uint32_t streams_max) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session* made = nullptr;
  nghttp2_session_server_new(&made, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(made);
  const nghttp2_settings_entry setting = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max};
  nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, &setting, 1);
}

Http2Server::~Http2Server() = default;

std::string Http2Server::output() {
  std::string out;
  const std::uint8_t* bytes = nullptr;
  for (ssize_t n = 0; (n = nghttp2_session_mem_send(session_.get(), &bytes)) > 0;)
    out += to_view(bytes, static_cast<std::size_t>(n));
  return out;
}

Result<void> Http2Server::exchange(Http2Session& client, std::size_t piece) {
  for (bool silent = false; !silent;) {
    silent = true;
    for (std::string_view said; !(said = client.output()).empty(); silent = false)
      REQUIRE(nghttp2_session_mem_recv(session_.get(), to_bytes(said), said.size()) ==
              static_cast<ssize_t>(said.size()));
    const std::string answer = output();
    for (std::size_t at = 0; at < answer.size(); at += std::min(piece, answer.size() - at)) {
      silent = false;
      if (auto taken = client.receive(std::string_view(answer).substr(at, piece)); !taken)
        return taken;
    }
  }
  return {};
}

void Http2Server::answer(std::int32_t id, const Fields& fields) {
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : fields)
    list.push_back({const_cast<std::uint8_t*>(to_bytes(name)),
                    const_cast<std::uint8_t*>(to_bytes(value)), name.size(), value.size(),
                    NGHTTP2_NV_FLAG_NONE});
  REQUIRE(nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, list.data(),
                                 list.size(), nullptr) == 0);
}

void Http2Server::send(std::int32_t id, std::string body) {
  bodies_[id] = std::move(body);
  const nghttp2_data_provider source = {{}, Callbacks::read};
  REQUIRE(nghttp2_submit_data(session_.get(), NGHTTP2_FLAG_NONE, id, &source) == 0);
}

void Http2Server::end(std::int32_t id) {
  const nghttp2_data_provider source = {{}, Callbacks::read};
  REQUIRE(nghttp2_submit_data(session_.get(), NGHTTP2_FLAG_END_STREAM, id, &source) == 0);
}

void Http2Server::reset(std::int32_t id, std::uint32_t code) {
  REQUIRE(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code) == 0);
}

void Http2Server::say_goodbye(std::int32_t last_id, std::uint32_t code, std::string_view text) {
  REQUIRE(nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last_id, code, to_bytes(text),
                                text.size()) == 0);
}

}  // namespace sse::bench::test
