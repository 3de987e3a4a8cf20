#include "sse-bench/http2_session.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace sse::bench {
namespace {

// What the server may send ahead of what was read: on a stream, and on all together.
constexpr std::int32_t kStreamWindowBytes = 1 << 20;
constexpr std::int32_t kConnectionWindowBytes = 16 << 20;

struct Free {
  void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
    nghttp2_session_callbacks_del(callbacks);
  }
  void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};

std::string_view to_view(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

// nghttp2 copies names and values unless told otherwise, and never writes to them.
nghttp2_nv to_nv(std::string_view name, std::string_view value) noexcept {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// What is on the wire when an HTTP/1.x server answers what it took for a request.
bool is_http1(std::string_view bytes) noexcept { return bytes.starts_with("HTTP/1."); }

}  // namespace

struct Http2Session::State {
  const StreamRequests& requests;
  StreamEvents& events;
  const std::uint32_t first_stream;
  const std::uint32_t streams;
  const std::uint32_t first_channel;

  std::unique_ptr<nghttp2_session, Free> session{};
  bool settings_came = false;
  bool asked = false;     ///< the requests have been handed to nghttp2
  Answer head{};          ///< of the response whose header block is being read
  std::string failure{};  ///< why the connection is over
  std::string waiting{};  ///< to send
  std::string taken{};    ///< being sent

  void start();
  void ask();
  void drain();
  void take_frame(const nghttp2_frame& frame);
  void take_field(std::string_view name, std::string_view value);
  // All streams are ours, and are opened in order: their identifiers are 1, 3, 5 ...
  std::uint32_t number_of(std::int32_t id) const noexcept {
    return first_stream + static_cast<std::uint32_t>(id / 2);
  }
};

namespace {

using State = Http2Session::State;

State& state_of(void* user_data) noexcept { return *static_cast<State*>(user_data); }

std::string code_name(std::uint32_t code) { return nghttp2_http2_strerror(code); }

std::string describe(const nghttp2_goaway& goaway, std::string_view who) {
  std::string out = std::string(who) + " (" + code_name(goaway.error_code);
  if (goaway.opaque_data_len > 0)
    out.append(": ").append(to_view(goaway.opaque_data, goaway.opaque_data_len));
  return out + ")";
}

int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) noexcept {
  State& state = state_of(user_data);
  state.head = Answer();
  if (frame->headers.cat == NGHTTP2_HCAT_RESPONSE)
    state.events.began(state.number_of(frame->hd.stream_id));
  return 0;
}

int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
              std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
              std::uint8_t, void* user_data) noexcept {
  state_of(user_data).take_field(to_view(name, name_size), to_view(value, value_size));
  return 0;
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) noexcept {
  state_of(user_data).take_frame(*frame);
  return 0;
}

// nghttp2 ends a connection by itself only when the server broke the rules.
int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) noexcept {
  if (frame->hd.type == NGHTTP2_GOAWAY)
    state_of(user_data).failure = describe(frame->goaway, "the server broke the rules of HTTP/2");
  return 0;
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
            std::size_t size, void* user_data) noexcept {
  State& state = state_of(user_data);
  state.events.received(state.number_of(id), to_view(data, size));
  return 0;
}

int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user_data) noexcept {
  State& state = state_of(user_data);
  const std::string reason = code == NGHTTP2_NO_ERROR
                                 ? "the response ended"
                                 : "the stream was reset (" + code_name(code) + ")";
  state.events.ended(state.number_of(id), OpenFailure::refused, reason);
  return 0;
}

const nghttp2_session_callbacks* callbacks() {
  static const auto all = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
    return std::unique_ptr<nghttp2_session_callbacks, Free>(made);
  }();
  return all.get();
}

const nghttp2_option* session_options() {
  static const auto all = [] {
    nghttp2_option* made = nullptr;
    nghttp2_option_new(&made);
    nghttp2_option_set_no_closed_streams(made, 1);
    return std::unique_ptr<nghttp2_option, Free>(made);
  }();
  return all.get();
}

}  // namespace

void State::start() {
  nghttp2_session* made = nullptr;
  nghttp2_session_client_new2(&made, callbacks(), this, session_options());
  session.reset(made);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
  };
  nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
}

void State::ask() {
  asked = true;
  const std::uint32_t allowed =
      nghttp2_session_get_remote_settings(session.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  std::vector<nghttp2_nv> fields = {to_nv(":method", "GET"), to_nv(":scheme", requests.scheme),
                                    to_nv(":authority", requests.authority), to_nv(":path", "")};
  const std::size_t path = fields.size() - 1;
  for (const HeaderField& field : requests.fields) fields.push_back(to_nv(field.name, field.value));
  for (std::uint32_t i = 0; i < std::min(streams, allowed); ++i) {
    fields[path] = to_nv(":path", requests.paths[(first_channel + i) % requests.channels()]);
    nghttp2_submit_request(session.get(), nullptr, fields.data(), fields.size(), nullptr, nullptr);
  }
  const std::string number = std::to_string(allowed);
  for (std::uint32_t i = allowed; i < streams; ++i)
    events.ended(first_stream + i, OpenFailure::refused,
                 "the server allows " + number +
                     " streams on a connection (--streams-per-connection " + number + ")");
}

// What nghttp2 has to say is little, but for the requests: one buffer makes one write of it.
void State::drain() {
  const std::uint8_t* bytes = nullptr;
  for (ssize_t n = 0; (n = nghttp2_session_mem_send(session.get(), &bytes)) > 0;)
    waiting.append(to_view(bytes, static_cast<std::size_t>(n)));
}

void State::take_field(std::string_view name, std::string_view value) {
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), head.status);
    head.status_text = value;
  } else if (name == "content-type") {
    head.content_type = value;
  }
}

void State::take_frame(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      // Neither interim answers nor trailers, which have no status.
      if (head.status >= 200) events.answered(number_of(frame.hd.stream_id), head);
      break;
    case NGHTTP2_SETTINGS:
      settings_came = true;
      break;
    case NGHTTP2_GOAWAY:
      // Without an error the streams that it spares go on.
      if (frame.goaway.error_code != NGHTTP2_NO_ERROR)
        failure = describe(frame.goaway, "the server gave the connection up");
      break;
    default:
      break;
  }
}

Http2Session::Http2Session(const StreamRequests& requests, std::uint32_t first_stream,
                           std::uint32_t streams, std::uint32_t first_channel, StreamEvents& events)
    : state_(new State{requests, events, first_stream, streams, first_channel}) {
  state_->start();
}

Http2Session::~Http2Session() = default;

Result<void> Http2Session::receive(std::string_view bytes) {
  if (!state_->settings_came && is_http1(bytes))
    return fail("the server speaks HTTP/1.x, not HTTP/2");
  const ssize_t taken = nghttp2_session_mem_recv(
      state_->session.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) return fail(std::string("HTTP/2: ") + nghttp2_strerror(static_cast<int>(taken)));
  if (state_->settings_came && !state_->asked) state_->ask();
  state_->drain();
  if (!state_->failure.empty()) return fail(state_->failure);
  return {};
}

std::string_view Http2Session::output() {
  state_->drain();
  state_->taken = std::exchange(state_->waiting, {});
  return state_->taken;
}

}  // namespace sse::bench
