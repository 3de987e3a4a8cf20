#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "server/http2/http2_connection.hpp"
#include "server/http2/http2_stream.hpp"
#include "server/socket_io.hpp"
#include "server/worker.hpp"

// What an HTTP/2 connection sends, and who waits for that.
namespace sse::server {
namespace {

using Head = std::array<char, 9>;

// RFC 9113 section 4.1; type 0 is DATA.
Head data_head(std::size_t size, Http2Session::Id id) noexcept {
  const auto byte = [](std::size_t value, int shift) {
    return static_cast<char>(value >> shift & 0xff);
  };
  const auto stream = static_cast<std::size_t>(id);
  return {byte(size, 16),   byte(size, 8),   byte(size, 0),  0, 0, byte(stream, 24),
          byte(stream, 16), byte(stream, 8), byte(stream, 0)};
}

}  // namespace

ssize_t Http2Connection::send_data(Http2Stream& stream, const iovec* pieces,
                                   std::size_t count) noexcept {
  if (failed_ || closed_) return -EPIPE;
  ssize_t taken = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view rest(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    while (!rest.empty()) {
      const std::int64_t window = std::min(window_, stream.window);
      if (window <= 0 || !bring_output()) return taken > 0 ? taken : -EAGAIN;
      const std::size_t size =
          std::min({rest.size(), kFrameBytes, static_cast<std::size_t>(window)});
      const Head head = data_head(size, stream.id());
      out_.append(head.data(), head.size()).append(rest.data(), size);
      rest.remove_prefix(size);
      window_ -= static_cast<std::int64_t>(size);
      stream.window -= static_cast<std::int64_t>(size);
      taken += static_cast<ssize_t>(size);
    }
  }
  if (taken > 0) stage();
  return taken;
}

// Stages what the session has to say: heads go before the bytes that follow them. False while the
// socket takes no more.
bool Http2Connection::bring_output() noexcept {
  if (blocked_ || failed_) return false;
  if (out_.capacity() < kStageBytes && out_.empty()) out_ = worker_.take_buffer();
  while (std::exchange(session_dirty_, false)) {
    if (!session_.output(out_, kStageBytes)) failed_ = true;
    session_dirty_ = !failed_ && session_.has_output() && out_.size() >= kStageBytes;
    if (session_dirty_ && !send_out()) return false;
  }
  return !failed_ && (out_.size() < kStageBytes || send_out());
}

// False when the socket does not take it all.
bool Http2Connection::send_out() noexcept {
  const iovec piece{out_.data() + sent_, out_.size() - sent_};
  const ssize_t sent = piece.iov_len == 0 ? 0 : transport_.write(&piece, 1);
  if (is_failure(sent)) {
    failed_ = true;
    stage();
    return false;
  }
  if (sent > 0) sent_ += static_cast<std::size_t>(sent);
  const bool out = sent_ == out_.size();
  const bool all = out && transport_.flush();
  if (out) {
    out_.clear();
    sent_ = 0;
  }
  if (std::exchange(blocked_, !all) == all)
    worker_.poller().change(fd(), all ? EPOLLIN : EPOLLIN | EPOLLOUT, *this);
  return all;
}

void Http2Connection::writable() {
  if (!send_out()) return;
  stage();
  wake_waiting();
}

void Http2Connection::send_staged() {
  staged = false;
  if (closed_) return;
  do {
    bury_ended();
  } while (bring_output() && send_out() && !ended_.empty());
  if (failed_) return close(true);
  give_room_back();
  finish_if_over();
}

// A peer that does not read keeps only what it was sent.
void Http2Connection::give_room_back() {
  if (out_.capacity() < kStageBytes) return;
  std::string rest = out_.substr(std::exchange(sent_, 0));
  worker_.give_buffer(std::exchange(out_, std::move(rest)));
}

// Closing with input unread would reset the connection and could destroy what is on its way.
void Http2Connection::finish_if_over() {
  if (lingering_ || blocked_ || !streams_.empty() || !session_.is_over()) return;
  lingering_ = true;
  deadline_ms = worker_.now_ms() + worker_.options().linger_ms;
  transport_.end_output();
}

void Http2Connection::await_writable(Http2Stream& stream) noexcept {
  stream.wants_writable = true;
  // For a window of its own it is woken by what widens that.
  if (stream.window <= 0 || stream.waiting_index != Http2Stream::kNowhere) return;
  stream.waiting_index = static_cast<std::uint32_t>(waiting_.size());
  waiting_.push_back(&stream);
}

void Http2Connection::forget_waiting(Http2Stream& stream) noexcept {
  stream.wants_writable = false;
  const std::uint32_t index = stream.waiting_index;
  if (index == Http2Stream::kNowhere) return;
  waiting_[index] = waiting_.back();
  waiting_[index]->waiting_index = index;
  waiting_.pop_back();
  stream.waiting_index = Http2Stream::kNowhere;  // last: it may have been the one that moved
}

void Http2Connection::wake(Http2Stream& stream) noexcept {
  stream.wants_writable = false;
  stream.writable();
}

void Http2Connection::wake_waiting() {
  const std::vector<Http2Stream*> woken = std::exchange(waiting_, {});
  for (Http2Stream* stream : woken) stream->waiting_index = Http2Stream::kNowhere;
  for (Http2Stream* stream : woken) wake(*stream);
}

}  // namespace sse::server
