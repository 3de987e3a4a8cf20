#include "server/http2/session.hpp"

#include <nghttp2/nghttp2.h>

#include <array>
#include <new>
#include <vector>

#include "http/ascii.hpp"
#include "http/response.hpp"

namespace sse::server {
namespace {

std::string_view text(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t* data(const std::string& text) noexcept {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // only read
}

Http2Session::Events& events(void* user) noexcept {
  return *static_cast<Http2Session::Events*>(user);
}

bool is_request(const nghttp2_frame& frame) noexcept {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (is_request(*frame)) events(user).head_began(frame->hd.stream_id);
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
              std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
              std::uint8_t, void* user) {
  // Trailers are read and dropped.
  if (is_request(*frame))
    events(user).header(frame->hd.stream_id, text(name, name_size), text(value, value_size));
  return 0;
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (is_request(*frame))
    events(user).head_complete(frame->hd.stream_id, last);
  else if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) && last)
    events(user).body_complete(frame->hd.stream_id);
  else if (frame->hd.type == NGHTTP2_RST_STREAM)
    events(user).reset(frame->hd.stream_id);
  else if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
    events(user).initial_window(
        nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE));
  return 0;
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
            std::size_t size, void* user) {
  events(user).body(id, text(bytes, size));
  return 0;
}

int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
  events(user).closed(id);
  return 0;
}

int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
    events(user).terminated();
  return 0;
}

ssize_t no_more_data(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t,
                     std::uint32_t* flags, nghttp2_data_source*, void*) {
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  return 0;
}

struct Callbacks {
  Callbacks() {
    if (nghttp2_session_callbacks_new(&get) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(get, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(get, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(get, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(get, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(get, on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(get, on_sent);
  }
  ~Callbacks() { nghttp2_session_callbacks_del(get); }
  nghttp2_session_callbacks* get = nullptr;
};

struct Option {
  Option() {
    if (nghttp2_option_new(&get) != 0) throw std::bad_alloc();
    nghttp2_option_set_no_closed_streams(get, 1);
  }
  ~Option() { nghttp2_option_del(get); }
  nghttp2_option* get = nullptr;
};

}  // namespace

struct Http2Session::Impl {
  nghttp2_session* session = nullptr;
};

Http2Session::Http2Session(Events& events, std::uint32_t streams_max, std::size_t head_bytes_max)
    : impl_(std::make_unique<Impl>()) {
  const Callbacks callbacks;
  const Option option;
  if (nghttp2_session_server_new2(&impl_->session, callbacks.get, &events, option.get) != 0)
    throw std::bad_alloc();
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(head_bytes_max)},
       {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}}};
  nghttp2_submit_settings(impl_->session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

Http2Session::~Http2Session() { nghttp2_session_del(impl_->session); }

bool Http2Session::receive(std::string_view bytes) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return nghttp2_session_mem_recv(impl_->session, from, bytes.size()) >= 0;
}

bool Http2Session::output(std::string& out, std::size_t max) {
  while (out.size() < max) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(impl_->session, &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    out.append(text(bytes, static_cast<std::size_t>(size)));
  }
  return true;
}

bool Http2Session::has_output() const noexcept {
  return nghttp2_session_want_write(impl_->session) != 0;
}

std::size_t Http2Session::backlog() const noexcept {
  return nghttp2_session_get_outbound_queue_size(impl_->session);
}

bool Http2Session::is_over() const noexcept {
  return nghttp2_session_want_read(impl_->session) == 0;
}

void Http2Session::send_head(Id id, int status, const http::HeaderList& headers) {
  // As they go out; the library copies them.
  http::HeaderList clean{{":status", std::to_string(status)}};
  for (const auto& [name, value] : headers)
    clean.emplace_back(http::lower(name), http::clean_value(value));
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : clean)
    fields.push_back({data(name), data(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  nghttp2_submit_headers(impl_->session, NGHTTP2_FLAG_NONE, id, nullptr, fields.data(),
                         fields.size(), nullptr);
}

// An empty DATA frame needs no window, but the library waits for one, and windows are not told to
// it: then trailers without a field end the stream.
void Http2Session::send_end(Id id) {
  if (nghttp2_session_get_stream_remote_window_size(impl_->session, id) <= 0) {
    nghttp2_submit_headers(impl_->session, NGHTTP2_FLAG_END_STREAM, id, nullptr, nullptr, 0,
                           nullptr);
    return;
  }
  const nghttp2_data_provider nothing{{}, no_more_data};
  nghttp2_submit_data(impl_->session, NGHTTP2_FLAG_END_STREAM, id, &nothing);
}

void Http2Session::reset(Id id, Http2Error why) {
  nghttp2_submit_rst_stream(impl_->session, NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(why));
}

void Http2Session::go_away() {
  nghttp2_submit_goaway(impl_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(impl_->session), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Http2Session::terminate(Http2Error why) {
  nghttp2_session_terminate_session(impl_->session, static_cast<std::uint32_t>(why));
}

void* Http2Session::user_of(Id id) const noexcept {
  return nghttp2_session_get_stream_user_data(impl_->session, id);
}

void Http2Session::set_user(Id id, void* user) noexcept {
  nghttp2_session_set_stream_user_data(impl_->session, id, user);
}

}  // namespace sse::server
