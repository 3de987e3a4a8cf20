#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/event_source.hpp"
#include "duplicates.hpp"
#include "sequence.hpp"
#include "stream_status.hpp"

namespace sse::tail {

class Tail;

/// One URL of the command line: its source, and what becomes of the source's news.
class Stream final : public client::EventSourceObserver {
 public:
  /// `index` is its place among the URLs; `label` is empty when the stream is the only one.
  Stream(Tail& tail, std::size_t index, const client::EventSourceOptions& options,
         std::unique_ptr<client::Transport> transport, std::string label);

  client::EventSource& source() noexcept { return source_; }
  const client::EventSource& source() const noexcept { return source_; }
  std::size_t index() const noexcept { return index_; }
  const std::string& label() const noexcept { return label_; }
  /// For messages: without a password.
  const std::string& url() const noexcept { return url_; }
  /// One line on what the stream is at.
  std::string status();
  /// Closes the source, if open, and prints its `close` record.
  void close(std::string_view reason);

 private:
  void on_open(const client::ResponseHead& head) override;
  void on_event(const Event& event) override;
  void on_comment(std::string_view text) override;
  void on_answer(const client::ResponseHead& head, std::string_view body) override;
  void on_retry(std::uint64_t ms) override;
  void on_bytes(std::string_view bytes) override;
  void on_error(const client::StreamError& error) override;
  void on_warning(std::string_view message) override;
  bool on_batch_end() override;

  void check(const Event& event);
  void tell_mcp_session(const client::ResponseHead& head);
  void explain(const client::StreamError& error);
  void say(std::string_view message);

  Tail& tail_;
  std::size_t index_;
  std::string label_;
  std::string url_;  // for messages
  std::unique_ptr<client::Transport> transport_;
  client::EventSource source_;
  std::optional<Duplicates> duplicates_;
  std::optional<Sequence> sequence_;
  StreamStatus status_;
  EventRate rate_;
  std::string mcp_session_;  // the one told last
  bool complained_ = false;  // of this outage
};

}  // namespace sse::tail
